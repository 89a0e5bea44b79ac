// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC3009} from "./IERC3009.sol";

/// @title CHI as an ERC-20
/// @notice One token is one CHI, held here. EIP-2612 and ERC-3009 let software that knows only tokens deposit by signature.
interface IWrappedChiral is IERC3009 {
    /// @notice The authorization holds only after `validAfter`.
    error WrappedChiral_NotYetValid(uint256 validAfter);
    /// @notice The authorization held only before `validBefore`.
    error WrappedChiral_Expired(uint256 validBefore);
    /// @notice The nonce was used or cancelled.
    error WrappedChiral_NonceUsed(bytes32 nonce);
    /// @notice The authorizer did not sign this.
    error WrappedChiral_BadSignature();
    /// @notice The authorization pays another than the caller.
    error WrappedChiral_NotPayee(address caller);
    /// @notice The recipient refused.
    error WrappedChiral_TransferFailed(address to, uint256 amount);

    /// @notice CHI became tokens.
    event Deposit(address indexed account, uint256 amount);
    /// @notice Tokens became CHI.
    event Withdrawal(address indexed account, uint256 amount);

    /// @notice Turns the CHI sent into tokens of the caller. Sending CHI here does the same.
    function deposit() external payable;

    /// @notice Turns `amount` tokens of the caller into CHI.
    function withdraw(uint256 amount) external;
}
