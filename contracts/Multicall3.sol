// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IMulticall3} from "./interfaces/IMulticall3.sol";

/// @title Multicall3
/// @notice See IMulticall3. Holds nothing and may call anything: nobody should ever trust its address.
contract Multicall3 is IMulticall3 {
    /// @inheritdoc IMulticall3
    function tryAggregate(bool requireSuccess, Call[] calldata calls) external returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            results[i] = _call(calls[i].target, calls[i].callData);
            if (requireSuccess && !results[i].success) revert Multicall3_CallFailed(i);
        }
    }

    /// @inheritdoc IMulticall3
    function aggregate3(Call3[] calldata calls) external returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            results[i] = _call(calls[i].target, calls[i].callData);
            if (!calls[i].allowFailure && !results[i].success) revert Multicall3_CallFailed(i);
        }
    }

    function _call(address target, bytes calldata callData) private returns (Result memory result) {
        (result.success, result.returnData) = target.call(callData);
    }
}
