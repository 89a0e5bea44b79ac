// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BatchSettlement} from "./BatchSettlement.sol";
import {ChannelConfig, Voucher, VoucherClaim} from "./interfaces/IBatchSettlement.sol";
import {ICondition} from "./interfaces/ICondition.sol";
import {InvariantTest} from "./test/InvariantTest.sol";
import {Test} from "./test/Test.sol";
import {Switch} from "./test/mocks/Accounts.sol";
import {PullCollector} from "./test/mocks/Collectors.sol";
import {PlainToken} from "./test/mocks/Tokens.sol";

/// @dev Rules that every action is held to, one invariant each.
enum Rule {
    BalanceIsDepositedLessReturned,
    ClaimedIsHeld,
    ClaimedOnlyGrows,
    AcceptedIsGood,
    WithdrawalsKeepTheirTime,
    StrangersChangeNothing
}

/// @dev Three payers, two receivers, CHI and one token: 12 channels on which anything is tried in any order. Every action
/// checks the channel it touched; the sums it keeps let the invariants be checked in a few calls.
/// Receivers behave as our seeders do: they accept a voucher only up to the balance and never while a withdrawal is under way.
contract SettlementHandler is Test {
    BatchSettlement public immutable settlement;
    PlainToken public immutable token;
    PullCollector private immutable COLLECTOR;
    Switch private immutable CONDITION;

    uint256 private constant PAYERS = 3;
    uint256 private constant RECEIVERS = 2;
    uint40 private constant FOREVER = type(uint40).max;
    uint256 public constant CHANNELS = PAYERS * RECEIVERS * 2;

    /// @dev The clock, held here since optimized code may keep an old one over a `warp`.
    uint256 private time = 1_700_000_000;

    /// @dev What a channel should be, by a second account of it.
    struct Ghost {
        uint256 deposited;
        uint256 claimed;
        uint256 returned;
        /// @dev Highest voucher that the receiver accepted.
        uint128 accepted;
        bytes signature;
        /// @dev When a withdrawal began; zero when none is under way.
        uint256 withdrawingSince;
        bool withdrawalOutranAClaim;
    }

    mapping(uint256 channel => Ghost) private ghosts;
    bytes32[CHANNELS] private ids;
    address[PAYERS] private sessions;
    address[RECEIVERS] private receivers;
    /// @dev Sums over all channels, by asset.
    mapping(address asset => uint256) public deposited;
    mapping(address asset => uint256) public returned;
    mapping(address asset => uint256) public claimed;
    mapping(address asset => uint256) public paidOut;
    uint256 public reserveIn;
    uint256 public reserveOut;
    uint256 public nonce;
    /// @dev What an action saw that breaks a rule; empty while it holds.
    mapping(Rule rule => string) public broken;
    /// @dev How often an action did something, so that a run which only bounces is seen.
    uint256 public effects;

    constructor() {
        settlement = BatchSettlement(deployed("BatchSettlement"));
        token = new PlainToken();
        COLLECTOR = new PullCollector();
        CONDITION = new Switch();
        CONDITION.set(true);
        vm.warp(time);
        for (uint256 i = 0; i < PAYERS; ++i) {
            sessions[i] = vm.addr(sessionKey(i));
            vm.deal(payer(i), 1e30);
            token.mint(payer(i), 1e30);
        }
        for (uint256 i = 0; i < RECEIVERS; ++i) {
            receivers[i] = vm.addr(0xB0B + i);
        }
        for (uint256 i = 0; i < CHANNELS; ++i) {
            ids[i] = settlement.getChannelId(config(i));
        }
    }

    /* WHO */

    function payer(uint256 i) public pure returns (address) {
        return address(uint160(0xA000 + i));
    }

    function sessionKey(uint256 i) private pure returns (uint256) {
        return 0x5E55 + i;
    }

    function receiver(uint256 i) public view returns (address) {
        return receivers[i];
    }

    function config(uint256 channel) public view returns (ChannelConfig memory) {
        uint256 who = channel % PAYERS;
        uint256 whom = (channel / PAYERS) % RECEIVERS;
        return ChannelConfig({
            payer: payer(who),
            payerAuthorizer: sessions[who],
            receiver: receiver(whom),
            receiverAuthorizer: receiver(whom),
            token: channel < PAYERS * RECEIVERS ? address(0) : address(token),
            withdrawDelay: uint40(900 + 600 * who),
            salt: bytes32(channel)
        });
    }

    function ghostOf(uint256 channel) external view returns (Ghost memory) {
        return ghosts[channel];
    }

    function id(uint256 channel) public view returns (bytes32) {
        return ids[channel];
    }

    /// @dev Every action ends here.
    modifier checked(uint256 channel) {
        _;
        _check(channel % CHANNELS);
    }

    /// @dev What must hold of a channel after anything.
    function _check(uint256 channel) private {
        Ghost storage ghost = ghosts[channel];
        (uint128 balance, uint128 total) = settlement.channels(ids[channel]);
        if (total > balance) broken[Rule.ClaimedIsHeld] = "claimed more than the balance";
        if (balance != ghost.deposited - ghost.returned) broken[Rule.BalanceIsDepositedLessReturned] = "balance is not deposited less returned";
        if (total != ghost.claimed) broken[Rule.ClaimedOnlyGrows] = "claimed is not what claims took";
        // The receiver can always claim what it accepted, unless it slept through a whole delay or gave it back.
        if (!ghost.withdrawalOutranAClaim && balance < ghost.accepted) broken[Rule.AcceptedIsGood] = "an accepted voucher is not covered";
    }

    function checkAll() external {
        for (uint256 i = 0; i < CHANNELS; ++i) {
            _check(i);
        }
    }

    /* ACTIONS */

    function open(uint256 channel, uint128 amount) external checked(channel) {
        channel %= CHANNELS;
        amount = uint128(bound(amount, 1, 1e20));
        ChannelConfig memory c = config(channel);
        if (c.token == address(0)) {
            ChannelConfig[] memory configs = new ChannelConfig[](1);
            uint128[] memory amounts = new uint128[](1);
            (configs[0], amounts[0]) = (c, amount);
            vm.prank(c.payer);
            settlement.openMany{value: amount}(configs, amounts);
        } else {
            settlement.deposit(c, amount, address(COLLECTOR), "");
        }
        ghosts[channel].deposited += amount;
        deposited[c.token] += amount;
        ++effects;
    }

    /// @dev The payer promises and the receiver accepts as our seeders do.
    function promise_(uint256 channel, uint128 amount) external checked(channel) {
        channel %= CHANNELS;
        Ghost storage ghost = ghosts[channel];
        (uint128 balance,) = settlement.channels(id(channel));
        if (ghost.withdrawingSince != 0 || balance == 0) return;
        amount = uint128(bound(amount, 1, balance));
        if (amount <= ghost.accepted) return;
        ghost.accepted = amount;
        ghost.signature = signature(sessionKey(channel % PAYERS), settlement.getVoucherDigest(id(channel), amount));
        ghost.withdrawalOutranAClaim = false;
        ++effects;
    }

    function claim(uint256 channel, uint256 way) external checked(channel) {
        channel %= CHANNELS;
        Ghost storage ghost = ghosts[channel];
        if (ghost.accepted == 0) return;
        ChannelConfig memory c = config(channel);
        (, uint128 before) = settlement.channels(id(channel));
        VoucherClaim[] memory rows = new VoucherClaim[](1);
        rows[0] = VoucherClaim(Voucher(c, ghost.accepted), ghost.signature, ghost.accepted);
        if (way % 4 == 0) {
            vm.prank(c.receiver);
            settlement.claim(rows);
        } else if (way % 4 == 1) {
            bytes memory permission =
                signature(0xB0B + (channel / PAYERS) % RECEIVERS, settlement.getClaimBatchDigest(rows));
            settlement.claimWithSignature(rows, permission);
        } else if (way % 4 == 2) {
            _claimMany(channel);
        } else {
            bytes32 digest =
                settlement.getConditionalVoucherDigest(id(channel), ghost.accepted, ICondition(address(CONDITION)), 0);
            bytes memory promised = signature(sessionKey(channel % PAYERS), digest);
            vm.prank(c.receiver);
            try settlement.claimConditional(c, ghost.accepted, ICondition(address(CONDITION)), 0, promised) {} catch {}
        }
        _recordClaim(channel, before);
    }

    function _claimMany(uint256 channel) private {
        ChannelConfig memory c = config(channel);
        Ghost storage ghost = ghosts[channel];
        bytes memory long = ghost.signature;
        bytes32 r;
        bytes32 s;
        assembly {
            r := mload(add(long, 0x20))
            s := mload(add(long, 0x40))
        }
        s |= bytes32(uint256(uint8(long[64]) - 27) << 255);
        bytes memory row = abi.encodePacked(c.payer, c.payerAuthorizer, c.salt, ghost.accepted, r, s);
        uint256 before = _balance(c.token, c.receiver);
        vm.prank(c.receiver);
        settlement.claimMany(c.receiver, c.receiver, c.token, c.withdrawDelay, 0, row);
        paidOut[c.token] += _balance(c.token, c.receiver) - before;
    }

    function _recordClaim(uint256 channel, uint128 before) private {
        Ghost storage ghost = ghosts[channel];
        (, uint128 total) = settlement.channels(id(channel));
        if (total < before) broken[Rule.ClaimedOnlyGrows] = "totalClaimed fell";
        if (total < ghost.accepted && !ghost.withdrawalOutranAClaim) broken[Rule.AcceptedIsGood] = "an accepted voucher was not honoured";
        if (total > before) ++effects;
        ghost.claimed += total - before;
        claimed[config(channel).token] += total - before;
    }

    function settle(uint256 whom, bool inChi) external {
        address to = receiver(whom % RECEIVERS);
        address asset = inChi ? address(0) : address(token);
        uint256 before = _balance(asset, to);
        settlement.settle(to, asset);
        paidOut[asset] += _balance(asset, to) - before;
    }

    function initiateWithdraw(uint256 channel, uint128 amount, bool byKey) external checked(channel) {
        channel %= CHANNELS;
        ChannelConfig memory c = config(channel);
        (uint128 balance, uint128 total) = settlement.channels(id(channel));
        if (ghosts[channel].withdrawingSince != 0 || balance == total) return;
        vm.prank(byKey ? c.payerAuthorizer : c.payer);
        settlement.initiateWithdraw(c, uint128(bound(amount, 1, balance - total)));
        ghosts[channel].withdrawingSince = time;
        ++effects;
    }

    function finalizeWithdraw(uint256 channel) external checked(channel) {
        channel %= CHANNELS;
        Ghost storage ghost = ghosts[channel];
        ChannelConfig memory c = config(channel);
        uint256 before = _balance(c.token, c.payer);
        vm.prank(c.payer);
        try settlement.finalizeWithdraw(c) {
            if (ghost.withdrawingSince == 0) broken[Rule.WithdrawalsKeepTheirTime] = "finalized what had not begun";
            if (time < ghost.withdrawingSince + c.withdrawDelay) broken[Rule.WithdrawalsKeepTheirTime] = "finalized too early";
            (uint128 balance,) = settlement.channels(id(channel));
            // The receiver had the whole delay to claim and slept.
            if (balance < ghost.accepted) ghost.withdrawalOutranAClaim = true;
            _recordReturn(channel, _balance(c.token, c.payer) - before);
            ghost.withdrawingSince = 0;
            ++effects;
        } catch {
            bool due = ghost.withdrawingSince != 0 && time >= ghost.withdrawingSince + c.withdrawDelay;
            if (due) broken[Rule.WithdrawalsKeepTheirTime] = "a withdrawal that was due reverted";
        }
    }

    function refund(uint256 channel, uint128 amount, bool bySignature) external checked(channel) {
        channel %= CHANNELS;
        Ghost storage ghost = ghosts[channel];
        ChannelConfig memory c = config(channel);
        amount = uint128(bound(amount, 1, 1e20));
        uint256 before = _balance(c.token, c.payer);
        if (bySignature) {
            uint256 next = settlement.refundNonce(id(channel));
            bytes memory permission = signature(
                0xB0B + (channel / PAYERS) % RECEIVERS, settlement.getRefundDigest(id(channel), next, amount)
            );
            settlement.refundWithSignature(c, amount, next, permission);
        } else {
            vm.prank(c.receiver);
            settlement.refund(c, amount);
        }
        _recordReturn(channel, _balance(c.token, c.payer) - before);
        (uint128 balance,) = settlement.channels(id(channel));
        // What the receiver gives back it cannot claim; that is its own doing.
        if (balance < ghost.accepted) ghost.withdrawalOutranAClaim = true;
        (, uint40 initiatedAt) = settlement.pendingWithdrawals(id(channel));
        if (initiatedAt == 0) ghost.withdrawingSince = 0;
        ++effects;
    }

    function _recordReturn(uint256 channel, uint256 amount) private {
        ghosts[channel].returned += amount;
        returned[config(channel).token] += amount;
    }

    function passTime(uint256 seconds_) external {
        time += bound(seconds_, 1, 1500);
        vm.warp(time);
    }

    function fundReserve(uint256 who, uint128 amount) external {
        who %= PAYERS;
        amount = uint128(bound(amount, 1, 1e20));
        vm.prank(payer(who));
        settlement.fundReserve{value: amount}(sessions[who]);
        reserveIn += amount;
        ++effects;
    }

    function withdrawReserve(uint256 who, uint128 amount) external {
        who %= PAYERS;
        (uint128 balance,) = settlement.reserves(payer(who), sessions[who]);
        if (balance == 0) return;
        amount = uint128(bound(amount, 1, balance));
        vm.prank(payer(who));
        settlement.withdrawReserve(sessions[who], amount);
        reserveOut += amount;
        ++effects;
    }

    function allocate(uint256 channel, uint128 amount) external checked(channel) {
        channel %= CHANNELS;
        ChannelConfig memory c = config(channel);
        (uint128 balance,) = settlement.reserves(c.payer, c.payerAuthorizer);
        if (balance == 0 || c.token != address(0)) return;
        amount = uint128(bound(amount, 1, balance));
        bytes32 digest = settlement.getAllocationDigest(id(channel), amount, ++nonce, FOREVER);
        settlement.allocate(c, amount, nonce, FOREVER, signature(sessionKey(channel % PAYERS), digest));
        ghosts[channel].deposited += amount;
        deposited[address(0)] += amount;
        reserveOut += amount;
        ++effects;
    }

    /// @dev Anything at all, from a caller who is party to nothing and to whom nothing was signed.
    function meddle(uint256 channel, uint256 what, uint128 amount) external checked(channel) {
        channel %= CHANNELS;
        what %= 9;
        bytes32 before = _party(channel);
        bytes memory call = _meddling(channel, what, amount);
        vm.prank(address(0x57A46E4));
        (bool ok,) = address(settlement).call(call);
        // A claim by the wrong caller is skipped, not reverted.
        if (ok && what != 0) broken[Rule.StrangersChangeNothing] = "a stranger was obeyed";
        if (_party(channel) != before) broken[Rule.StrangersChangeNothing] = "a stranger changed something";
    }

    function _meddling(uint256 channel, uint256 what, uint128 amount) private view returns (bytes memory) {
        ChannelConfig memory c = config(channel);
        bytes memory forged = signature(0xBAD, keccak256(abi.encode(what, amount)));
        if (what < 2) {
            VoucherClaim[] memory rows = new VoucherClaim[](1);
            Ghost storage ghost = ghosts[channel];
            rows[0] = VoucherClaim(Voucher(c, ghost.accepted), ghost.signature, ghost.accepted);
            if (what == 0) return abi.encodeCall(settlement.claim, (rows));
            return abi.encodeCall(settlement.claimWithSignature, (rows, forged));
        }
        if (what == 2) return abi.encodeCall(settlement.initiateWithdraw, (c, amount));
        if (what == 3) return abi.encodeCall(settlement.finalizeWithdraw, (c));
        if (what == 4) return abi.encodeCall(settlement.refund, (c, amount));
        if (what == 5) {
            uint256 next = settlement.refundNonce(id(channel));
            return abi.encodeCall(settlement.refundWithSignature, (c, amount, next, forged));
        }
        if (what == 6) return abi.encodeCall(settlement.allocate, (c, amount, 1, FOREVER, forged));
        if (what == 7) return abi.encodeCall(settlement.withdrawReserve, (c.payerAuthorizer, amount));
        address key = c.payerAuthorizer;
        return abi.encodeCall(settlement.grantReserve, (c.payer, key, address(this), amount, 1, FOREVER, forged));
    }

    function _party(uint256 channel) private view returns (bytes32) {
        bytes32 name = id(channel);
        ChannelConfig memory c = config(channel);
        (bool ok, bytes memory withdrawal) =
            address(settlement).staticcall(abi.encodeCall(settlement.pendingWithdrawals, (name)));
        require(ok, "read");
        (uint128 balance, uint128 total) = settlement.channels(name);
        (uint128 earned, uint128 settled) = settlement.receivers(c.receiver, c.token);
        (uint128 reserve, uint40 revokedAt) = settlement.reserves(c.payer, c.payerAuthorizer);
        uint256 next = settlement.refundNonce(name);
        return keccak256(abi.encode(withdrawal, balance, total, earned, settled, reserve, revokedAt, next));
    }

    /// @dev What a receiver has earned and been paid, over both of them.
    function receiverSums(address asset) external view returns (uint256 earned, uint256 settled) {
        for (uint256 i = 0; i < RECEIVERS; ++i) {
            (uint128 earnedHere, uint128 settledHere) = settlement.receivers(receivers[i], asset);
            require(settledHere <= earnedHere, "settled more than claimed");
            (earned, settled) = (earned + earnedHere, settled + settledHere);
        }
    }

    function _balance(address asset, address who) private view returns (uint256) {
        return asset == address(0) ? who.balance : token.balanceOf(who);
    }
}

/// @dev docs/trust-model.md says these in words, one each. `invariant_all` is the campaign: the others repeat each rule in a
/// short campaign of its own, so that a failure has a name.
contract BatchSettlementInvariantsTest is InvariantTest {
    SettlementHandler private handler;
    BatchSettlement private settlement;
    address[2] private assets;

    function setUp() public {
        handler = new SettlementHandler();
        target = address(handler);
        settlement = handler.settlement();
        assets[1] = address(handler.token());
    }

    function invariant_all() public view {
        invariant_moneyHeldIsMoneyOwed();
        invariant_receiversEarnWhatChannelsPay();
        invariant_settledIsWhatLeft();
        _holdAll();
    }

    function _holdAll() private view {
        for (uint256 rule = 0; rule <= uint256(type(Rule).max); ++rule) {
            _holds(Rule(rule));
        }
    }

    /// hardhat-config: invariant.runs = 20
    function invariant_moneyHeldIsMoneyOwed() public view {
        for (uint256 i = 0; i < 2; ++i) {
            address asset = assets[i];
            uint256 owed = handler.deposited(asset) - handler.returned(asset) - handler.paidOut(asset);
            if (asset == address(0)) owed += handler.reserveIn() - handler.reserveOut();
            uint256 held = address(settlement).balance;
            if (asset != address(0)) held = handler.token().balanceOf(address(settlement));
            assertEq(held, owed, "held is owed");
        }
    }

    /// hardhat-config: invariant.runs = 20
    function invariant_receiversEarnWhatChannelsPay() public view {
        for (uint256 i = 0; i < 2; ++i) {
            (uint256 earned,) = handler.receiverSums(assets[i]);
            assertEq(earned, handler.claimed(assets[i]), "earned is claimed");
        }
    }

    /// hardhat-config: invariant.runs = 20
    function invariant_settledIsWhatLeft() public view {
        for (uint256 i = 0; i < 2; ++i) {
            (, uint256 settled) = handler.receiverSums(assets[i]);
            assertEq(settled, handler.paidOut(assets[i]), "settled is what left");
        }
    }

    function _holds(Rule rule) private view {
        string memory what = handler.broken(rule);
        assertTrue(bytes(what).length == 0, what);
    }

    /// hardhat-config: invariant.runs = 20
    function invariant_balanceIsDepositedLessReturned() public view {
        _holds(Rule.BalanceIsDepositedLessReturned);
    }

    /// hardhat-config: invariant.runs = 20
    function invariant_claimedIsHeld() public view {
        _holds(Rule.ClaimedIsHeld);
    }

    /// hardhat-config: invariant.runs = 20
    function invariant_claimedOnlyGrows() public view {
        _holds(Rule.ClaimedOnlyGrows);
    }

    /// hardhat-config: invariant.runs = 20
    function invariant_anAcceptedVoucherIsGood() public view {
        _holds(Rule.AcceptedIsGood);
    }

    /// hardhat-config: invariant.runs = 20
    function invariant_withdrawalsKeepTheirTime() public view {
        _holds(Rule.WithdrawalsKeepTheirTime);
    }

    /// hardhat-config: invariant.runs = 20
    function invariant_strangersChangeNothing() public view {
        _holds(Rule.StrangersChangeNothing);
    }

    /// @dev All channels, not only the ones touched, when a run ends.
    function afterInvariant() external {
        handler.checkAll();
        _holdAll();
        assertTrue(handler.effects() > 20, "the run did something");
    }
}
