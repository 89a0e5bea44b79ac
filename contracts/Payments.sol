// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Download, IPayments} from "./interfaces/IPayments.sol";

/// @title Payments
/// @notice See IPayments.
contract Payments is IPayments {
    /* CONSTANTS */

    /// @dev Bytes of one row: 20 + 16 + 4 + 1.
    uint256 private constant ROW_BYTES = 41;
    /// @dev Enough for the receive function of a contract wallet, too little to make the others' payments fail.
    uint256 private constant PAYEE_GAS = 30_000;

    /* STORAGE */

    /// @inheritdoc IPayments
    mapping(address payee => uint256) public credits;

    /* PAY */

    /// @inheritdoc IPayments
    /// @dev A payee runs its own code in the middle of this. No guard: nothing is read twice, and what a nested call of it
    /// pays out is paid in by that call.
    function payMany(Download[] calldata downloads) external payable {
        uint256 sum;
        for (uint256 i = 0; i < downloads.length; ++i) {
            bytes calldata rows = downloads[i].rows;
            if (rows.length == 0 || rows.length % ROW_BYTES != 0) revert Payments_BadRows(rows.length);
            unchecked {
                // Amounts are below 2^128, and calldata is too dear to hold 2^128 of them.
                for (uint256 offset = 0; offset < rows.length; offset += ROW_BYTES) {
                    uint256 payee;
                    uint256 amount;
                    assembly ("memory-safe") {
                        payee := shr(96, calldataload(add(rows.offset, offset)))
                        amount := shr(128, calldataload(add(rows.offset, add(offset, 20))))
                    }
                    sum += amount;
                    // forge-lint: disable-next-line(unsafe-typecast) it was shifted down to 160 bits
                    _pay(address(uint160(payee)), amount);
                }
            }
            emit Paid(msg.sender, downloads[i].contentRoot, rows);
        }
        if (sum != msg.value) revert Payments_ValueMismatch(msg.value, sum);
    }

    function _pay(address payee, uint256 amount) private {
        bool ok;
        assembly ("memory-safe") {
            // Answers are not copied: a long one would burn the payer's gas.
            ok := call(PAYEE_GAS, payee, amount, 0, 0, 0, 0)
        }
        if (ok) return;

        credits[payee] += amount;

        emit Credited(payee, amount);
    }

    /// @inheritdoc IPayments
    function withdraw(address to) external {
        uint256 amount = credits[msg.sender];
        if (amount == 0) revert Payments_NoCredit(msg.sender);

        credits[msg.sender] = 0;

        emit Withdrawn(msg.sender, to, amount);

        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert Payments_TransferFailed(to, amount);
    }
}
