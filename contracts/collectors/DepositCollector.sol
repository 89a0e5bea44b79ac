// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDepositCollector} from "../interfaces/IDepositCollector.sol";

/// @title What both collectors share: they serve BatchSettlement and nobody else
/// @dev The address is a constant, not a constructor's argument, so that a genesis block can place the bytes as they are.
abstract contract DepositCollector is IDepositCollector {
    /// @notice Where the standard puts BatchSettlement, on every chain.
    address public constant SETTLEMENT = 0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003;

    /// @notice The caller is not BatchSettlement.
    error DepositCollector_NotSettlement(address caller);

    modifier onlySettlement() {
        if (msg.sender != SETTLEMENT) revert DepositCollector_NotSettlement(msg.sender);
        _;
    }
}
