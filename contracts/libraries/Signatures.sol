// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev What ERC-1271 wallets answer.
interface IERC1271 {
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4);
}

/// @title ECDSA with one form per signature and length
/// @notice Takes 65 bytes (r, s, v with v 27 or 28) and 64 bytes (r, yParityAndS: EIP-2098), low s only.
library Signatures {
    /// @dev Half the order of secp256k1: s above it is the same signature written another way.
    uint256 internal constant MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
    /// @dev Low 255 bits of yParityAndS.
    uint256 private constant S_MASK = type(uint256).max >> 1;

    /// @notice Signer of `digest`; zero when there is none.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        if (signature.length == 64) {
            return recoverCompact(digest, bytes32(signature[:32]), uint256(bytes32(signature[32:])));
        }
        if (signature.length != 65) return address(0);
        return recover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
    }

    /// @notice Signer of `digest` by the three parts of a signature; zero when there is none.
    function recover(bytes32 digest, uint8 v, bytes32 r, bytes32 s) internal pure returns (address) {
        if (uint256(s) > MAX_S || (v != 27 && v != 28)) return address(0);
        return ecrecover(digest, v, r, s);
    }

    /// @notice Signer of `digest` by an EIP-2098 signature; zero when there is none.
    function recoverCompact(bytes32 digest, bytes32 r, uint256 yParityAndS) internal pure returns (address) {
        uint256 s = yParityAndS & S_MASK;
        if (s > MAX_S) return address(0);
        // The top bit is the parity; 27 is where Bitcoin began to count.
        return ecrecover(digest, uint8(27 + (yParityAndS >> 255)), r, bytes32(s));
    }

    /// @notice Whether `wallet` signed: by ERC-1271 when it is a contract, else by ECDSA.
    function isSignedBy(address wallet, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (wallet.code.length == 0) return wallet != address(0) && recover(digest, signature) == wallet;
        (bool ok, bytes memory answer) =
            wallet.staticcall(abi.encodeCall(IERC1271.isValidSignature, (digest, signature)));
        return ok && answer.length >= 32 && abi.decode(answer, (bytes32)) == bytes32(IERC1271.isValidSignature.selector);
    }
}
