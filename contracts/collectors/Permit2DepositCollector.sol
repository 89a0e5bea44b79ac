// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IDepositCollector} from "../interfaces/IDepositCollector.sol";
import {IPermit2} from "../interfaces/IPermit2.sol";
import {DepositCollector} from "./DepositCollector.sol";

/// @title Collects by Permit2
/// @notice The payer signs a Permit2 witness transfer to this contract as spender; the witness is the channel, so that the
/// money can go into that channel only. The standard puts this at 0x4020425FAf3B746C082C2f942b4E5159887B0005.
contract Permit2DepositCollector is DepositCollector {
    /// @notice Permit2, on every chain.
    IPermit2 public constant PERMIT2 = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);
    /// @notice EIP-712 type hash of the witness.
    bytes32 public constant WITNESS_TYPEHASH = keccak256("DepositWitness(bytes32 channelId)");
    /// @notice How Permit2 completes its own type string.
    string public constant WITNESS_TYPE_STRING =
        "DepositWitness witness)DepositWitness(bytes32 channelId)TokenPermissions(address token,uint256 amount)";

    /// @notice The EIP-2612 permit is for another amount than the deposit.
    error Permit2DepositCollector_PermitMismatch(uint256 value, uint256 amount);

    /// @notice The EIP-2612 permit was refused; the deposit goes on, for the allowance may be there already.
    event PermitRefused(address indexed token, address indexed payer);

    /// @inheritdoc IDepositCollector
    /// @param collectorData abi.encode(uint256 nonce, uint256 deadline, bytes permit2Signature, bytes eip2612Permit); the last
    /// is empty or abi.encode(uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s), which lets Permit2 move the
    /// token in the first place.
    function collect(address payer, address token, uint256 amount, bytes32 channelId, bytes calldata collectorData)
        external
        onlySettlement
    {
        (uint256 nonce, uint256 deadline, bytes memory signature, bytes memory permit) =
            abi.decode(collectorData, (uint256, uint256, bytes, bytes));
        if (permit.length != 0) _permit(payer, token, amount, permit);
        PERMIT2.permitWitnessTransferFrom(
            IPermit2.PermitTransferFrom({
                permitted: IPermit2.TokenPermissions({token: token, amount: amount}),
                nonce: nonce,
                deadline: deadline
            }),
            IPermit2.SignatureTransferDetails({to: SETTLEMENT, requestedAmount: amount}),
            payer,
            keccak256(abi.encode(WITNESS_TYPEHASH, channelId)),
            WITNESS_TYPE_STRING,
            signature
        );
    }

    function _permit(address payer, address token, uint256 amount, bytes memory permit) private {
        (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(permit, (uint256, uint256, uint8, bytes32, bytes32));
        if (value != amount) revert Permit2DepositCollector_PermitMismatch(value, amount);
        try IERC20Permit(token).permit(payer, address(PERMIT2), value, deadline, v, r, s) {
            return;
        } catch {
            emit PermitRefused(token, payer);
        }
    }
}
