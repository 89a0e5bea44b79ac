// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICondition} from "./ICondition.sol";

/// @notice What a buyer promises to pay for, all of it agreed off chain. Its EIP-712 struct hash is the `terms` of the buyer's
/// conditional voucher.
struct Sale {
    address buyer;
    address seller;
    /// @dev keccak256 of the 32-byte key.
    bytes32 keyHash;
    /// @dev Root of the ciphertext, which the buyer has got and checked before it promises.
    bytes32 ciphertextRoot;
    /// @dev Root that the plaintext must have. With 16 KiB leaves, the content's BEP 52 root; with 1 KiB leaves, a root that its
    /// publisher committed to.
    bytes32 contentRoot;
    /// @dev Of content and ciphertext alike, bytes.
    uint64 length;
    /// @dev 16,384 or 1,024.
    uint32 leafBytes;
    /// @dev Seconds since 1970. A key revealed on chain later than this counts for nothing.
    uint40 deadline;
    /// @dev Seconds in which the buyer may prove a bad leaf after the key was revealed.
    uint40 disputeWindow;
    /// @dev Wei that the seller stakes with the key; the buyer's when a leaf is bad.
    uint128 bond;
}

/// @notice One leaf and what binds it to both roots.
struct LeafProof {
    uint64 index;
    /// @dev The leaf as it was sent.
    bytes ciphertext;
    /// @dev Siblings from the leaf up, in the tree of the ciphertext.
    bytes32[] ciphertextPath;
    /// @dev SHA-256 that the plaintext leaf must have.
    bytes32 contentLeaf;
    /// @dev Siblings from the leaf up, in the tree of the content.
    bytes32[] contentPath;
}

/// @title Atomic sale of content: the key for the money
/// @notice The seller sends ciphertext; the buyer signs a conditional voucher (see IBatchSettlement.claimConditional) for its
/// running total plus the price plus a surcharge; the seller sends the key; the buyer checks the content and signs an
/// ordinary voucher for the price without the surcharge. No transaction, no gas. The chain is asked only when one side fails:
///
/// - The buyer does not sign: the seller reveals the key here with a bond, waits out the dispute window, and claims the
///   conditional voucher, surcharge included. So the buyer pays for the gas that its silence costs.
/// - The seller revealed here and a leaf does not decrypt to what the content root promises: the buyer proves that one leaf,
///   the voucher is worth nothing and the bond is the buyer's. So the seller pays for the gas of the proof.
/// - Nobody reveals before the deadline: the voucher is worth nothing.
///
/// The trees have BEP 52's shape: SHA-256 over the leaves, the last one short, padded with zero hashes to a power of two. The
/// cipher is XOR with keccak256(key || uint128 leaf || uint128 word) for each 32-byte word of a leaf.
/// @dev A seller promises nothing for a channel whose withdraw delay is not well above what is left to the deadline plus the
/// dispute window, and has one conditional voucher out per channel at a time.
interface IFairExchange is ICondition {
    /// @notice The caller is not the seller.
    error FairExchange_NotSeller(address caller);
    /// @notice The deadline has passed.
    error FairExchange_TooLate(uint256 deadline);
    /// @notice The bond was not sent in full and exactly.
    error FairExchange_WrongBond(uint256 value, uint256 bond);
    /// @notice The key does not hash to what was agreed.
    error FairExchange_WrongKey(bytes32 keyHash);
    /// @notice The key of this sale was revealed already.
    error FairExchange_AlreadyRevealed();
    /// @notice The key of this sale was not revealed.
    error FairExchange_NotRevealed();
    /// @notice This sale was disputed.
    error FairExchange_AlreadyDisputed();
    /// @notice The bond was returned.
    error FairExchange_AlreadyReturned();
    /// @notice The dispute window is still open.
    error FairExchange_WindowOpen(uint256 closesAt);
    /// @notice The dispute window is over.
    error FairExchange_WindowClosed(uint256 closedAt);
    /// @notice There are no trees with such leaves here.
    error FairExchange_BadLeafBytes(uint32 leafBytes);
    /// @notice The content has fewer leaves.
    error FairExchange_NoSuchLeaf(uint64 index, uint256 count);
    /// @notice The leaf has another length.
    error FairExchange_WrongLength(uint256 length, uint256 expected);
    /// @notice A path has another length than the tree is deep.
    error FairExchange_WrongDepth(uint256 depth, uint256 expected);
    /// @notice The ciphertext leaf is not under the ciphertext root.
    error FairExchange_NotCiphertext();
    /// @notice The content leaf is not under the content root.
    error FairExchange_NotContent();
    /// @notice The leaf decrypts to what was promised.
    error FairExchange_LeafIsGood();
    /// @notice The recipient refused.
    error FairExchange_TransferFailed(address to, uint256 amount);

    /// @notice A key is public. The buyer has until `closesAt`, seconds since 1970.
    event Revealed(bytes32 indexed terms, address indexed buyer, bytes32 key, uint40 closesAt);
    /// @notice A leaf was proven bad.
    event Disputed(bytes32 indexed terms, uint64 leaf);
    /// @notice The seller has its bond back.
    event BondReturned(bytes32 indexed terms);

    /// @notice Publishes the key and stakes the bond. By the seller, before the deadline.
    function reveal(Sale calldata sale, bytes32 key) external payable;

    /// @notice Proves that a leaf does not decrypt to what was promised; pays the bond to the buyer. By anyone, within the window.
    function dispute(Sale calldata sale, bytes32 key, LeafProof calldata proof) external;

    /// @notice Sends the bond back to the seller after an undisputed window. By anyone.
    function returnBond(Sale calldata sale) external;

    /// @notice EIP-712 struct hash of a sale, without a domain: the voucher that carries it has one.
    function getTerms(Sale calldata sale) external pure returns (bytes32);

    /// @notice What became of a sale. `closesAt` is zero while its key is not revealed here.
    function outcomes(bytes32 terms) external view returns (uint40 closesAt, bool disputed, bool bondReturned);
}
