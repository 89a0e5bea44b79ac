// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Something that a conditional voucher can depend on
interface ICondition {
    /// @notice Whether what `terms` names has happened and can no longer be undone.
    function isMet(bytes32 terms) external view returns (bool);
}
