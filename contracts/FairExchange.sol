// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICondition} from "./interfaces/ICondition.sol";
import {IFairExchange, LeafProof, Sale} from "./interfaces/IFairExchange.sol";

/// @title FairExchange
/// @notice See IFairExchange. Holds bonds and nothing else: what is sold stays in BatchSettlement until it is claimed.
contract FairExchange is IFairExchange {
    /* CONSTANTS */

    /// @notice EIP-712 type hash of a sale.
    bytes32 public constant SALE_TYPEHASH = keccak256(
        "Sale(address buyer,address seller,bytes32 keyHash,bytes32 ciphertextRoot,bytes32 contentRoot,uint64 length,uint32 leafBytes,uint40 deadline,uint40 disputeWindow,uint128 bond)"
    );
    /// @dev BEP 52's leaf.
    uint32 private constant LARGE_LEAF_BYTES = 16_384;
    /// @dev A leaf that is cheap to prove.
    uint32 private constant SMALL_LEAF_BYTES = 1024;

    struct Outcome {
        uint40 closesAt;
        bool disputed;
        bool bondReturned;
    }

    /* STORAGE */

    /// @inheritdoc IFairExchange
    mapping(bytes32 terms => Outcome) public outcomes;

    /* REVEAL */

    /// @inheritdoc IFairExchange
    /// @dev Nobody's signature is asked for: a key revealed for a sale that nobody signed helps nobody.
    function reveal(Sale calldata sale, bytes32 key) external payable {
        bytes32 terms = getTerms(sale);
        if (msg.sender != sale.seller) revert FairExchange_NotSeller(msg.sender);
        if (block.timestamp >= sale.deadline) revert FairExchange_TooLate(sale.deadline);
        if (msg.value != sale.bond) revert FairExchange_WrongBond(msg.value, sale.bond);
        _requireKey(sale, key);
        if (outcomes[terms].closesAt != 0) revert FairExchange_AlreadyRevealed();
        uint40 closesAt = uint40(block.timestamp) + sale.disputeWindow;

        outcomes[terms].closesAt = closesAt;

        emit Revealed(terms, sale.buyer, key, closesAt);
    }

    /// @inheritdoc IFairExchange
    function returnBond(Sale calldata sale) external {
        bytes32 terms = getTerms(sale);
        Outcome memory outcome = outcomes[terms];
        _requireUndisputed(outcome);
        if (outcome.bondReturned) revert FairExchange_AlreadyReturned();
        if (block.timestamp < outcome.closesAt) revert FairExchange_WindowOpen(outcome.closesAt);

        outcomes[terms].bondReturned = true;

        emit BondReturned(terms);

        _send(sale.seller, sale.bond);
    }

    /// @inheritdoc ICondition
    function isMet(bytes32 terms) external view returns (bool) {
        Outcome memory outcome = outcomes[terms];
        return outcome.closesAt != 0 && !outcome.disputed && block.timestamp >= outcome.closesAt;
    }

    /* DISPUTE */

    /// @inheritdoc IFairExchange
    function dispute(Sale calldata sale, bytes32 key, LeafProof calldata proof) external {
        bytes32 terms = getTerms(sale);
        Outcome memory outcome = outcomes[terms];
        _requireUndisputed(outcome);
        if (block.timestamp >= outcome.closesAt) revert FairExchange_WindowClosed(outcome.closesAt);
        _requireKey(sale, key);
        _requireBadLeaf(sale, key, proof);

        outcomes[terms].disputed = true;

        emit Disputed(terms, proof.index);

        _send(sale.buyer, sale.bond);
    }

    /// @dev Reverts unless both paths hold and the leaf decrypts to something else than promised. Depth and leaf length follow
    /// from the sale, since BEP 52 hashes leaves and nodes alike.
    function _requireBadLeaf(Sale calldata sale, bytes32 key, LeafProof calldata proof) private view {
        uint256 leafBytes = sale.leafBytes;
        if (leafBytes != LARGE_LEAF_BYTES && leafBytes != SMALL_LEAF_BYTES) {
            revert FairExchange_BadLeafBytes(sale.leafBytes);
        }
        uint256 count = (uint256(sale.length) + leafBytes - 1) / leafBytes;
        uint256 index = proof.index;
        if (index >= count) revert FairExchange_NoSuchLeaf(proof.index, count);
        uint256 expected = index == count - 1 ? sale.length - index * leafBytes : leafBytes;
        if (proof.ciphertext.length != expected) revert FairExchange_WrongLength(proof.ciphertext.length, expected);
        uint256 depth = _depth(count);
        if (proof.ciphertextPath.length != depth) revert FairExchange_WrongDepth(proof.ciphertextPath.length, depth);
        if (proof.contentPath.length != depth) revert FairExchange_WrongDepth(proof.contentPath.length, depth);

        (bytes32 ciphertextLeaf, bytes32 plaintextLeaf) = _hashLeaf(key, index, proof.ciphertext);
        if (_root(ciphertextLeaf, index, proof.ciphertextPath) != sale.ciphertextRoot) {
            revert FairExchange_NotCiphertext();
        }
        if (_root(proof.contentLeaf, index, proof.contentPath) != sale.contentRoot) revert FairExchange_NotContent();
        if (plaintextLeaf == proof.contentLeaf) revert FairExchange_LeafIsGood();
    }

    /* INTERNAL */

    function _requireUndisputed(Outcome memory outcome) private pure {
        if (outcome.closesAt == 0) revert FairExchange_NotRevealed();
        if (outcome.disputed) revert FairExchange_AlreadyDisputed();
    }

    function _requireKey(Sale calldata sale, bytes32 key) private pure {
        if (keccak256(abi.encode(key)) != sale.keyHash) revert FairExchange_WrongKey(sale.keyHash);
    }

    /// @dev Levels above the leaves of a tree over `count` leaves, padded to a power of two.
    function _depth(uint256 count) private pure returns (uint256 depth) {
        // forge-lint: disable-next-line(incorrect-shift) one bit, moved up
        while (1 << depth < count) ++depth;
    }

    /// @dev SHA-256 of a leaf as it is and decrypted. Assembly for 512 words in a row.
    function _hashLeaf(bytes32 key, uint256 index, bytes calldata ciphertext)
        private
        view
        returns (bytes32 ciphertextLeaf, bytes32 plaintextLeaf)
    {
        bool ok;
        assembly ("memory-safe") {
            let data := mload(0x40)
            let end := add(data, ciphertext.length)
            calldatacopy(data, ciphertext.offset, ciphertext.length)
            ok := staticcall(gas(), 2, data, ciphertext.length, 0x00, 0x20)
            ciphertextLeaf := mload(0x00)
            // key || leaf || word; what the last word decrypts beyond the end is not hashed.
            mstore(0x00, key)
            let counter := shl(128, index)
            for { let word := data } lt(word, end) { word := add(word, 0x20) } {
                mstore(0x20, counter)
                mstore(word, xor(mload(word), keccak256(0x00, 0x40)))
                counter := add(counter, 1)
            }
            ok := and(ok, staticcall(gas(), 2, data, ciphertext.length, 0x00, 0x20))
            plaintextLeaf := mload(0x00)
        }
        // Only running out of gas makes SHA-256 fail, and then it must not look like another hash.
        assert(ok);
    }

    /// @dev Root above a leaf hash. `path` has the tree's depth.
    function _root(bytes32 leaf, uint256 index, bytes32[] calldata path) private view returns (bytes32 node) {
        bool ok = true;
        assembly ("memory-safe") {
            node := leaf
            let end := add(path.offset, shl(5, path.length))
            for { let sibling := path.offset } lt(sibling, end) { sibling := add(sibling, 0x20) } {
                // An odd node stands right of its sibling.
                let right := shl(5, and(index, 1))
                mstore(right, node)
                mstore(xor(right, 0x20), calldataload(sibling))
                ok := and(ok, staticcall(gas(), 2, 0x00, 0x40, 0x00, 0x20))
                node := mload(0x00)
                index := shr(1, index)
            }
        }
        assert(ok);
    }

    function _send(address to, uint256 amount) private {
        if (amount == 0) return;
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert FairExchange_TransferFailed(to, amount);
    }

    /* VIEWS */

    /// @inheritdoc IFairExchange
    function getTerms(Sale calldata sale) public pure returns (bytes32) {
        return keccak256(abi.encode(SALE_TYPEHASH, sale));
    }
}
