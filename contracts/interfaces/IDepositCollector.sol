// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Brings a payer's ERC-20 to BatchSettlement
/// @notice Selector and arguments are those of x402. BatchSettlement measures what arrives and trusts nothing else.
interface IDepositCollector {
    /// @notice Moves `amount` of `token` from `payer` to the caller, having checked the payer's authorization for `channelId`.
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external;
}
