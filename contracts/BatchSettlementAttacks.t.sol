// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ChannelConfig, IBatchSettlement, Voucher, VoucherClaim} from "./interfaces/IBatchSettlement.sol";
import {ICondition} from "./interfaces/ICondition.sol";
import {SettlementTest} from "./test/SettlementTest.sol";
import {Reenterer, Switch} from "./test/mocks/Accounts.sol";
import {PullCollector} from "./test/mocks/Collectors.sol";
import {FeeToken, NoReturnToken, NoRevertToken, PausableToken, PlainToken, ReenteringToken} from "./test/mocks/Tokens.sol";

/// @dev What attackers of other channel contracts have done, tried on this one.
contract BatchSettlementAttacksTest is SettlementTest {
    address private constant STRANGER = address(0x57A46E4);
    uint40 private constant FOREVER = type(uint40).max;
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /* REPLAY: every field of every typed datum */

    struct Domain {
        string name;
        string version;
        uint256 chainId;
        address verifyingContract;
    }

    function _domain() private view returns (Domain memory) {
        return Domain("x402 Batch Settlement", "1", block.chainid, address(settlement));
    }

    function _digest(Domain memory domain, bytes32 structHash) private pure returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                DOMAIN_TYPEHASH,
                keccak256(bytes(domain.name)),
                keccak256(bytes(domain.version)),
                domain.chainId,
                domain.verifyingContract
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function _mutatedDomain(uint256 field, uint256 noise) private view returns (Domain memory domain) {
        domain = _domain();
        if (field == 0) domain.name = string(abi.encodePacked(noise));
        if (field == 1) domain.version = string(abi.encodePacked(noise));
        if (field == 2) domain.chainId ^= noise;
        if (field == 3) domain.verifyingContract = address(uint160(domain.verifyingContract) ^ uint160(noise));
    }

    function _mutatedConfig(uint256 field, uint256 noise) private view returns (ChannelConfig memory config) {
        config = chiChannel(1);
        address other = address(uint160(noise));
        if (field == 4) config.payer = address(uint160(config.payer) ^ uint160(other));
        if (field == 5) config.payerAuthorizer = address(uint160(config.payerAuthorizer) ^ uint160(other));
        if (field == 6) config.receiver = address(uint160(config.receiver) ^ uint160(other));
        if (field == 7) config.receiverAuthorizer = address(uint160(config.receiverAuthorizer) ^ uint160(other));
        if (field == 8) config.token = other;
        if (field == 9) config.withdrawDelay ^= uint40(noise);
        if (field == 10) config.salt ^= bytes32(noise);
    }

    function _channelId(Domain memory domain, ChannelConfig memory config) private view returns (bytes32) {
        return _digest(domain, keccak256(abi.encode(settlement.CHANNEL_CONFIG_TYPEHASH(), config)));
    }

    /// @dev 13 fields: the domain's four, the config's seven, the voucher's amount, and its type.
    function testFuzz_replay_noMutantOfAVoucherIsTaken(uint256 noise) public {
        noise |= 1;
        bytes32 id = open(chiChannel(1), 1000);
        for (uint256 field = 0; field < 13; ++field) {
            Domain memory domain = _mutatedDomain(field, noise);
            bytes32 signedId = _channelId(domain, _mutatedConfig(field, noise));
            uint128 signedAmount = field == 11 ? 500 ^ uint128(noise) : 500;
            bytes32 typehash = settlement.VOUCHER_TYPEHASH() ^ bytes32(field == 12 ? noise : 0);
            bytes32 digest = _digest(domain, keccak256(abi.encode(typehash, signedId, signedAmount)));
            VoucherClaim[] memory rows =
                one(VoucherClaim(Voucher(chiChannel(1), 500), signature(SESSION_KEY, digest), 500));
            bytes memory row = abi.encodePacked(
                payer, session, chiChannel(1).salt, uint128(500), compactSignature(SESSION_KEY, digest)
            );
            vm.startPrank(receiver);
            settlement.claim(rows);
            settlement.claimMany(receiver, receiver, address(0), DELAY, 0, row);
            vm.stopPrank();
            assertEq(claimedOf(id), 0, "a mutant was taken");
        }
        // The one that is not mutated is.
        claim(chiChannel(1), 500);
        assertEq(claimedOf(id), 500, "the original");
    }

    /// @dev A valid voucher shown with each field of its channel changed: another channel, which it does not fund.
    function testFuzz_replay_aVoucherCountsInItsOwnChannelOnly(uint256 noise) public {
        noise |= 1;
        open(chiChannel(1), 1000);
        bytes memory signed =
            signature(SESSION_KEY, settlement.getVoucherDigest(settlement.getChannelId(chiChannel(1)), 500));
        for (uint256 field = 4; field < 11; ++field) {
            ChannelConfig memory config = _mutatedConfig(field, noise);
            VoucherClaim[] memory rows = one(VoucherClaim(Voucher(config, 500), signed, 500));
            vm.prank(config.receiver);
            settlement.claim(rows);
            (uint128 earned,) = settlement.receivers(config.receiver, config.token);
            assertEq(earned, 0, "earned by a mutant channel");
        }
    }

    function testFuzz_replay_noMutantOfARefundIsTaken(uint256 noise) public {
        noise |= 1;
        bytes32 id = open(chiChannel(1), 1000);
        for (uint256 field = 0; field < 8; ++field) {
            bytes32 signedId = field == 4 ? id ^ bytes32(noise) : id;
            uint256 nonce = field == 5 ? noise : 0;
            uint128 amount = field == 6 ? 100 ^ uint128(noise) : 100;
            bytes32 typehash = settlement.REFUND_TYPEHASH() ^ bytes32(field == 7 ? noise : 0);
            bytes32 digest =
                _digest(_mutatedDomain(field, noise), keccak256(abi.encode(typehash, signedId, nonce, amount)));
            bytes memory permission = signature(RECEIVER_KEY, digest);
            vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
            settlement.refundWithSignature(chiChannel(1), 100, 0, permission);
        }
    }

    function testFuzz_replay_noMutantOfAClaimBatchIsTaken(uint256 noise) public {
        noise |= 1;
        bytes32 id = open(chiChannel(1), 1000);
        VoucherClaim[] memory rows = one(voucherClaim(chiChannel(1), 500, 400));
        for (uint256 field = 0; field < 9; ++field) {
            bytes32 entry = keccak256(
                abi.encode(
                    settlement.CLAIM_ENTRY_TYPEHASH() ^ bytes32(field == 7 ? noise : 0),
                    field == 4 ? id ^ bytes32(noise) : id,
                    field == 5 ? 500 ^ uint128(noise) : 500,
                    field == 6 ? 400 ^ uint128(noise) : 400
                )
            );
            bytes32 typehash = settlement.CLAIM_BATCH_TYPEHASH() ^ bytes32(field == 8 ? noise : 0);
            bytes32 structHash = keccak256(abi.encode(typehash, keccak256(abi.encodePacked(entry))));
            bytes memory permission = signature(RECEIVER_KEY, _digest(_mutatedDomain(field, noise), structHash));
            vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
            settlement.claimWithSignature(rows, permission);
        }
    }

    function testFuzz_replay_noMutantOfAnAllocationIsTaken(uint256 noise) public {
        noise |= 1;
        vm.prank(payer);
        settlement.fundReserve{value: 1000}(session);
        bytes32 id = settlement.getChannelId(chiChannel(1));
        for (uint256 field = 0; field < 9; ++field) {
            bytes32 structHash = keccak256(
                abi.encode(
                    settlement.ALLOCATION_TYPEHASH() ^ bytes32(field == 8 ? noise : 0),
                    field == 4 ? id ^ bytes32(noise) : id,
                    field == 5 ? 100 ^ uint128(noise) : 100,
                    field == 6 ? 7 ^ noise : 7,
                    field == 7 ? FOREVER ^ uint40(noise) : FOREVER
                )
            );
            bytes memory permission = signature(SESSION_KEY, _digest(_mutatedDomain(field, noise), structHash));
            vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
            settlement.allocate(chiChannel(1), 100, 7, FOREVER, permission);
        }
    }

    function testFuzz_replay_noMutantOfAGrantIsTaken(uint256 noise) public {
        noise |= 1;
        vm.prank(payer);
        settlement.fundReserve{value: 1000}(address(0));
        for (uint256 field = 0; field < 11; ++field) {
            bytes32 structHash = keccak256(
                abi.encode(
                    settlement.GRANT_TYPEHASH() ^ bytes32(field == 10 ? noise : 0),
                    field == 4 ? address(uint160(payer) ^ uint160(noise)) : payer,
                    field == 5 ? address(uint160(noise)) : address(0),
                    field == 6 ? address(uint160(session) ^ uint160(noise)) : session,
                    field == 7 ? 100 ^ uint128(noise) : 100,
                    field == 8 ? 7 ^ noise : 7,
                    field == 9 ? FOREVER ^ uint40(noise) : FOREVER
                )
            );
            bytes memory permission = signature(PAYER_KEY, _digest(_mutatedDomain(field, noise), structHash));
            vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
            settlement.grantReserve(payer, address(0), session, 100, 7, FOREVER, permission);
        }
    }

    function testFuzz_replay_noMutantOfAConditionalVoucherIsTaken(uint256 noise) public {
        noise |= 1;
        Switch condition = new Switch();
        condition.set(true);
        bytes32 id = open(chiChannel(1), 1000);
        for (uint256 field = 0; field < 9; ++field) {
            bytes32 structHash = keccak256(
                abi.encode(
                    settlement.CONDITIONAL_VOUCHER_TYPEHASH() ^ bytes32(field == 8 ? noise : 0),
                    field == 4 ? id ^ bytes32(noise) : id,
                    field == 5 ? 100 ^ uint128(noise) : 100,
                    field == 6 ? address(uint160(address(condition)) ^ uint160(noise)) : address(condition),
                    field == 7 ? bytes32(noise) : bytes32(0)
                )
            );
            bytes memory promised = signature(SESSION_KEY, _digest(_mutatedDomain(field, noise), structHash));
            vm.prank(receiver);
            vm.expectRevert(IBatchSettlement.BatchSettlement_BadSignature.selector);
            settlement.claimConditional(chiChannel(1), 100, ICondition(address(condition)), 0, promised);
        }
    }

    /* MALLEABILITY */

    /// @dev The same signature in other clothes never claims twice, nor anything when it is not one of the two accepted forms.
    /// hardhat-config: fuzz.runs = 10000
    function testFuzz_malleability_noFormCountsAsANewVoucher(uint128 amount, uint256 form, uint256 noise) public {
        amount = uint128(bound(amount, 1, 1e20));
        bytes32 id = open(chiChannel(1), 2e20);
        bytes32 digest = settlement.getVoucherDigest(id, amount);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SESSION_KEY, digest);
        bytes32 highS = bytes32(SECP256K1_N - uint256(s));
        bytes memory altered;
        form %= 10;
        if (form == 0) altered = abi.encodePacked(r, highS, v == 27 ? 28 : 27);
        if (form == 1) altered = abi.encodePacked(r, highS, v);
        if (form == 2) altered = abi.encodePacked(r, s, v - 27);
        if (form == 3) altered = abi.encodePacked(r, s, uint8(29 + noise % 200));
        if (form == 4) altered = abi.encodePacked(r, s, v, uint8(noise));
        if (form == 5) altered = abi.encodePacked(r, s, v == 27 ? 28 : 27);
        if (form == 6) altered = abi.encodePacked(r, bytes32(uint256(highS) | (uint256(28 - v) << 255)));
        if (form == 7) altered = abi.encodePacked(r, s, v + 2);
        unchecked {
            if (form == 8) altered = abi.encodePacked(bytes32(uint256(r) + SECP256K1_N), s, v);
        }
        if (form == 9) altered = abi.encodePacked(bytes16(r), bytes16(s));
        VoucherClaim[] memory rows = one(VoucherClaim(Voucher(chiChannel(1), amount), altered, amount));
        vm.prank(receiver);
        settlement.claim(rows);
        assertEq(claimedOf(id), 0, "an altered form was taken");
        // Both right forms are, and the second adds nothing.
        rows[0].signature = compactSignature(SESSION_KEY, digest);
        vm.prank(receiver);
        settlement.claim(rows);
        rows[0].signature = abi.encodePacked(r, s, v);
        vm.prank(receiver);
        settlement.claim(rows);
        assertEq(claimedOf(id), amount, "claimed once");
    }

    /* ZERO SIGNER */

    /// @dev Random bytes recover to zero or to nobody in particular; neither is the authorizer.
    /// hardhat-config: fuzz.runs = 10000
    function testFuzz_zeroSigner_noRandomSignatureIsTaken(bytes memory noise, bytes32 r, bytes32 s, bool long) public {
        bytes32 id = open(chiChannel(1), 1000);
        bytes memory forged = long ? noise : abi.encodePacked(r, s);
        VoucherClaim[] memory rows = one(VoucherClaim(Voucher(chiChannel(1), 500), forged, 500));
        bytes memory row = abi.encodePacked(payer, session, chiChannel(1).salt, uint128(500), r, s);
        vm.startPrank(receiver);
        settlement.claim(rows);
        settlement.claimMany(receiver, receiver, address(0), DELAY, 0, row);
        vm.stopPrank();
        assertEq(claimedOf(id), 0, "taken");
        (bool ok,) = address(settlement).call(
            abi.encodeCall(settlement.refundWithSignature, (chiChannel(1), 1, 0, forged))
        );
        assertTrue(!ok, "refunded");
    }

    /* STRANGERS */

    /// @dev Any function, any caller who is nobody here, arguments that would work for a party.
    /// hardhat-config: fuzz.runs = 10000
    function testFuzz_strangers_changeNothing(address caller, uint256 which, uint128 amount, bytes memory noise) public {
        vm.assume(caller != payer && caller != session && caller != receiver && caller.code.length == 0);
        vm.assume(caller != address(0) && caller != address(vm) && uint160(caller) > 20);
        bytes32 id = open(chiChannel(1), 1000);
        claim(chiChannel(1), 300);
        vm.startPrank(payer);
        settlement.initiateWithdraw(chiChannel(1), 200);
        settlement.fundReserve{value: 1000}(session);
        vm.stopPrank();
        vm.warp(START + DELAY);
        VoucherClaim[] memory rows = one(voucherClaim(chiChannel(1), 500, 500));
        bytes[14] memory calls = [
            abi.encodeCall(settlement.claim, (rows)),
            abi.encodeCall(settlement.claimWithSignature, (rows, noise)),
            abi.encodeCall(
                settlement.claimMany,
                (receiver, receiver, address(0), DELAY, bytes32(0), compactRow(chiChannel(1), 500, SESSION_KEY))
            ),
            abi.encodeCall(
                settlement.claimConditional, (chiChannel(1), 500, ICondition(address(this)), bytes32(0), noise)
            ),
            abi.encodeCall(settlement.initiateWithdraw, (chiChannel(1), amount)),
            abi.encodeCall(settlement.finalizeWithdraw, (chiChannel(1))),
            abi.encodeCall(settlement.refund, (chiChannel(1), amount)),
            abi.encodeCall(settlement.refundWithSignature, (chiChannel(1), amount, 0, noise)),
            abi.encodeCall(settlement.allocate, (chiChannel(1), amount, which, FOREVER, noise)),
            abi.encodeCall(settlement.withdrawReserve, (session, amount)),
            abi.encodeCall(settlement.grantReserve, (payer, session, caller, amount, which, FOREVER, noise)),
            abi.encodeCall(settlement.revokeSession, (session)),
            abi.encodeCall(settlement.deposit, (channel(address(this), 1), amount, caller, noise)),
            abi.encodeCall(settlement.settle, (receiver, address(0)))
        ];
        bytes32 before = _entitlements(id);
        which %= calls.length;
        bytes[] memory batch = new bytes[](1);
        batch[0] = calls[which];
        vm.prank(caller);
        (bool ok,) = address(settlement).call(amount % 2 == 0 ? calls[which] : abi.encodeCall(settlement.multicall, batch));
        // Only claims by the wrong caller (all rows skipped), one's own revocation and the payout of what is owed go through.
        assertTrue(!ok || which == 0 || which == 11 || which == 13, "obeyed");
        assertEq(_entitlements(id), before, "changed");
    }

    /// @dev All that either side holds or can take; what is owed to the receiver and what it has been paid are one sum.
    function _entitlements(bytes32 id) private view returns (bytes32) {
        (bool ok, bytes memory withdrawal) =
            address(settlement).staticcall(abi.encodeCall(settlement.pendingWithdrawals, (id)));
        assertTrue(ok, "read");
        (uint128 balance, uint128 claimed) = settlement.channels(id);
        (uint128 earned, uint128 settled) = settlement.receivers(receiver, address(0));
        (uint128 reserve, uint40 revokedAt) = settlement.reserves(payer, session);
        bytes memory chi = abi.encode(receiver.balance + earned - settled, payer.balance, settlement.refundNonce(id));
        return keccak256(abi.encode(withdrawal, balance, claimed, earned, reserve, revokedAt, chi));
    }

    /* ODD TOKENS AND REENTRANCY */

    /// @dev A whole life of two channels in a token that misbehaves. Whatever happens, what is owed in it is there.
    function _live(PlainToken token, uint256 seed) private {
        address collector = address(new PullCollector());
        token.mint(payer, type(uint120).max);
        for (uint256 i = 0; i < 10; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            uint256 verb = i < 2 ? 0 : (dice >> 8) % 7;
            if (verb == 4) vm.warp(START + (i + 1) * DELAY);
            // Two channels: what one is short of must not come from the other.
            bytes memory call = _deed(channel(address(token), dice % 2), verb, dice >> 16, collector);
            vm.prank(verb == 1 || verb > 4 ? receiver : payer);
            (bool ok,) = address(settlement).call(call);
            // Some deeds are refused; none may leave less than is owed.
            ok;
            assertTrue(token.balanceOf(address(settlement)) >= _owed(token), "owed is there");
        }
    }

    function _deed(ChannelConfig memory config, uint256 verb, uint256 dice, address collector)
        private
        view
        returns (bytes memory)
    {
        (uint128 balance, uint128 claimed) = settlement.channels(settlement.getChannelId(config));
        uint128 amount = uint128(1 + dice % 1e18);
        uint128 some = uint128(dice % (balance - claimed + 1));
        if (verb == 0) return abi.encodeCall(settlement.deposit, (config, amount, collector, ""));
        if (verb == 1) {
            return abi.encodeCall(settlement.claim, (one(voucherClaim(config, claimed + some, claimed + some))));
        }
        if (verb == 2) return abi.encodeCall(settlement.settle, (receiver, config.token));
        if (verb == 3) return abi.encodeCall(settlement.initiateWithdraw, (config, some));
        if (verb == 4) return abi.encodeCall(settlement.finalizeWithdraw, (config));
        if (verb == 5) return abi.encodeCall(settlement.refund, (config, amount));
        bytes memory row = compactRow(config, balance, SESSION_KEY);
        return abi.encodeCall(settlement.claimMany, (receiver, receiver, config.token, DELAY, 0, row));
    }

    function _owed(PlainToken token) private view returns (uint256 owed) {
        for (uint256 salt = 0; salt < 2; ++salt) {
            (uint128 balance, uint128 claimed) = settlement.channels(settlement.getChannelId(channel(address(token), salt)));
            owed += balance - claimed;
        }
        (uint128 earned, uint128 settled) = settlement.receivers(receiver, address(token));
        owed += earned - settled;
    }

    /// hardhat-config: fuzz.runs = 10000
    function testFuzz_tokens_noReturn(uint256 seed) public {
        NoReturnToken token = new NoReturnToken();
        _live(token, seed);
    }

    /// hardhat-config: fuzz.runs = 10000
    function testFuzz_tokens_noRevert(uint256 seed) public {
        NoRevertToken token = new NoRevertToken();
        token.setRefuses(seed % 2 == 0);
        _live(token, seed);
    }

    /// hardhat-config: fuzz.runs = 10000
    function testFuzz_tokens_feeOnTransfer(uint256 seed) public {
        _live(new FeeToken(), seed);
    }

    /// hardhat-config: fuzz.runs = 10000
    function testFuzz_tokens_reentering(uint256 seed) public {
        ReenteringToken token = new ReenteringToken();
        PullCollector collector = new PullCollector();
        ChannelConfig memory config = channel(address(token), seed % 2);
        bytes[5] memory calls = [
            abi.encodeCall(settlement.deposit, (config, 1e18, address(collector), "")),
            abi.encodeCall(settlement.settle, (receiver, address(token))),
            abi.encodeCall(settlement.finalizeWithdraw, (config)),
            abi.encodeCall(settlement.refund, (config, 1e18)),
            abi.encodeCall(settlement.claim, (one(voucherClaim(config, 1e18, 1e18))))
        ];
        token.arm(address(settlement), calls[(seed >> 8) % 5]);
        _live(token, seed);
    }

    /// @dev Where the token is nothing, or says no, the money stays owed.
    function test_tokens_aRefusalLosesNothing() public {
        NoRevertToken token = new NoRevertToken();
        PullCollector collector = new PullCollector();
        token.mint(payer, 1000);
        settlement.deposit(channel(address(token), 1), 1000, address(collector), "");
        claim(channel(address(token), 1), 600);
        token.setRefuses(true);
        vm.expectRevert(
            abi.encodeWithSelector(
                IBatchSettlement.BatchSettlement_TransferFailed.selector, address(token), receiver, 600
            )
        );
        settlement.settle(receiver, address(token));
        token.setRefuses(false);
        settlement.settle(receiver, address(token));
        assertEq(token.balanceOf(receiver), 600, "paid at last");
    }

    function test_tokens_aPauseLosesNothing() public {
        PausableToken token = new PausableToken();
        PullCollector collector = new PullCollector();
        token.mint(payer, 1000);
        settlement.deposit(channel(address(token), 1), 1000, address(collector), "");
        token.setPaused(true);
        claim(channel(address(token), 1), 600);
        vm.expectRevert(
            abi.encodeWithSelector(
                IBatchSettlement.BatchSettlement_TransferFailed.selector, address(token), receiver, 600
            )
        );
        settlement.settle(receiver, address(token));
        token.setPaused(false);
        settlement.settle(receiver, address(token));
        assertEq(token.balanceOf(receiver), 600, "paid at last");
    }

    /// @dev A payer that calls back while it is being paid back gets no more than its own, whatever it calls.
    function testFuzz_reentrancy_aPayerGetsItsOwnAndNoMore(uint256 which, uint128 mine, uint128 other) public {
        mine = uint128(bound(mine, 2, 1e20));
        other = uint128(bound(other, 1, 1e20));
        Reenterer attacker = new Reenterer();
        vm.deal(address(attacker), uint256(mine) * 2);
        open(chiChannel(9), other);
        ChannelConfig memory config = chiChannel(1);
        config.payer = address(attacker);
        ChannelConfig[] memory configs = new ChannelConfig[](1);
        uint128[] memory amounts = new uint128[](1);
        (configs[0], amounts[0]) = (config, mine);
        attacker.execute(address(settlement), mine, abi.encodeCall(settlement.openMany, (configs, amounts)));
        attacker.execute(address(settlement), mine, abi.encodeCall(settlement.fundReserve, (session)));
        attacker.execute(address(settlement), 0, abi.encodeCall(settlement.initiateWithdraw, (config, mine)));
        vm.warp(START + DELAY);
        bytes[4] memory calls = [
            abi.encodeCall(settlement.finalizeWithdraw, (config)),
            abi.encodeCall(settlement.withdrawReserve, (session, mine)),
            abi.encodeCall(settlement.initiateWithdraw, (config, mine)),
            abi.encodeCall(settlement.refund, (config, mine))
        ];
        attacker.arm(address(settlement), calls[which % 4]);
        if (which % 2 == 0) {
            attacker.execute(address(settlement), 0, calls[0]);
        } else {
            attacker.execute(address(settlement), 0, calls[1]);
        }
        assertTrue(address(attacker).balance <= uint256(mine) * 2, "no more than its own");
        assertTrue(address(settlement).balance >= other, "the other's is untouched");
    }
}
