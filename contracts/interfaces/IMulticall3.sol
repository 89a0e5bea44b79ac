// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The two functions of Multicall3 that wallets and x402 read with
/// @notice Found at 0xcA11bde05977b3631167028862bE2a173976CA11 on public chains; a private chain has to bring its own.
interface IMulticall3 {
    /// @notice A call that may fail or not according to its batch.
    struct Call {
        address target;
        bytes callData;
    }

    /// @notice A call that says itself whether it may fail.
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    /// @notice What a call answered.
    struct Result {
        bool success;
        bytes returnData;
    }

    /// @notice A call failed that may not.
    error Multicall3_CallFailed(uint256 index);

    /// @notice Makes all calls; with `requireSuccess`, all or none.
    function tryAggregate(bool requireSuccess, Call[] calldata calls) external returns (Result[] memory results);

    /// @notice Makes all calls, each failing as it may.
    function aggregate3(Call3[] calldata calls) external returns (Result[] memory results);
}
