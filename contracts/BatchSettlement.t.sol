// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BatchSettlement} from "./BatchSettlement.sol";
import {
    ChannelConfig, IBatchSettlement, SkipReason, Voucher, VoucherClaim
} from "./interfaces/IBatchSettlement.sol";
import {ICondition} from "./interfaces/ICondition.sol";
import {SettlementTest} from "./test/SettlementTest.sol";
import {ContractWallet, Reenterer, Refuser, Switch} from "./test/mocks/Accounts.sol";
import {IdleCollector, PullCollector, ReenteringCollector} from "./test/mocks/Collectors.sol";
import {PlainToken} from "./test/mocks/Tokens.sol";

/// @dev Each verb: what it does, and each reason for which it refuses.
contract BatchSettlementTest is SettlementTest {
    address private constant STRANGER = address(0x57A46E4);
    uint40 private constant FOREVER = type(uint40).max;

    /* OPEN */

    function testFuzz_open_addsToTheChannel(uint128 first, uint128 second) public {
        first = uint128(bound(first, 1, 1e30));
        second = uint128(bound(second, 1, 1e30));
        open(chiChannel(1), first);
        bytes32 id = open(chiChannel(1), second);
        assertEq(balanceOf(id), uint256(first) + second, "balance");
        assertEq(address(settlement).balance, uint256(first) + second, "held");
    }

    function _open(ChannelConfig memory config, uint128 amount, uint256 value, bytes memory expected) private {
        ChannelConfig[] memory configs = new ChannelConfig[](1);
        uint128[] memory amounts = new uint128[](1);
        (configs[0], amounts[0]) = (config, amount);
        vm.prank(payer);
        vm.expectRevert(expected);
        settlement.openMany{value: value}(configs, amounts);
    }

    function test_open_revertsWhen_aPartyIsZero() public {
        bytes memory expected = abi.encodeWithSelector(IBatchSettlement.BatchSettlement_ZeroAddress.selector);
        ChannelConfig memory config = chiChannel(1);
        config.payerAuthorizer = address(0);
        _open(config, 1, 1, expected);
        config = chiChannel(1);
        config.receiver = address(0);
        _open(config, 1, 1, expected);
        config = chiChannel(1);
        config.receiverAuthorizer = address(0);
        _open(config, 1, 1, expected);
    }

    function test_open_revertsWhen_theDelayIsOutOfRange() public {
        bytes4 selector = IBatchSettlement.BatchSettlement_DelayOutOfRange.selector;
        ChannelConfig memory config = chiChannel(1);
        config.withdrawDelay = 899;
        _open(config, 1, 1, abi.encodeWithSelector(selector, 899));
        config.withdrawDelay = 30 days + 1;
        _open(config, 1, 1, abi.encodeWithSelector(selector, 30 days + 1));
    }

    function test_open_revertsWhen_notThePayersOwnChi() public {
        ChannelConfig memory config = chiChannel(1);
        config.payer = STRANGER;
        _open(config, 1, 1, abi.encodeWithSelector(IBatchSettlement.BatchSettlement_NotPayer.selector, payer));
        config = channel(address(1), 1);
        _open(config, 1, 1, abi.encodeWithSelector(IBatchSettlement.BatchSettlement_WrongToken.selector, address(1)));
    }

    function test_open_revertsWhen_theAmountsDoNotFit() public {
        _open(chiChannel(1), 0, 0, abi.encodeWithSelector(IBatchSettlement.BatchSettlement_ZeroAmount.selector));
        bytes4 mismatch = IBatchSettlement.BatchSettlement_ValueMismatch.selector;
        _open(chiChannel(1), 2, 1, abi.encodeWithSelector(mismatch, 1, 2));
        _open(chiChannel(1), 1, 2, abi.encodeWithSelector(mismatch, 2, 1));
        bytes4 length = IBatchSettlement.BatchSettlement_LengthMismatch.selector;
        vm.expectRevert(abi.encodeWithSelector(length, 0, 0));
        settlement.openMany(new ChannelConfig[](0), new uint128[](0));
        vm.expectRevert(abi.encodeWithSelector(length, 1, 2));
        settlement.openMany(new ChannelConfig[](1), new uint128[](2));
    }

    function test_open_revertsWhen_aConfigIsEncodedInAnotherWay() public {
        ChannelConfig[] memory configs = new ChannelConfig[](1);
        configs[0] = chiChannel(1);
        uint128[] memory amounts = new uint128[](1);
        amounts[0] = 1;
        bytes memory call = abi.encodeCall(settlement.openMany, (configs, amounts));
        // One bit above each address and above the uint40, in turn.
        for (uint256 word = 0; word < 6; ++word) {
            uint256 position = 4 + 96 + 32 * word + (word == 5 ? 26 : 11);
            call[position] = bytes1(uint8(call[position]) ^ 1);
            vm.prank(payer);
            (bool ok,) = address(settlement).call{value: 1}(call);
            assertTrue(!ok, "dirty config");
            call[position] = bytes1(uint8(call[position]) ^ 1);
        }
        vm.prank(payer);
        (bool clean,) = address(settlement).call{value: 1}(call);
        assertTrue(clean, "clean config");
    }

    function test_open_revertsWhen_theBalanceWouldOverflow() public {
        open(chiChannel(1), type(uint128).max);
        ChannelConfig[] memory configs = new ChannelConfig[](1);
        uint128[] memory amounts = new uint128[](1);
        (configs[0], amounts[0]) = (chiChannel(1), 1);
        vm.deal(payer, 1);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Exceeds.selector, 1, 0));
        settlement.openMany{value: 1}(configs, amounts);
    }

    function test_openManyAndFund_putsTheRestIntoTheReserve() public {
        ChannelConfig[] memory configs = new ChannelConfig[](2);
        uint128[] memory amounts = new uint128[](2);
        (configs[0], configs[1], amounts[0], amounts[1]) = (chiChannel(1), chiChannel(2), 3, 4);
        vm.prank(payer);
        settlement.openManyAndFund{value: 10}(configs, amounts, session);
        assertEq(balanceOf(settlement.getChannelId(configs[1])), 4, "second");
        assertEq(_reserveOf(session), 3, "reserve");
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_ValueMismatch.selector, 7, 7));
        settlement.openManyAndFund{value: 7}(configs, amounts, session);
    }

    /* DEPOSIT */

    function _token() private returns (PlainToken token) {
        token = new PlainToken();
        token.mint(payer, 1000);
    }

    function test_deposit_countsWhatArrived() public {
        PlainToken token = _token();
        PullCollector collector = new PullCollector();
        settlement.deposit(channel(address(token), 1), 600, address(collector), "");
        settlement.deposit(channel(address(token), 1), 50, address(collector), "");
        assertEq(balanceOf(settlement.getChannelId(channel(address(token), 1))), 650, "balance");
    }

    function test_deposit_revertsWhen_nothingArrives() public {
        PlainToken token = _token();
        address idle = address(new IdleCollector());
        vm.expectRevert(IBatchSettlement.BatchSettlement_NothingCollected.selector);
        settlement.deposit(channel(address(token), 1), 1, idle, "");
    }

    function test_deposit_revertsWhen_theRequestIsUnsound() public {
        PlainToken token = _token();
        address collector = address(new PullCollector());
        ChannelConfig memory config = channel(address(token), 1);
        config.payer = address(0);
        vm.expectRevert(IBatchSettlement.BatchSettlement_ZeroAddress.selector);
        settlement.deposit(config, 1, collector, "");
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_WrongToken.selector, address(0)));
        settlement.deposit(chiChannel(1), 1, collector, "");
        vm.expectRevert(IBatchSettlement.BatchSettlement_ZeroAmount.selector);
        settlement.deposit(channel(address(token), 1), 0, collector, "");
    }

    function test_deposit_revertsWhen_moreArrivesThanAVoucherCanName() public {
        PlainToken token = new PlainToken();
        token.mint(address(this), type(uint256).max);
        MintingCollector collector = new MintingCollector();
        uint256 much = uint256(type(uint128).max) + 1;
        token.transfer(address(collector), much);
        vm.expectRevert(
            abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Exceeds.selector, much, type(uint128).max)
        );
        settlement.deposit(channel(address(token), 1), 1, address(collector), "");
    }

    function test_deposit_revertsWhen_reentered() public {
        PlainToken token = _token();
        ReenteringCollector collector = new ReenteringCollector();
        bytes memory nested =
            abi.encodeCall(settlement.deposit, (channel(address(token), 2), 100, address(collector), ""));
        settlement.deposit(channel(address(token), 1), 100, address(collector), nested);
        assertTrue(!collector.reentered(), "reentered");
        assertEq(balanceOf(settlement.getChannelId(channel(address(token), 1))), 100, "outer");
        assertEq(balanceOf(settlement.getChannelId(channel(address(token), 2))), 0, "inner");
    }

    /* CLAIM */

    function testFuzz_claim_takesWhatIsPromisedAndNoMore(uint128 balance, uint128 max, uint128 total) public {
        balance = uint128(bound(balance, 1, 1e30));
        max = uint128(bound(max, 1, 2e30));
        total = uint128(bound(total, 1, 2e30));
        bytes32 id = open(chiChannel(1), balance);
        VoucherClaim[] memory rows = one(voucherClaim(chiChannel(1), max, total));
        vm.prank(receiver);
        settlement.claim(rows);
        assertEq(claimedOf(id), total <= max && total <= balance ? total : 0, "claimed");
    }

    function test_claim_reportsWhatItSkips() public {
        bytes32 id = open(chiChannel(1), 100);
        claim(chiChannel(1), 40);
        _expectSkip(id, voucherClaim(chiChannel(1), 40, 40), receiver, SkipReason.Stale);
        _expectSkip(id, voucherClaim(chiChannel(1), 50, 51), receiver, SkipReason.ExceedsVoucher);
        _expectSkip(id, voucherClaim(chiChannel(1), 200, 101), receiver, SkipReason.ExceedsBalance);
        VoucherClaim memory forged = voucherClaim(chiChannel(1), 50, 50);
        forged.voucher.maxClaimableAmount = 60;
        _expectSkip(id, forged, receiver, SkipReason.BadSignature);
        _expectSkip(id, voucherClaim(chiChannel(1), 50, 50), STRANGER, SkipReason.NotReceiver);
        assertEq(claimedOf(id), 40, "claimed");
    }

    function _expectSkip(bytes32 id, VoucherClaim memory row, address caller, SkipReason reason) private {
        vm.expectEmit(address(settlement));
        emit IBatchSettlement.ClaimSkipped(id, 0, reason);
        vm.prank(caller);
        settlement.claim(one(row));
    }

    function test_claim_skipsWhatWouldOverflowTheReceiver() public {
        PlainToken token = new PlainToken();
        PullCollector collector = new PullCollector();
        token.mint(payer, type(uint128).max);
        settlement.deposit(channel(address(token), 1), type(uint128).max, address(collector), "");
        claim(channel(address(token), 1), type(uint128).max);
        settlement.settle(receiver, address(token));
        vm.prank(receiver);
        token.transfer(payer, 100);
        settlement.deposit(channel(address(token), 2), 100, address(collector), "");
        bytes32 id = settlement.getChannelId(channel(address(token), 2));
        _expectSkip(id, voucherClaim(channel(address(token), 2), 1, 1), receiver, SkipReason.Overflow);
        bytes memory rows = compactRow(channel(address(token), 2), 1, SESSION_KEY);
        vm.prank(receiver);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Exceeds.selector, 1, 0));
        settlement.claimMany(receiver, receiver, address(token), DELAY, 0, rows);
    }

    function test_claim_revertsWhen_empty() public {
        bytes memory expected =
            abi.encodeWithSelector(IBatchSettlement.BatchSettlement_LengthMismatch.selector, 0, 0);
        vm.expectRevert(expected);
        settlement.claim(new VoucherClaim[](0));
        vm.expectRevert(expected);
        settlement.claimWithSignature(new VoucherClaim[](0), "");
    }

    function test_claimWithSignature_isForAnyoneWhoHasIt() public {
        bytes32 id = open(chiChannel(1), 100);
        ChannelConfig memory foreign = chiChannel(2);
        foreign.receiverAuthorizer = STRANGER;
        bytes32 foreignId = open(foreign, 100);
        VoucherClaim[] memory rows = new VoucherClaim[](2);
        (rows[0], rows[1]) = (voucherClaim(chiChannel(1), 70, 60), voucherClaim(foreign, 70, 60));
        bytes memory permission = signature(RECEIVER_KEY, settlement.getClaimBatchDigest(rows));
        vm.prank(STRANGER);
        settlement.claimWithSignature(rows, permission);
        assertEq(claimedOf(id), 60, "claimed");
        assertEq(claimedOf(foreignId), 0, "another authorizer's");
        rows[0].totalClaimed = 61;
        vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
        settlement.claimWithSignature(rows, permission);
        vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
        settlement.claimWithSignature(rows, "");
    }

    function test_settle_paysOnce() public {
        open(chiChannel(1), 100);
        claim(chiChannel(1), 70);
        vm.prank(STRANGER);
        settlement.settle(receiver, address(0));
        settlement.settle(receiver, address(0));
        assertEq(receiver.balance, 70, "paid");
        (uint128 claimed, uint128 settled) = settlement.receivers(receiver, address(0));
        assertEq(claimed, 70, "claimed");
        assertEq(settled, 70, "settled");
    }

    function test_settle_revertsWhen_theReceiverRefuses() public {
        Refuser refuser = new Refuser();
        ChannelConfig memory config = chiChannel(1);
        config.receiver = address(refuser);
        open(config, 100);
        claim(config, 70);
        vm.expectRevert(
            abi.encodeWithSelector(
                IBatchSettlement.BatchSettlement_TransferFailed.selector, address(0), address(refuser), 70
            )
        );
        settlement.settle(address(refuser), address(0));
        refuser.setTakes(true);
        settlement.settle(address(refuser), address(0));
        assertEq(address(refuser).balance, 70, "paid at last");
    }

    function test_settle_paysAReentererOnce() public {
        Reenterer reenterer = new Reenterer();
        ChannelConfig memory config = chiChannel(1);
        config.receiver = address(reenterer);
        open(config, 100);
        open(chiChannel(2), 100);
        claim(config, 70);
        reenterer.arm(address(settlement), abi.encodeCall(settlement.settle, (address(reenterer), address(0))));
        settlement.settle(address(reenterer), address(0));
        assertEq(reenterer.reentered(), 1, "it did try");
        assertEq(address(reenterer).balance, 70, "paid once");
    }

    /* CLAIM MANY */

    function test_claimMany_paysAllThatIsOwed() public {
        open(chiChannel(1), 100);
        open(chiChannel(2), 100);
        claim(chiChannel(1), 10);
        bytes memory rows = abi.encodePacked(
            compactRow(chiChannel(1), 30, SESSION_KEY), compactRow(chiChannel(2), 500, SESSION_KEY)
        );
        vm.expectEmit(address(settlement));
        emit IBatchSettlement.ClaimedMany(receiver, address(0), bytes32(uint256(7)), 120, 2);
        vm.prank(receiver);
        uint128 amount = settlement.claimMany(receiver, receiver, address(0), DELAY, bytes32(uint256(7)), rows);
        assertEq(amount, 120, "claimed: to the voucher, and to the balance");
        assertEq(receiver.balance, 130, "paid, with what was owed before");
    }

    function test_claimMany_isForTheAuthorizerToo() public {
        ChannelConfig memory config = chiChannel(1);
        config.receiverAuthorizer = STRANGER;
        open(config, 100);
        bytes memory rows = compactRow(config, 30, SESSION_KEY);
        vm.prank(STRANGER);
        settlement.claimMany(receiver, STRANGER, address(0), DELAY, 0, rows);
        assertEq(receiver.balance, 30, "the receiver is paid");
    }

    function test_claimMany_paysNothingWhen_allRowsAreSkipped() public {
        bytes32 id = open(chiChannel(1), 100);
        bytes memory rows = compactRow(chiChannel(1), 30, RECEIVER_KEY);
        vm.expectEmit(address(settlement));
        emit IBatchSettlement.ClaimSkipped(id, 0, SkipReason.BadSignature);
        vm.prank(receiver);
        assertEq(settlement.claimMany(receiver, receiver, address(0), DELAY, 0, rows), 0, "amount");
    }

    function test_claimMany_revertsWhen_notForTheCallerOrNotInRows() public {
        vm.expectRevert(
            abi.encodeWithSelector(IBatchSettlement.BatchSettlement_NotReceiver.selector, address(this))
        );
        settlement.claimMany(receiver, receiver, address(0), DELAY, 0, new bytes(152));
        vm.prank(receiver);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_BadRows.selector, 0));
        settlement.claimMany(receiver, receiver, address(0), DELAY, 0, "");
        vm.prank(receiver);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_BadRows.selector, 151));
        settlement.claimMany(receiver, receiver, address(0), DELAY, 0, new bytes(151));
    }

    /// @dev A row of zeros names a channel whose authorizer is zero, for which no signature recovers: zero is not equal zero.
    function test_claimMany_skipsARowOfZeros() public {
        vm.prank(receiver);
        assertEq(settlement.claimMany(receiver, receiver, address(0), DELAY, 0, new bytes(304)), 0, "amount");
    }

    /// @dev The assembly of claimMany against the plain Solidity of claim, on the same channels in two deployments.
    /// hardhat-config: fuzz.runs = 2000
    function testFuzz_claimMany_saysTheSameAsClaim(uint256 seed) public {
        BatchSettlement compact = BatchSettlement(deployed("BatchSettlement"));
        BatchSettlement plain = settlement;
        uint256 count = 1 + seed % 5;
        VoucherClaim[] memory claims = new VoucherClaim[](count);
        bytes memory rows;
        for (uint256 i = 0; i < count; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            ChannelConfig memory config = chiChannel(dice % 4 == 0 ? 0 : uint256(keccak256(abi.encode(i))));
            uint128 balance = uint128(1 + (dice >> 8) % 100);
            uint128 amount = uint128((dice >> 16) % 150);
            uint256 key = (dice >> 24) % 4 == 0 ? RECEIVER_KEY : SESSION_KEY;
            settlement = compact;
            bytes32 id = open(config, balance);
            rows = abi.encodePacked(rows, compactRow(config, amount, key));
            settlement = plain;
            id = open(config, balance);
            uint128 held = balanceOf(id);
            bytes32 digest = settlement.getVoucherDigest(id, amount);
            claims[i] = VoucherClaim(Voucher(config, amount), signature(key, digest), amount < held ? amount : held);
        }
        // A later row may fund an earlier row's channel, so totals are fixed when all are open.
        for (uint256 i = 0; i < count; ++i) {
            uint128 held = balanceOf(settlement.getChannelId(claims[i].voucher.channel));
            uint128 max = claims[i].voucher.maxClaimableAmount;
            claims[i].totalClaimed = max < held ? max : held;
        }
        vm.prank(receiver);
        plain.claim(claims);
        vm.prank(receiver);
        compact.claimMany(receiver, receiver, address(0), DELAY, 0, rows);
        for (uint256 i = 0; i < count; ++i) {
            ChannelConfig memory config = claims[i].voucher.channel;
            (uint128 balanceA, uint128 claimedA) = plain.channels(plain.getChannelId(config));
            (uint128 balanceB, uint128 claimedB) = compact.channels(compact.getChannelId(config));
            assertEq(balanceA, balanceB, "balance");
            assertEq(claimedA, claimedB, "claimed");
        }
        (uint128 totalA,) = plain.receivers(receiver, address(0));
        (uint128 totalB, uint128 settledB) = compact.receivers(receiver, address(0));
        assertEq(totalA, totalB, "receiver's total");
        assertEq(totalB, settledB, "paid out");
        assertEq(receiver.balance, totalB, "paid");
    }

    /* CONDITIONAL */

    function test_claimConditional_waitsForItsCondition() public {
        Switch condition = new Switch();
        bytes32 id = open(chiChannel(1), 100);
        bytes32 terms = keccak256("terms");
        bytes memory promised = signature(
            SESSION_KEY, settlement.getConditionalVoucherDigest(id, 40, ICondition(address(condition)), terms)
        );
        vm.prank(receiver);
        vm.expectRevert(
            abi.encodeWithSelector(IBatchSettlement.BatchSettlement_ConditionNotMet.selector, condition, terms)
        );
        settlement.claimConditional(chiChannel(1), 40, ICondition(address(condition)), terms, promised);
        condition.set(true);
        vm.expectRevert(
            abi.encodeWithSelector(IBatchSettlement.BatchSettlement_NotReceiver.selector, address(this))
        );
        settlement.claimConditional(chiChannel(1), 40, ICondition(address(condition)), terms, promised);
        vm.prank(receiver);
        vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
        settlement.claimConditional(chiChannel(1), 41, ICondition(address(condition)), terms, promised);
        vm.prank(receiver);
        settlement.claimConditional(chiChannel(1), 40, ICondition(address(condition)), terms, promised);
        assertEq(claimedOf(id), 40, "claimed");
        vm.prank(receiver);
        vm.expectRevert(IBatchSettlement.BatchSettlement_NothingToClaim.selector);
        settlement.claimConditional(chiChannel(1), 40, ICondition(address(condition)), terms, promised);
    }

    function test_claimConditional_sharesItsTotalWithOrdinaryVouchers() public {
        Switch condition = new Switch();
        condition.set(true);
        bytes32 id = open(chiChannel(1), 100);
        bytes memory promised = signature(
            SESSION_KEY, settlement.getConditionalVoucherDigest(id, 130, ICondition(address(condition)), 0)
        );
        claim(chiChannel(1), 90);
        vm.prank(receiver);
        settlement.claimConditional(chiChannel(1), 130, ICondition(address(condition)), 0, promised);
        assertEq(claimedOf(id), 100, "to the balance and no further");
    }

    /* WITHDRAW */

    function testFuzz_withdraw_givesBackOnlyWhatIsUnclaimed(uint128 balance, uint128 amount, uint128 claimed) public {
        balance = uint128(bound(balance, 1, 1e30));
        amount = uint128(bound(amount, 1, balance));
        claimed = uint128(bound(claimed, 1, balance));
        bytes32 id = open(chiChannel(1), balance);
        uint256 before = payer.balance;
        vm.prank(payer);
        settlement.initiateWithdraw(chiChannel(1), amount);
        vm.warp(START + DELAY - 1);
        claim(chiChannel(1), claimed);
        assertEq(claimedOf(id), claimed, "claimed in the last second");
        vm.warp(START + DELAY);
        vm.prank(session);
        settlement.finalizeWithdraw(chiChannel(1));
        uint128 left = balance - claimed;
        assertEq(payer.balance - before, amount < left ? amount : left, "given back");
        (uint128 pending, uint40 initiatedAt) = settlement.pendingWithdrawals(id);
        assertEq(uint256(pending) + initiatedAt, 0, "over");
    }

    function test_withdraw_revertsWhen_tooEarlyOrNotDue() public {
        open(chiChannel(1), 100);
        uint256 start = START;
        vm.prank(payer);
        vm.expectRevert(IBatchSettlement.BatchSettlement_NoWithdrawal.selector);
        settlement.finalizeWithdraw(chiChannel(1));
        vm.prank(payer);
        vm.expectRevert(IBatchSettlement.BatchSettlement_ZeroAmount.selector);
        settlement.initiateWithdraw(chiChannel(1), 0);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Exceeds.selector, 101, 100));
        settlement.initiateWithdraw(chiChannel(1), 101);
        vm.prank(payer);
        settlement.initiateWithdraw(chiChannel(1), 50);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_WithdrawalPending.selector, start));
        settlement.initiateWithdraw(chiChannel(1), 50);
        vm.warp(start + DELAY - 1);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_TooEarly.selector, start + DELAY));
        settlement.finalizeWithdraw(chiChannel(1));
    }

    function test_withdraw_revertsWhen_notThePayersSide() public {
        open(chiChannel(1), 100);
        bytes memory expected =
            abi.encodeWithSelector(IBatchSettlement.BatchSettlement_NotPayer.selector, receiver);
        vm.prank(receiver);
        vm.expectRevert(expected);
        settlement.initiateWithdraw(chiChannel(1), 1);
        vm.prank(receiver);
        vm.expectRevert(expected);
        settlement.finalizeWithdraw(chiChannel(1));
    }

    /* REFUND */

    function test_refund_isTheReceiversToGive() public {
        bytes32 id = open(chiChannel(1), 100);
        claim(chiChannel(1), 30);
        uint256 before = payer.balance;
        vm.prank(receiver);
        settlement.refund(chiChannel(1), 20);
        assertEq(payer.balance - before, 20, "refunded");
        vm.prank(receiver);
        settlement.refund(chiChannel(1), 1000);
        assertEq(balanceOf(id), 30, "all that was unclaimed");
        vm.prank(receiver);
        settlement.refund(chiChannel(1), 1);
        assertEq(settlement.refundNonce(id), 3, "the nonce moves even for nothing");
        vm.prank(receiver);
        vm.expectRevert(IBatchSettlement.BatchSettlement_ZeroAmount.selector);
        settlement.refund(chiChannel(1), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IBatchSettlement.BatchSettlement_NotReceiver.selector, address(this))
        );
        settlement.refund(chiChannel(1), 1);
    }

    function test_refund_shrinksAWithdrawalUnderWay() public {
        bytes32 id = open(chiChannel(1), 100);
        vm.prank(payer);
        settlement.initiateWithdraw(chiChannel(1), 50);
        vm.prank(receiver);
        settlement.refund(chiChannel(1), 20);
        (uint128 pending,) = settlement.pendingWithdrawals(id);
        assertEq(pending, 30, "shrunk");
        vm.prank(receiver);
        settlement.refund(chiChannel(1), 30);
        (, uint40 initiatedAt) = settlement.pendingWithdrawals(id);
        assertEq(initiatedAt, 0, "over");
    }

    function test_refundWithSignature_worksOnce() public {
        bytes32 id = open(chiChannel(1), 100);
        bytes memory permission = signature(RECEIVER_KEY, settlement.getRefundDigest(id, 0, 40));
        vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
        settlement.refundWithSignature(chiChannel(1), 41, 0, permission);
        vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
        settlement.refundWithSignature(chiChannel(1), 40, 0, "");
        settlement.refundWithSignature(chiChannel(1), 40, 0, permission);
        assertEq(balanceOf(id), 60, "refunded");
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_WrongNonce.selector, 0, 1));
        settlement.refundWithSignature(chiChannel(1), 40, 0, permission);
    }

    /* RESERVE */

    function _reserveOf(address key) private view returns (uint128 balance) {
        (balance,) = settlement.reserves(payer, key);
    }

    function _fund(uint256 amount) private {
        vm.prank(payer);
        settlement.fundReserve{value: amount}(session);
    }

    function _allocation(uint128 amount, uint256 nonce) private view returns (bytes memory) {
        bytes32 id = settlement.getChannelId(chiChannel(1));
        return signature(SESSION_KEY, settlement.getAllocationDigest(id, amount, nonce, FOREVER));
    }

    function testFuzz_allocate_movesReserveIntoAChannel(uint128 reserve, uint128 amount, uint256 nonce) public {
        reserve = uint128(bound(reserve, 1, 1e30));
        amount = uint128(bound(amount, 1, reserve));
        _fund(reserve);
        bytes memory permission = _allocation(amount, nonce);
        vm.prank(STRANGER);
        settlement.allocate(chiChannel(1), amount, nonce, FOREVER, permission);
        assertEq(balanceOf(settlement.getChannelId(chiChannel(1))), amount, "channel");
        assertEq(_reserveOf(session), reserve - amount, "reserve");
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_NonceUsed.selector, nonce));
        settlement.allocate(chiChannel(1), amount, nonce, FOREVER, permission);
    }

    function test_allocate_revertsWhen_notAllowed() public {
        _fund(100);
        (bytes memory of40, bytes memory of101, bytes memory of0) =
            (_allocation(40, 1), _allocation(101, 1), _allocation(0, 1));
        vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
        settlement.allocate(chiChannel(1), 41, 1, FOREVER, of40);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Exceeds.selector, 101, 100));
        settlement.allocate(chiChannel(1), 101, 1, FOREVER, of101);
        vm.expectRevert(IBatchSettlement.BatchSettlement_ZeroAmount.selector);
        settlement.allocate(chiChannel(1), 0, 1, FOREVER, of0);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Expired.selector, START));
        settlement.allocate(chiChannel(1), 1, 1, START, "");
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_WrongToken.selector, address(1)));
        settlement.allocate(channel(address(1), 1), 1, 1, FOREVER, "");
        ChannelConfig memory keyless = chiChannel(1);
        keyless.payerAuthorizer = address(0);
        vm.expectRevert(IBatchSettlement.BatchSettlement_ZeroAddress.selector);
        settlement.allocate(keyless, 1, 1, FOREVER, "");
    }

    function test_withdrawReserve_isAtOnce() public {
        _fund(100);
        uint256 before = payer.balance;
        vm.prank(payer);
        settlement.withdrawReserve(session, 60);
        assertEq(payer.balance - before, 60, "back");
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Exceeds.selector, 41, 40));
        settlement.withdrawReserve(session, 41);
        vm.prank(session);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Exceeds.selector, 1, 0));
        settlement.withdrawReserve(session, 1);
    }

    function test_fundReserve_revertsWhen_nothingOrTooMuch() public {
        vm.prank(payer);
        vm.expectRevert(IBatchSettlement.BatchSettlement_ZeroAmount.selector);
        settlement.fundReserve(session);
        _fund(type(uint128).max);
        vm.deal(payer, 1);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Exceeds.selector, 1, 0));
        settlement.fundReserve{value: 1}(session);
    }

    function test_revokeSession_takesTheChannelsDelayAndVoidsNoVoucher() public {
        _fund(100);
        settlement.allocate(chiChannel(1), 40, 1, FOREVER, _allocation(40, 1));
        uint256 start = START;
        vm.prank(payer);
        settlement.revokeSession(session);
        vm.warp(start + DELAY - 1);
        settlement.allocate(chiChannel(1), 10, 2, FOREVER, _allocation(10, 2));
        vm.warp(start + DELAY);
        bytes memory late = _allocation(10, 3);
        bytes memory revoked =
            abi.encodeWithSelector(IBatchSettlement.BatchSettlement_SessionRevoked.selector, start);
        vm.expectRevert(revoked);
        settlement.allocate(chiChannel(1), 10, 3, FOREVER, late);
        claim(chiChannel(1), 50);
        assertEq(claimedOf(settlement.getChannelId(chiChannel(1))), 50, "a voucher of a revoked key");
        vm.prank(payer);
        vm.expectRevert(revoked);
        settlement.fundReserve{value: 1}(session);
        vm.prank(payer);
        vm.expectRevert(revoked);
        settlement.revokeSession(session);
        vm.prank(payer);
        vm.expectRevert(IBatchSettlement.BatchSettlement_ZeroAddress.selector);
        settlement.revokeSession(address(0));
        vm.prank(payer);
        settlement.withdrawReserve(session, 50);
    }

    function test_grantReserve_namesAKeyBySignature() public {
        vm.prank(payer);
        settlement.fundReserve{value: 100}(address(0));
        bytes memory permission =
            signature(PAYER_KEY, settlement.getGrantDigest(payer, address(0), session, 70, 9, FOREVER));
        vm.prank(STRANGER);
        settlement.grantReserve(payer, address(0), session, 70, 9, FOREVER, permission);
        assertEq(_reserveOf(session), 70, "granted");
        assertEq(_reserveOf(address(0)), 30, "left");
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_NonceUsed.selector, 9));
        settlement.grantReserve(payer, address(0), session, 70, 9, FOREVER, permission);
        vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
        settlement.grantReserve(payer, address(0), STRANGER, 30, 10, FOREVER, permission);
        vm.expectRevert(abi.encodeWithSelector(IBatchSettlement.BatchSettlement_Expired.selector, START));
        settlement.grantReserve(payer, address(0), session, 30, 10, START, permission);
    }

    function test_grantReserve_takesAContractWalletsWord() public {
        ContractWallet wallet = new ContractWallet(payer);
        vm.deal(address(wallet), 100);
        wallet.execute(address(settlement), 100, abi.encodeCall(settlement.fundReserve, (address(0))));
        bytes memory permission =
            signature(PAYER_KEY, settlement.getGrantDigest(address(wallet), address(0), session, 70, 0, FOREVER));
        settlement.grantReserve(address(wallet), address(0), session, 70, 0, FOREVER, permission);
        (uint128 balance,) = settlement.reserves(address(wallet), session);
        assertEq(balance, 70, "granted");
        bytes memory forged =
            signature(RECEIVER_KEY, settlement.getGrantDigest(address(wallet), address(0), session, 1, 1, FOREVER));
        vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
        settlement.grantReserve(address(wallet), address(0), session, 1, 1, FOREVER, forged);
    }

    /* MULTICALL */

    function test_multicall_isAllOrNone() public {
        bytes32 id = open(chiChannel(1), 100);
        VoucherClaim[] memory rows = one(voucherClaim(chiChannel(1), 30, 30));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(settlement.claim, (rows));
        calls[1] = abi.encodeCall(settlement.settle, (receiver, address(0)));
        vm.prank(receiver);
        settlement.multicall(calls);
        assertEq(receiver.balance, 30, "claimed and paid");
        calls[1] = abi.encodeCall(settlement.finalizeWithdraw, (chiChannel(1)));
        vm.prank(payer);
        vm.expectRevert(IBatchSettlement.BatchSettlement_NoWithdrawal.selector);
        settlement.multicall(calls);
        assertEq(claimedOf(id), 30, "unchanged");
    }

    function test_multicall_cannotSpendChiTwice() public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(settlement.fundReserve, (session));
        vm.prank(payer);
        (bool ok,) = address(settlement).call{value: 1}(abi.encodeCall(settlement.multicall, (calls)));
        assertTrue(!ok, "not payable");
        vm.prank(payer);
        vm.expectRevert(IBatchSettlement.BatchSettlement_ZeroAmount.selector);
        settlement.multicall(calls);
    }

    /* DOMAIN */

    function test_domain_isOfTheAddressAndTheChain() public {
        BatchSettlement other = BatchSettlement(0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003);
        vm.etch(address(other), address(settlement).code);
        bytes32 here = other.getChannelId(chiChannel(1));
        assertTrue(here != settlement.getChannelId(chiChannel(1)), "another address, another name");
        vm.chainId(1);
        assertTrue(here != other.getChannelId(chiChannel(1)), "another chain, another name");
        (, string memory name, string memory version, uint256 chainId, address contract_,,) = other.eip712Domain();
        assertEq(keccak256(bytes(name)), keccak256("x402 Batch Settlement"), "name");
        assertEq(keccak256(bytes(version)), keccak256("1"), "version");
        assertEq(chainId, 1, "chain");
        assertEq(contract_, address(other), "contract");
    }

    function test_plainChiIsRefused() public {
        vm.prank(payer);
        (bool ok,) = address(settlement).call{value: 1}("");
        assertTrue(!ok, "no receive function");
    }
}

/// @dev Sends all it has, whatever it is asked for.
contract MintingCollector {
    function collect(address, address token, uint256, bytes32, bytes calldata) external {
        PlainToken(token).transfer(msg.sender, PlainToken(token).balanceOf(address(this)));
    }
}
