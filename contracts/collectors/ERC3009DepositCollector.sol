// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDepositCollector} from "../interfaces/IDepositCollector.sol";
import {IERC3009} from "../interfaces/IERC3009.sol";
import {Transfers} from "../libraries/Transfers.sol";
import {DepositCollector} from "./DepositCollector.sol";

/// @title Collects by ERC-3009
/// @notice The payer signs `ReceiveWithAuthorization` to this contract; its nonce is the hash of channel and salt, so that
/// the money can go into that channel only. The standard puts this at 0x4020806089470a89826cB9fB1f4059150b550004.
contract ERC3009DepositCollector is DepositCollector {
    /// @notice The token did not pass on what it had received.
    error ERC3009DepositCollector_TransferFailed(address token, uint256 amount);

    /// @inheritdoc IDepositCollector
    /// @param collectorData abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature)
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external
        onlySettlement
    {
        (uint256 validAfter, uint256 validBefore, uint256 salt, bytes memory signature) =
            abi.decode(collectorData, (uint256, uint256, uint256, bytes));
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        IERC3009(token).receiveWithAuthorization(
            payer, address(this), amount, validAfter, validBefore, nonce, signature
        );
        if (!Transfers.send(token, SETTLEMENT, amount)) revert ERC3009DepositCollector_TransferFailed(token, amount);
    }
}
