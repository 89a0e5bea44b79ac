// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Payments} from "./Payments.sol";
import {Download, IPayments} from "./interfaces/IPayments.sol";
import {InvariantTest} from "./test/InvariantTest.sol";
import {Test} from "./test/Test.sol";
import {Babbler, GasBurner, Reenterer, Refuser} from "./test/mocks/Accounts.sol";

contract PaymentsTest is Test {
    Payments private payments;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    bytes32 private constant ROOT = keccak256("content");

    function setUp() public {
        payments = Payments(deployed("Payments"));
        vm.deal(address(this), 1e30);
    }

    function _row(address payee, uint128 amount, uint32 chunks, uint8 protocol) private pure returns (bytes memory) {
        return abi.encodePacked(payee, amount, chunks, protocol);
    }

    function _one(bytes memory rows) private pure returns (Download[] memory downloads) {
        downloads = new Download[](1);
        downloads[0] = Download(ROOT, rows);
    }

    function testFuzz_pay_everyPayeeGetsItsAmount(uint128[8] memory amounts, uint8 protocol) public {
        bytes memory rows;
        uint256 sum;
        for (uint256 i = 0; i < 8; ++i) {
            amounts[i] = uint128(bound(amounts[i], 0, 1e20));
            rows = abi.encodePacked(rows, _row(address(uint160(0xABC000 + i)), amounts[i], uint32(i), protocol));
            sum += amounts[i];
        }
        vm.expectEmit(address(payments));
        emit IPayments.Paid(address(this), ROOT, rows);
        payments.payMany{value: sum}(_one(rows));
        for (uint256 i = 0; i < 8; ++i) {
            assertEq(address(uint160(0xABC000 + i)).balance, amounts[i], "paid");
        }
        assertEq(address(payments).balance, 0, "nothing stays");
    }

    function test_pay_manyContents() public {
        Download[] memory downloads = new Download[](2);
        downloads[0] = Download(ROOT, _row(ALICE, 5, 1, 1));
        downloads[1] = Download(keccak256("other"), abi.encodePacked(_row(ALICE, 6, 1, 2), _row(BOB, 7, 1, 3)));
        payments.payMany{value: 18}(downloads);
        assertEq(ALICE.balance, 11, "alice");
        assertEq(BOB.balance, 7, "bob");
    }

    function testFuzz_pay_revertsWhen_theSumIsNotTheValue(uint64 amount, uint64 value) public {
        vm.assume(amount != value);
        Download[] memory downloads = _one(_row(ALICE, amount, 1, 1));
        vm.expectRevert(abi.encodeWithSelector(IPayments.Payments_ValueMismatch.selector, value, amount));
        payments.payMany{value: value}(downloads);
    }

    function test_pay_revertsWhen_rowsAreBroken() public {
        vm.expectRevert(abi.encodeWithSelector(IPayments.Payments_BadRows.selector, 0));
        payments.payMany(_one(""));
        vm.expectRevert(abi.encodeWithSelector(IPayments.Payments_BadRows.selector, 42));
        payments.payMany(_one(new bytes(42)));
    }

    /// @dev Whatever a payee does with its turn, the others are paid and it can fetch its money later.
    function test_pay_aBadPayeeBlocksNobody() public {
        address[4] memory bad = [
            address(new Refuser()), address(new GasBurner()), address(new Babbler()), address(new Refuser())
        ];
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory rows = abi.encodePacked(_row(bad[i], 10, 1, 1), _row(ALICE, 20, 1, 1));
            vm.expectEmit(address(payments));
            emit IPayments.Credited(bad[i], 10);
            payments.payMany{value: 30}(_one(rows));
            assertEq(payments.credits(bad[i]), 10, "credited");
        }
        assertEq(ALICE.balance, 80, "paid");
        assertEq(address(payments).balance, 40, "held for them");
    }

    function test_withdraw_isForTheCreditedOnly() public {
        Refuser refuser = new Refuser();
        payments.payMany{value: 10}(_one(_row(address(refuser), 10, 1, 1)));
        vm.expectRevert(abi.encodeWithSelector(IPayments.Payments_NoCredit.selector, address(this)));
        payments.withdraw(address(this));
        vm.expectRevert(
            abi.encodeWithSelector(IPayments.Payments_TransferFailed.selector, address(refuser), 10)
        );
        refuser.execute(address(payments), abi.encodeCall(payments.withdraw, (address(refuser))));
        refuser.execute(address(payments), abi.encodeCall(payments.withdraw, (BOB)));
        assertEq(BOB.balance, 10, "fetched");
        assertEq(payments.credits(address(refuser)), 0, "once");
    }

    /// @dev A payee that calls payMany or withdraw in its turn takes nothing that is not its own.
    function testFuzz_reentrancy(uint64 theirs, bool viaWithdraw) public {
        Refuser refuser = new Refuser();
        payments.payMany{value: 1000}(_one(_row(address(refuser), 1000, 1, 1)));
        Reenterer thief = new Reenterer();
        bytes memory call = viaWithdraw
            ? abi.encodeCall(payments.withdraw, (address(thief)))
            : abi.encodeCall(payments.payMany, (_one(_row(address(thief), 1, 1, 1))));
        thief.arm(address(payments), call);
        payments.payMany{value: theirs}(_one(_row(address(thief), theirs, 1, 1)));
        assertTrue(address(thief).balance + payments.credits(address(thief)) == theirs, "no more than its own");
        assertTrue(address(payments).balance >= payments.credits(address(refuser)), "credits are covered");
    }
}

/// @dev Four payees that now take their money and now refuse it, paid and paid out in any order.
contract PaymentsHandler is Test {
    Payments public immutable payments = Payments(deployed("Payments"));
    Refuser[4] private payees;
    /// @dev All that was ever paid in, and all that payees got.
    uint256 public paidIn;

    constructor() {
        vm.deal(address(this), 1e33);
        for (uint256 i = 0; i < 4; ++i) {
            payees[i] = new Refuser();
        }
    }

    function setTakes(uint256 i, bool takes) external {
        payees[i % 4].setTakes(takes);
    }

    function pay(uint256 first, uint256 second, uint96 one_, uint96 other) external {
        bytes memory rows = abi.encodePacked(
            address(payees[first % 4]), uint128(one_), uint32(1), uint8(1), address(payees[second % 4]), uint128(other), uint32(2), uint8(5)
        );
        Download[] memory downloads = new Download[](1);
        downloads[0] = Download(keccak256("content"), rows);
        payments.payMany{value: uint256(one_) + other}(downloads);
        paidIn += uint256(one_) + other;
    }

    function withdraw(uint256 from, uint256 to) external {
        Refuser payee = payees[from % 4];
        try payee.execute(address(payments), abi.encodeCall(payments.withdraw, (address(payees[to % 4])))) {} catch {}
    }

    /// @dev What payees hold, and what they may still fetch.
    function sums() external view returns (uint256 got, uint256 credited) {
        for (uint256 i = 0; i < 4; ++i) {
            got += address(payees[i]).balance;
            credited += payments.credits(address(payees[i]));
        }
    }
}

contract PaymentsInvariantsTest is InvariantTest {
    PaymentsHandler private handler;

    function setUp() public {
        handler = new PaymentsHandler();
        target = address(handler);
    }

    /// hardhat-config: invariant.runs = 100
    function invariant_whatIsHeldIsCredited() public view {
        (, uint256 credited) = handler.sums();
        assertEq(address(handler.payments()).balance, credited, "held");
    }

    function invariant_everyPayeeHasOrCanFetchWhatWasPaid() public view {
        (uint256 got, uint256 credited) = handler.sums();
        assertEq(got + credited, handler.paidIn(), "paid in");
    }
}
