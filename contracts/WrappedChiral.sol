// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC3009} from "./interfaces/IERC3009.sol";
import {IWrappedChiral} from "./interfaces/IWrappedChiral.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title WrappedChiral
/// @notice See IWrappedChiral. EIP-712 domain: name "Wrapped Chiral", version "1".
contract WrappedChiral is ERC20, ERC20Permit, IWrappedChiral {
    /* CONSTANTS */

    /// @notice ERC-3009's type hash of a transfer.
    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    /// @notice ERC-3009's type hash of a transfer that only its payee may make.
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    /// @notice ERC-3009's type hash of a cancellation.
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    /* STORAGE */

    /// @inheritdoc IERC3009
    mapping(address authorizer => mapping(bytes32 nonce => bool)) public authorizationState;

    /* CONSTRUCTOR */

    constructor() ERC20("Wrapped Chiral", "WCHI") ERC20Permit("Wrapped Chiral") {}

    /* WRAP */

    receive() external payable {
        deposit();
    }

    /// @inheritdoc IWrappedChiral
    function deposit() public payable {
        _mint(msg.sender, msg.value);

        emit Deposit(msg.sender, msg.value);
    }

    /// @inheritdoc IWrappedChiral
    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);

        emit Withdrawal(msg.sender, amount);

        (bool ok,) = msg.sender.call{value: amount}("");
        if (!ok) revert WrappedChiral_TransferFailed(msg.sender, amount);
    }

    /* ERC-3009 */

    /// @inheritdoc IERC3009
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        bytes32 structHash = keccak256(
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _requireSigner(from, structHash, v, r, s);
        _moveAuthorized(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC3009
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        bytes32 structHash = keccak256(
            abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        _requireSigner(from, structHash, signature);
        _moveAuthorized(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (to != msg.sender) revert WrappedChiral_NotPayee(msg.sender);
        bytes32 structHash =
            keccak256(abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce));
        _requireSigner(from, structHash, v, r, s);
        _moveAuthorized(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        if (to != msg.sender) revert WrappedChiral_NotPayee(msg.sender);
        bytes32 structHash =
            keccak256(abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce));
        _requireSigner(from, structHash, signature);
        _moveAuthorized(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC3009
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        bytes32 structHash = keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce));
        _requireSigner(authorizer, structHash, v, r, s);
        _cancel(authorizer, nonce);
    }

    /// @inheritdoc IERC3009
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external {
        bytes32 structHash = keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce));
        _requireSigner(authorizer, structHash, signature);
        _cancel(authorizer, nonce);
    }

    function _moveAuthorized(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce
    ) private {
        if (block.timestamp <= validAfter) revert WrappedChiral_NotYetValid(validAfter);
        if (block.timestamp >= validBefore) revert WrappedChiral_Expired(validBefore);
        _useNonce(from, nonce);

        emit AuthorizationUsed(from, nonce);

        _transfer(from, to, value);
    }

    function _cancel(address authorizer, bytes32 nonce) private {
        _useNonce(authorizer, nonce);

        emit AuthorizationCanceled(authorizer, nonce);
    }

    function _useNonce(address authorizer, bytes32 nonce) private {
        if (authorizationState[authorizer][nonce]) revert WrappedChiral_NonceUsed(nonce);

        authorizationState[authorizer][nonce] = true;
    }

    function _requireSigner(address signer, bytes32 structHash, bytes calldata signature) private view {
        if (signer == address(0) || Signatures.recover(_hashTypedDataV4(structHash), signature) != signer) {
            revert WrappedChiral_BadSignature();
        }
    }

    function _requireSigner(address signer, bytes32 structHash, uint8 v, bytes32 r, bytes32 s) private view {
        if (signer == address(0) || Signatures.recover(_hashTypedDataV4(structHash), v, r, s) != signer) {
            revert WrappedChiral_BadSignature();
        }
    }
}
