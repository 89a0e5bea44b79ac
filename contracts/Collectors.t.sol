// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BatchSettlement} from "./BatchSettlement.sol";
import {Multicall3} from "./Multicall3.sol";
import {WrappedChiral} from "./WrappedChiral.sol";
import {DepositCollector} from "./collectors/DepositCollector.sol";
import {ERC3009DepositCollector} from "./collectors/ERC3009DepositCollector.sol";
import {Permit2DepositCollector} from "./collectors/Permit2DepositCollector.sol";
import {ChannelConfig} from "./interfaces/IBatchSettlement.sol";
import {IMulticall3} from "./interfaces/IMulticall3.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {SettlementTest} from "./test/SettlementTest.sol";
import {ContractWallet, LyingWallet, SignaturesHarness} from "./test/mocks/Accounts.sol";
import {Permit2Double} from "./test/mocks/Permit2Double.sol";
import {NoRevertToken} from "./test/mocks/Tokens.sol";

/// @dev Deposits by signature, with everything where the standard puts it; and the small parts beside them.
contract CollectorsTest is SettlementTest {
    address private constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    ERC3009DepositCollector private erc3009;
    Permit2DepositCollector private permit2;
    WrappedChiral private token;

    function setUp() public override {
        super.setUp();
        address standard = 0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003;
        vm.etch(standard, address(settlement).code);
        settlement = BatchSettlement(standard);
        vm.etch(PERMIT2, address(new Permit2Double()).code);
        erc3009 = ERC3009DepositCollector(deployed("ERC3009DepositCollector"));
        permit2 = Permit2DepositCollector(deployed("Permit2DepositCollector"));
        token = WrappedChiral(payable(deployed("WrappedChiral")));
        vm.prank(payer);
        token.deposit{value: 1e24}();
    }

    function _config() private view returns (ChannelConfig memory) {
        return channel(address(token), 1);
    }

    /* ERC-3009 */

    function _authorization(bytes32 channelId, uint256 salt, uint256 value) private view returns (bytes memory) {
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        bytes32 structHash = keccak256(
            abi.encode(
                token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                payer,
                address(erc3009),
                value,
                0,
                type(uint256).max,
                nonce
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        return abi.encode(0, type(uint256).max, salt, signature(PAYER_KEY, digest));
    }

    function testFuzz_erc3009_depositsIntoTheChannelThatWasSigned(uint128 amount, uint256 salt) public {
        amount = uint128(bound(amount, 1, 1e24));
        bytes32 id = settlement.getChannelId(_config());
        bytes memory data = _authorization(id, salt, amount);
        ChannelConfig memory other = channel(address(token), 2);
        vm.expectRevert();
        settlement.deposit(other, amount, address(erc3009), data);
        settlement.deposit(_config(), amount, address(erc3009), data);
        assertEq(balanceOf(id), amount, "deposited");
        vm.expectRevert();
        settlement.deposit(_config(), amount, address(erc3009), data);
    }

    function test_erc3009_revertsWhen_theTokenKeepsTheMoney() public {
        StubbornToken stubborn = new StubbornToken();
        stubborn.setRefuses(true);
        stubborn.mint(payer, 10);
        vm.expectRevert(
            abi.encodeWithSelector(
                ERC3009DepositCollector.ERC3009DepositCollector_TransferFailed.selector, address(stubborn), 10
            )
        );
        settlement.deposit(channel(address(stubborn), 1), 10, address(erc3009), abi.encode(0, 0, 0, bytes("")));
    }

    function test_collectors_serveBatchSettlementOnly() public {
        bytes memory expected =
            abi.encodeWithSelector(DepositCollector.DepositCollector_NotSettlement.selector, address(this));
        vm.expectRevert(expected);
        erc3009.collect(payer, address(token), 1, 0, "");
        vm.expectRevert(expected);
        permit2.collect(payer, address(token), 1, 0, "");
    }

    /* PERMIT2 */

    function _permit2(bytes32 channelId, uint256 nonce, uint256 value, bytes memory permit)
        private
        view
        returns (bytes memory)
    {
        bytes32 typehash = keccak256(
            "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,DepositWitness witness)DepositWitness(bytes32 channelId)TokenPermissions(address token,uint256 amount)"
        );
        bytes32 permissions = keccak256(
            abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), address(token), value)
        );
        bytes32 witness = keccak256(abi.encode(permit2.WITNESS_TYPEHASH(), channelId));
        bytes32 structHash =
            keccak256(abi.encode(typehash, permissions, address(permit2), nonce, type(uint256).max, witness));
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Permit2"),
                block.chainid,
                PERMIT2
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, structHash));
        return abi.encode(nonce, type(uint256).max, signature(PAYER_KEY, digest), permit);
    }

    function _permit(uint256 value, uint256 key) private view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                payer,
                PERMIT2,
                value,
                token.nonces(payer),
                type(uint256).max
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encode(value, type(uint256).max, v, r, s);
    }

    function testFuzz_permit2_depositsIntoTheChannelThatWasSigned(uint128 amount, uint256 nonce) public {
        amount = uint128(bound(amount, 1, 1e24));
        vm.prank(payer);
        token.approve(PERMIT2, type(uint256).max);
        bytes32 id = settlement.getChannelId(_config());
        bytes memory data = _permit2(id, nonce, amount, "");
        ChannelConfig memory other = channel(address(token), 2);
        vm.expectRevert();
        settlement.deposit(other, amount, address(permit2), data);
        settlement.deposit(_config(), amount, address(permit2), data);
        assertEq(balanceOf(id), amount, "deposited");
        vm.expectRevert();
        settlement.deposit(_config(), amount, address(permit2), data);
    }

    function test_permit2_takesAPermitOnTheWay() public {
        bytes32 id = settlement.getChannelId(_config());
        bytes memory data = _permit2(id, 1, 50, _permit(50, PAYER_KEY));
        settlement.deposit(_config(), 50, address(permit2), data);
        assertEq(balanceOf(id), 50, "no approval before");
    }

    function test_permit2_goesOnWithoutThePermitWhenItIsRefused() public {
        vm.prank(payer);
        token.approve(PERMIT2, 50);
        bytes32 id = settlement.getChannelId(_config());
        bytes memory data = _permit2(id, 1, 50, _permit(50, RECEIVER_KEY));
        vm.expectEmit(address(permit2));
        emit Permit2DepositCollector.PermitRefused(address(token), payer);
        settlement.deposit(_config(), 50, address(permit2), data);
        assertEq(balanceOf(id), 50, "the allowance was there");
    }

    function test_permit2_revertsWhen_thePermitIsForAnotherAmount() public {
        bytes memory data = _permit2(settlement.getChannelId(_config()), 1, 50, _permit(51, PAYER_KEY));
        vm.expectRevert(
            abi.encodeWithSelector(Permit2DepositCollector.Permit2DepositCollector_PermitMismatch.selector, 51, 50)
        );
        settlement.deposit(_config(), 50, address(permit2), data);
    }

    /* SIGNATURES */

    function test_signatures_ofContractsAreTheirWord() public {
        SignaturesHarness harness = new SignaturesHarness();
        bytes32 digest = keccak256("x");
        bytes memory signed = signature(PAYER_KEY, digest);
        assertTrue(harness.isSignedBy(payer, digest, signed), "an account's");
        assertTrue(!harness.isSignedBy(receiver, digest, signed), "another's");
        assertTrue(!harness.isSignedBy(address(0), digest, ""), "nobody's");
        assertTrue(harness.isSignedBy(address(new ContractWallet(payer)), digest, signed), "a wallet's");
        LyingWallet liar = new LyingWallet();
        bytes4 yes = 0x1626ba7e;
        bytes[6] memory answers = [
            bytes(""),
            abi.encodePacked(yes),
            abi.encode(bytes4(0xffffffff)),
            abi.encodePacked(yes, bytes28(uint224(1))),
            abi.encode(true),
            abi.encode(uint256(uint32(yes)))
        ];
        for (uint256 i = 0; i < answers.length; ++i) {
            liar.set(answers[i], false);
            assertTrue(!harness.isSignedBy(address(liar), digest, signed), "an answer that is not the word");
        }
        liar.set(abi.encode(yes), true);
        assertTrue(!harness.isSignedBy(address(liar), digest, signed), "the word in a revert");
        liar.set(abi.encode(yes), false);
        assertTrue(harness.isSignedBy(address(liar), digest, signed), "the word");
    }

    function test_signatures_haveOneFormForEachLength() public {
        SignaturesHarness harness = new SignaturesHarness();
        bytes32 digest = keccak256("x");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, digest);
        bytes32 highS = bytes32(SECP256K1_N - uint256(s));
        uint256 parity = uint256(v - 27) << 255;
        assertEq(harness.recover(digest, abi.encodePacked(r, s, v)), payer, "65 bytes");
        assertEq(harness.recover(digest, abi.encodePacked(r, uint256(s) | parity)), payer, "64 bytes");
        assertEq(harness.recover(digest, abi.encodePacked(r, highS, uint8(55 - v))), address(0), "high s");
        // 64 bytes keep 255 bits of s. What a high s leaves in them is another s, and so another signer; one that is still
        // above half the order names nobody.
        uint256 other = uint256(highS) | (parity ^ (1 << 255));
        assertTrue(harness.recover(digest, abi.encodePacked(r, other)) != payer, "high s in 64 bytes");
        for (uint256 above = 1; above < 3; ++above) {
            uint256 justHigh = SECP256K1_N / 2 + above;
            assertEq(harness.recover(digest, abi.encodePacked(r, justHigh)), address(0), "s above half the order");
            assertEq(harness.recover(digest, abi.encodePacked(r, justHigh | (1 << 255))), address(0), "and odd");
        }
        assertTrue(harness.recover(digest, abi.encodePacked(r, bytes32(SECP256K1_N / 2))) != address(0), "the highest low s");
        assertEq(harness.recover(digest, abi.encodePacked(r, s, v - 27)), address(0), "v of 0 or 1");
        assertEq(harness.recover(digest, abi.encodePacked(r, s, v, v)), address(0), "66 bytes");
    }

    /* MULTICALL3 */

    function test_multicall3_failsAsItIsTold() public {
        Multicall3 multicall = Multicall3(deployed("Multicall3"));
        IMulticall3.Call[] memory calls = new IMulticall3.Call[](2);
        calls[0] = IMulticall3.Call(address(token), abi.encodeCall(token.balanceOf, (payer)));
        calls[1] = IMulticall3.Call(address(token), "");
        calls[1].callData = abi.encodeCall(token.withdraw, (1));
        IMulticall3.Result[] memory results = multicall.tryAggregate(false, calls);
        assertTrue(results[0].success && !results[1].success, "one failed");
        assertEq(abi.decode(results[0].returnData, (uint256)), 1e24, "answer");
        vm.expectRevert(abi.encodeWithSelector(IMulticall3.Multicall3_CallFailed.selector, 1));
        multicall.tryAggregate(true, calls);
        IMulticall3.Call3[] memory calls3 = new IMulticall3.Call3[](2);
        calls3[0] = IMulticall3.Call3(calls[0].target, false, calls[0].callData);
        calls3[1] = IMulticall3.Call3(calls[1].target, true, calls[1].callData);
        results = multicall.aggregate3(calls3);
        assertTrue(results[0].success && !results[1].success, "one failed");
        calls3[1].allowFailure = false;
        vm.expectRevert(abi.encodeWithSelector(IMulticall3.Multicall3_CallFailed.selector, 1));
        multicall.aggregate3(calls3);
    }
}

/// @dev Takes money by authorization and will not give it on.
contract StubbornToken is NoRevertToken {
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256,
        uint256,
        bytes32,
        bytes calldata
    ) external {
        _move(from, to, value);
    }
}
