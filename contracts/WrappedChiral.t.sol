// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {WrappedChiral} from "./WrappedChiral.sol";
import {IWrappedChiral} from "./interfaces/IWrappedChiral.sol";
import {InvariantTest} from "./test/InvariantTest.sol";
import {Test} from "./test/Test.sol";
import {Refuser} from "./test/mocks/Accounts.sol";

contract WrappedChiralTest is Test {
    WrappedChiral private token;
    uint256 private constant KEY = 0xA11CE;
    address private alice = vm.addr(KEY);
    address private constant BOB = address(0xB0B);
    uint40 private constant START = 1_700_000_000;

    function setUp() public {
        token = WrappedChiral(payable(deployed("WrappedChiral")));
        vm.warp(START);
        vm.deal(alice, 1e30);
        vm.prank(alice);
        token.deposit{value: 1000}();
    }

    function testFuzz_wrap_isOneToOne(uint96 amount, uint96 back) public {
        vm.deal(BOB, amount);
        vm.prank(BOB);
        (bool ok,) = address(token).call{value: amount}("");
        assertTrue(ok, "receive");
        back = uint96(bound(back, 0, amount));
        vm.prank(BOB);
        token.withdraw(back);
        assertEq(token.balanceOf(BOB), amount - back, "tokens");
        assertEq(BOB.balance, back, "chi");
        assertEq(address(token).balance, token.totalSupply(), "backed");
    }

    function test_withdraw_revertsWhen_refused() public {
        Refuser refuser = new Refuser();
        vm.prank(alice);
        token.transfer(address(refuser), 5);
        vm.expectRevert(
            abi.encodeWithSelector(IWrappedChiral.WrappedChiral_TransferFailed.selector, address(refuser), 5)
        );
        refuser.execute(address(token), abi.encodeCall(token.withdraw, (5)));
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
    }

    function _authorization(bytes32 typehash, address to, uint256 value, bytes32 nonce) private view returns (bytes32) {
        return _digest(keccak256(abi.encode(typehash, alice, to, value, START - 1, START + 1, nonce)));
    }

    function testFuzz_transferWithAuthorization_bothForms(uint256 value, bytes32 nonce, bool split) public {
        value = bound(value, 0, 1000);
        bytes32 digest = _authorization(token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), BOB, value, nonce);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        if (split) {
            token.transferWithAuthorization(alice, BOB, value, START - 1, START + 1, nonce, v, r, s);
        } else {
            bytes memory signed = signature(KEY, digest);
            token.transferWithAuthorization(alice, BOB, value, START - 1, START + 1, nonce, signed);
        }
        assertEq(token.balanceOf(BOB), value, "moved");
        assertTrue(token.authorizationState(alice, nonce), "used");
        vm.expectRevert(abi.encodeWithSelector(IWrappedChiral.WrappedChiral_NonceUsed.selector, nonce));
        token.transferWithAuthorization(alice, BOB, value, START - 1, START + 1, nonce, v, r, s);
    }

    function testFuzz_receiveWithAuthorization_bothForms(uint256 value, bytes32 nonce, bool split) public {
        value = bound(value, 0, 1000);
        bytes32 digest = _authorization(token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(), BOB, value, nonce);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        bytes memory signed = signature(KEY, digest);
        vm.expectRevert(abi.encodeWithSelector(IWrappedChiral.WrappedChiral_NotPayee.selector, address(this)));
        token.receiveWithAuthorization(alice, BOB, value, START - 1, START + 1, nonce, v, r, s);
        vm.expectRevert(abi.encodeWithSelector(IWrappedChiral.WrappedChiral_NotPayee.selector, address(this)));
        token.receiveWithAuthorization(alice, BOB, value, START - 1, START + 1, nonce, signed);
        vm.prank(BOB);
        if (split) token.receiveWithAuthorization(alice, BOB, value, START - 1, START + 1, nonce, v, r, s);
        else token.receiveWithAuthorization(alice, BOB, value, START - 1, START + 1, nonce, signed);
        assertEq(token.balanceOf(BOB), value, "moved");
    }

    function test_authorization_hasItsTime() public {
        bytes memory signed = signature(KEY, _authorization(token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), BOB, 1, 0));
        vm.warp(START - 1);
        vm.expectRevert(abi.encodeWithSelector(IWrappedChiral.WrappedChiral_NotYetValid.selector, START - 1));
        token.transferWithAuthorization(alice, BOB, 1, START - 1, START + 1, 0, signed);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IWrappedChiral.WrappedChiral_Expired.selector, START + 1));
        token.transferWithAuthorization(alice, BOB, 1, START - 1, START + 1, 0, signed);
    }

    function test_cancelAuthorization_bothForms() public {
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 nonce = bytes32(i);
            bytes32 digest = _digest(keccak256(abi.encode(token.CANCEL_AUTHORIZATION_TYPEHASH(), alice, nonce)));
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
            if (i == 0) token.cancelAuthorization(alice, nonce, v, r, s);
            else token.cancelAuthorization(alice, nonce, signature(KEY, digest));
            assertTrue(token.authorizationState(alice, nonce), "cancelled");
        }
    }

    /// @dev Six fields, the type, and the four of the domain: none can differ from what was signed.
    function testFuzz_authorization_noMutantIsTaken(uint256 noise) public {
        noise |= 1;
        bytes32 separator = token.DOMAIN_SEPARATOR();
        for (uint256 field = 0; field < 9; ++field) {
            bytes32 structHash = keccak256(
                abi.encode(
                    token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH() ^ bytes32(field == 0 ? noise : 0),
                    field == 1 ? address(uint160(alice) ^ uint160(noise)) : alice,
                    field == 2 ? address(uint160(BOB) ^ uint160(noise)) : BOB,
                    field == 3 ? 7 ^ noise : 7,
                    field == 4 ? noise : 0,
                    type(uint256).max - 1 - (field == 5 ? noise >> 1 | 1 : 0),
                    field == 6 ? bytes32(noise) : bytes32(0)
                )
            );
            bytes32 domain = separator ^ bytes32(field == 7 ? noise : 0);
            bytes memory signed =
                signature(field == 8 ? 0xBAD : KEY, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
            vm.expectRevert(IWrappedChiral.WrappedChiral_BadSignature.selector);
            token.transferWithAuthorization(alice, BOB, 7, 0, type(uint256).max - 1, 0, signed);
        }
        bytes32 r = bytes32(noise);
        vm.expectRevert(IWrappedChiral.WrappedChiral_BadSignature.selector);
        token.transferWithAuthorization(address(0), BOB, 0, 0, type(uint256).max, 0, 27, 0, r);
    }

    function testFuzz_permit(uint256 value) public {
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 digest = _digest(keccak256(abi.encode(typehash, alice, BOB, value, 0, START)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        token.permit(alice, BOB, value, START, v, r, s);
        assertEq(token.allowance(alice, BOB), value, "allowed");
    }
}

/// @dev Three holders wrap, unwrap and pay each other in any order.
contract WrappedHandler is Test {
    WrappedChiral public immutable token = WrappedChiral(payable(deployed("WrappedChiral")));

    /// @dev All CHI is given here: a run that reverts an action takes back what `deal` gave in the ones before.
    constructor() {
        vm.deal(address(this), 1e33);
        for (uint256 i = 0; i < 3; ++i) {
            vm.deal(holder(i), 1e33);
        }
    }

    function holder(uint256 i) public pure returns (address) {
        return address(uint160(0xA000 + i % 3));
    }

    function wrap(uint256 who, uint96 amount, bool plain) external {
        vm.prank(holder(who));
        (bool ok,) = address(token).call{value: amount}(plain ? bytes("") : abi.encodeCall(token.deposit, ()));
        assertTrue(ok, "wrap");
    }

    function unwrap(uint256 who, uint256 amount) external {
        amount = bound(amount, 0, token.balanceOf(holder(who)));
        vm.prank(holder(who));
        token.withdraw(amount);
    }

    function pay(uint256 who, uint256 to, uint256 amount) external {
        amount = bound(amount, 0, token.balanceOf(holder(who)));
        vm.prank(holder(who));
        token.transfer(holder(to), amount);
    }

    /// @dev CHI sent by force, as a miner or a dying contract can, belongs to nobody and must upset nothing.
    function force(uint64 amount) external {
        new Bomb{value: amount}(payable(address(token)));
    }
}

/// @dev Gives its CHI to whom it likes, asked or not.
contract Bomb {
    constructor(address payable to) payable {
        selfdestruct(to);
    }
}

contract WrappedChiralInvariantsTest is InvariantTest {
    WrappedHandler private handler;

    function setUp() public {
        handler = new WrappedHandler();
        target = address(handler);
    }

    function invariant_everyTokenIsBacked() public view {
        WrappedChiral token = handler.token();
        assertTrue(address(token).balance >= token.totalSupply(), "backed");
        uint256 sum;
        for (uint256 i = 0; i < 3; ++i) {
            sum += token.balanceOf(handler.holder(i));
        }
        assertEq(sum, token.totalSupply(), "supply");
    }
}
