// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FairExchange} from "./FairExchange.sol";
import {IBatchSettlement} from "./interfaces/IBatchSettlement.sol";
import {IFairExchange, LeafProof, Sale} from "./interfaces/IFairExchange.sol";
import {SettlementTest} from "./test/SettlementTest.sol";
import {InvariantTest} from "./test/InvariantTest.sol";
import {Test} from "./test/Test.sol";
import {Reenterer, Refuser} from "./test/mocks/Accounts.sol";

/// @dev Sales of small contents with whole trees built here, by a second implementation of tree and cipher.
contract FairExchangeTest is SettlementTest {
    FairExchange private exchange;
    bytes32 private constant KEY = keccak256("key");
    uint40 private constant WINDOW = 900;
    uint128 private constant BOND = 1e16;

    function setUp() public override {
        super.setUp();
        exchange = FairExchange(deployed("FairExchange"));
        vm.deal(receiver, 1e24);
    }

    /* TREES AND CIPHER */

    /// @dev Sets a word of `data`; the caller has allocated whole words.
    function _set(bytes memory data, uint256 word, bytes32 value) private pure {
        assembly {
            mstore(add(add(data, 0x20), shl(5, word)), value)
        }
    }

    function _content(uint256 length, uint256 seed) private pure returns (bytes memory) {
        uint256 words = (length + 31) / 32;
        bytes memory data = new bytes(words * 32);
        for (uint256 word = 0; word < words; ++word) {
            _set(data, word, keccak256(abi.encode(seed, word)));
        }
        return _slice(data, 0, length);
    }

    function _slice(bytes memory data, uint256 start, uint256 length) private pure returns (bytes memory out) {
        out = new bytes(length);
        for (uint256 i = 0; i < length; i += 32) {
            // What is copied beyond the end is cut off below.
            assembly {
                mstore(add(add(out, 0x20), i), mload(add(add(data, add(start, 0x20)), i)))
            }
        }
        assembly {
            mstore(add(add(out, 0x20), length), 0)
        }
    }

    function _leafCount(uint256 length, uint256 leafBytes) private pure returns (uint256) {
        return (length + leafBytes - 1) / leafBytes;
    }

    function _leafAt(bytes memory data, uint256 leafBytes, uint256 index) private pure returns (bytes memory) {
        uint256 start = index * leafBytes;
        return _slice(data, start, start + leafBytes > data.length ? data.length - start : leafBytes);
    }

    function _cipher(bytes32 key, uint256 index, bytes memory leaf) private pure returns (bytes memory) {
        uint256 words = (leaf.length + 31) / 32;
        bytes memory out = new bytes(words * 32);
        for (uint256 word = 0; word < words; ++word) {
            bytes32 plain;
            assembly {
                plain := mload(add(add(leaf, 0x20), shl(5, word)))
            }
            _set(out, word, plain ^ keccak256(abi.encodePacked(key, uint128(index), uint128(word))));
        }
        return _slice(out, 0, leaf.length);
    }

    function _encrypt(bytes memory data, uint256 leafBytes) private pure returns (bytes memory out) {
        for (uint256 i = 0; i < _leafCount(data.length, leafBytes); ++i) {
            out = abi.encodePacked(out, _cipher(KEY, i, _leafAt(data, leafBytes, i)));
        }
    }

    /// @dev Root, and the siblings of `index`.
    function _tree(bytes memory data, uint256 leafBytes, uint256 index)
        private
        pure
        returns (bytes32 root, bytes32[] memory path)
    {
        uint256 count = _leafCount(data.length, leafBytes);
        uint256 depth = 0;
        while (2 ** depth < count) ++depth;
        bytes32[] memory row = new bytes32[](2 ** depth);
        for (uint256 i = 0; i < count; ++i) {
            row[i] = sha256(_leafAt(data, leafBytes, i));
        }
        path = new bytes32[](depth);
        for (uint256 height = 0; height < depth; ++height) {
            path[height] = row[(index >> height) ^ 1];
            for (uint256 i = 0; i < row.length >> (height + 1); ++i) {
                row[i] = sha256(abi.encodePacked(row[2 * i], row[2 * i + 1]));
            }
        }
        root = row[0];
    }

    /// @dev A sale of `plain` that is delivered as `delivered`, and the proof for one leaf.
    function _sale(bytes memory plain, bytes memory delivered, uint32 leafBytes, uint256 index)
        private
        view
        returns (Sale memory sale, LeafProof memory proof)
    {
        bytes memory ciphertext = _encrypt(delivered, leafBytes);
        proof.index = uint64(index);
        proof.ciphertext = _leafAt(ciphertext, leafBytes, index);
        proof.contentLeaf = sha256(_leafAt(plain, leafBytes, index));
        (sale.contentRoot, proof.contentPath) = _tree(plain, leafBytes, index);
        (sale.ciphertextRoot, proof.ciphertextPath) = _tree(ciphertext, leafBytes, index);
        sale.buyer = payer;
        sale.seller = receiver;
        sale.keyHash = keccak256(abi.encode(KEY));
        sale.length = uint64(plain.length);
        sale.leafBytes = leafBytes;
        sale.deadline = START + 600;
        sale.disputeWindow = WINDOW;
        sale.bond = BOND;
    }

    function _reveal(Sale memory sale) private {
        vm.prank(receiver);
        exchange.reveal{value: sale.bond}(sale, KEY);
    }

    /* HONEST SELLER */

    /// @dev No leaf of an honest delivery can be disputed, whatever its length and wherever it stands.
    /// hardhat-config: fuzz.runs = 200
    function testFuzz_honest_noLeafCanBeDisputed(uint256 length, uint256 index, uint256 seed) public {
        length = bound(length, 1, 5 * 1024);
        index = bound(index, 0, _leafCount(length, 1024) - 1);
        bytes memory plain = _content(length, seed);
        (Sale memory sale, LeafProof memory proof) = _sale(plain, plain, 1024, index);
        _reveal(sale);
        vm.expectRevert(IFairExchange.FairExchange_LeafIsGood.selector);
        exchange.dispute(sale, KEY, proof);
    }

    function test_honest_sellerIsPaidAndHasItsBondBack() public {
        bytes memory plain = _content(3000, 1);
        (Sale memory sale,) = _sale(plain, plain, 1024, 0);
        bytes32 terms = exchange.getTerms(sale);
        bytes32 id = open(chiChannel(1), 1000);
        bytes memory promised =
            signature(SESSION_KEY, settlement.getConditionalVoucherDigest(id, 700, exchange, terms));
        uint256 before = receiver.balance;
        assertTrue(!exchange.isMet(terms), "not before the key is out");
        _reveal(sale);
        vm.warp(START + WINDOW - 1);
        vm.prank(receiver);
        vm.expectRevert(
            abi.encodeWithSelector(IBatchSettlement.BatchSettlement_ConditionNotMet.selector, exchange, terms)
        );
        settlement.claimConditional(chiChannel(1), 700, exchange, terms, promised);
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.FairExchange_WindowOpen.selector, START + WINDOW));
        exchange.returnBond(sale);
        vm.warp(START + WINDOW);
        vm.prank(receiver);
        settlement.claimConditional(chiChannel(1), 700, exchange, terms, promised);
        assertEq(claimedOf(id), 700, "paid");
        exchange.returnBond(sale);
        assertEq(receiver.balance, before, "bond is back");
        vm.expectRevert(IFairExchange.FairExchange_AlreadyReturned.selector);
        exchange.returnBond(sale);
        assertTrue(exchange.isMet(terms), "met for good");
    }

    /// @dev Silence: an ordinary voucher for the same total makes the conditional one worthless, and nothing touches the chain.
    function test_honest_anOrdinaryVoucherReplacesTheConditionalOne() public {
        bytes memory plain = _content(3000, 1);
        (Sale memory sale,) = _sale(plain, plain, 1024, 0);
        bytes32 terms = exchange.getTerms(sale);
        bytes32 id = open(chiChannel(1), 1000);
        bytes memory promised =
            signature(SESSION_KEY, settlement.getConditionalVoucherDigest(id, 700, exchange, terms));
        claim(chiChannel(1), 700);
        _reveal(sale);
        vm.warp(START + WINDOW);
        vm.prank(receiver);
        vm.expectRevert(IBatchSettlement.BatchSettlement_NothingToClaim.selector);
        settlement.claimConditional(chiChannel(1), 700, exchange, terms, promised);
    }

    /* CHEATING SELLER */

    /// hardhat-config: fuzz.runs = 200
    function testFuzz_cheat_oneFlippedBitIsEnough(uint256 length, uint256 position, uint256 seed) public {
        length = bound(length, 1, 5 * 1024);
        position = bound(position, 0, length * 8 - 1);
        bytes memory plain = _content(length, seed);
        bytes memory delivered = _content(length, seed);
        delivered[position / 8] ^= bytes1(uint8(1 << (position % 8)));
        (Sale memory sale, LeafProof memory proof) = _sale(plain, delivered, 1024, position / 8 / 1024);
        _reveal(sale);
        uint256 before = payer.balance;
        exchange.dispute(sale, KEY, proof);
        assertEq(payer.balance - before, BOND, "slashed");
        vm.warp(START + WINDOW);
        assertTrue(!exchange.isMet(exchange.getTerms(sale)), "never met");
        vm.expectRevert(IFairExchange.FairExchange_AlreadyDisputed.selector);
        exchange.returnBond(sale);
        vm.expectRevert(IFairExchange.FairExchange_AlreadyDisputed.selector);
        exchange.dispute(sale, KEY, proof);
    }

    function test_cheat_inALargeLeaf() public {
        bytes memory plain = _content(40_000, 3);
        bytes memory delivered = _content(40_000, 3);
        delivered[39_999] ^= 0x01;
        (Sale memory sale, LeafProof memory proof) = _sale(plain, delivered, 16_384, 2);
        _reveal(sale);
        exchange.dispute(sale, KEY, proof);
        (, bool disputed,) = exchange.outcomes(exchange.getTerms(sale));
        assertTrue(disputed, "disputed");
    }

    /* CHEATING BUYER */

    function _refused(Sale memory sale, LeafProof memory proof, bytes memory expected) private {
        vm.expectRevert(expected);
        exchange.dispute(sale, KEY, proof);
    }

    function test_dispute_revertsWhen_theProofIsOfSomethingElse() public {
        bytes memory plain = _content(5000, 1);
        bytes memory delivered = _content(5000, 2);
        (Sale memory sale, LeafProof memory proof) = _sale(plain, delivered, 1024, 1);
        _reveal(sale);

        proof.index = 5;
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_NoSuchLeaf.selector, 5, 5));
        proof.index = 4;
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_WrongLength.selector, 1024, 904));
        proof.index = 2;
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_NotCiphertext.selector));
        proof.index = 1;
        bytes32 right = proof.contentLeaf;
        proof.contentLeaf = keccak256("");
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_NotContent.selector));
        proof.contentLeaf = right;
        proof.ciphertext[0] ^= 0x01;
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_NotCiphertext.selector));
        proof.ciphertext[0] ^= 0x01;
        exchange.dispute(sale, KEY, proof);
    }

    /// @dev BEP 52 hashes leaves and nodes alike: a node, or a leaf of another depth, must not pass for a leaf.
    function test_dispute_revertsWhen_aNodeIsShownAsALeaf() public {
        bytes memory plain = _content(4096, 1);
        (Sale memory sale, LeafProof memory proof) = _sale(plain, plain, 1024, 0);
        _reveal(sale);
        bytes32 parent = sha256(abi.encodePacked(proof.contentLeaf, proof.contentPath[0]));
        bytes32[] memory shorter = new bytes32[](1);
        shorter[0] = proof.contentPath[1];
        (proof.contentLeaf, proof.contentPath) = (parent, shorter);
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_WrongDepth.selector, 1, 2));
        (, proof) = _sale(plain, plain, 1024, 0);
        proof.ciphertextPath = shorter;
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_WrongDepth.selector, 1, 2));
        (, proof) = _sale(plain, plain, 1024, 0);
        // The 64 bytes below a node have the node's hash; as a leaf they have the wrong length.
        proof.ciphertext = abi.encodePacked(proof.contentLeaf, proof.contentPath[0]);
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_WrongLength.selector, 64, 1024));
    }

    function test_dispute_revertsWhen_outOfItsTime() public {
        bytes memory plain = _content(2000, 1);
        (Sale memory sale, LeafProof memory proof) = _sale(plain, _content(2000, 2), 1024, 0);
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_NotRevealed.selector));
        vm.expectRevert(IFairExchange.FairExchange_NotRevealed.selector);
        exchange.returnBond(sale);
        _reveal(sale);
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.FairExchange_WrongKey.selector, sale.keyHash));
        exchange.dispute(sale, keccak256("another"), proof);
        vm.warp(START + WINDOW);
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_WindowClosed.selector, START + WINDOW));
    }

    function test_dispute_revertsWhen_thereAreNoSuchTrees() public {
        bytes memory plain = _content(2000, 1);
        (Sale memory sale, LeafProof memory proof) = _sale(plain, plain, 512, 0);
        _reveal(sale);
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_BadLeafBytes.selector, 512));
        (sale, proof) = _sale(plain, plain, 1024, 0);
        sale.length = 0;
        _reveal(sale);
        _refused(sale, proof, abi.encodeWithSelector(IFairExchange.FairExchange_NoSuchLeaf.selector, 0, 0));
    }

    /// @dev Starved of gas, SHA-256 fails; that must never look like a leaf that decrypts to something else.
    function testFuzz_dispute_isNotWonByStarvingIt(uint256 gas_) public {
        bytes memory plain = _content(5000, 1);
        (Sale memory sale, LeafProof memory proof) = _sale(plain, plain, 1024, 1);
        _reveal(sale);
        gas_ = bound(gas_, 20_000, 120_000);
        (bool ok,) = address(exchange).call{gas: gas_}(abi.encodeCall(exchange.dispute, (sale, KEY, proof)));
        assertTrue(!ok, "won");
    }

    /* REVEAL */

    function test_reveal_revertsWhen_notAsAgreed() public {
        (Sale memory sale,) = _sale(_content(2000, 1), _content(2000, 1), 1024, 0);
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.FairExchange_NotSeller.selector, address(this)));
        exchange.reveal(sale, KEY);
        vm.prank(receiver);
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.FairExchange_WrongBond.selector, 1, BOND));
        exchange.reveal{value: 1}(sale, KEY);
        vm.prank(receiver);
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.FairExchange_WrongKey.selector, sale.keyHash));
        exchange.reveal{value: BOND}(sale, bytes32(0));
        _reveal(sale);
        vm.prank(receiver);
        vm.expectRevert(IFairExchange.FairExchange_AlreadyRevealed.selector);
        exchange.reveal{value: BOND}(sale, KEY);
        sale.deadline = START;
        vm.prank(receiver);
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.FairExchange_TooLate.selector, START));
        exchange.reveal{value: BOND}(sale, KEY);
    }

    /// @dev Every field of a sale makes other terms; what was revealed for one sale says nothing of another.
    function testFuzz_terms_everyFieldCounts(uint256 noise) public {
        noise |= 1;
        (Sale memory sale,) = _sale(_content(100, 1), _content(100, 1), 1024, 0);
        _reveal(sale);
        bytes32 terms = exchange.getTerms(sale);
        for (uint256 field = 0; field < 10; ++field) {
            (Sale memory other,) = _sale(_content(100, 1), _content(100, 1), 1024, 0);
            if (field == 0) other.buyer = address(uint160(other.buyer) ^ uint160(noise));
            if (field == 1) other.seller = address(uint160(other.seller) ^ uint160(noise));
            if (field == 2) other.keyHash ^= bytes32(noise);
            if (field == 3) other.ciphertextRoot ^= bytes32(noise);
            if (field == 4) other.contentRoot ^= bytes32(noise);
            if (field == 5) other.length ^= uint64(noise);
            if (field == 6) other.leafBytes ^= uint32(noise);
            if (field == 7) other.deadline ^= uint40(noise);
            if (field == 8) other.disputeWindow ^= uint40(noise);
            if (field == 9) other.bond ^= uint128(noise);
            assertTrue(exchange.getTerms(other) != terms, "the same terms");
            vm.expectRevert(IFairExchange.FairExchange_NotRevealed.selector);
            exchange.returnBond(other);
        }
    }

    function test_aSaleWithoutABondMovesNoMoney() public {
        bytes memory plain = _content(2000, 1);
        (Sale memory sale, LeafProof memory proof) = _sale(plain, _content(2000, 2), 1024, 0);
        sale.bond = 0;
        _reveal(sale);
        exchange.dispute(sale, KEY, proof);
    }

    function test_refusedBonds() public {
        Refuser refuser = new Refuser();
        bytes memory plain = _content(2000, 1);
        (Sale memory sale, LeafProof memory proof) = _sale(plain, _content(2000, 2), 1024, 0);
        sale.buyer = address(refuser);
        _reveal(sale);
        _refused(
            sale,
            proof,
            abi.encodeWithSelector(IFairExchange.FairExchange_TransferFailed.selector, address(refuser), BOND)
        );
        refuser.setTakes(true);
        exchange.dispute(sale, KEY, proof);
        assertEq(address(refuser).balance, BOND, "at last");
    }

    function test_reentrancy_aSellerGetsOneBond() public {
        Reenterer seller = new Reenterer();
        vm.deal(address(seller), BOND);
        vm.deal(address(exchange), BOND);
        bytes memory plain = _content(100, 1);
        (Sale memory sale,) = _sale(plain, plain, 1024, 0);
        sale.seller = address(seller);
        seller.execute(address(exchange), BOND, abi.encodeCall(exchange.reveal, (sale, KEY)));
        vm.warp(START + WINDOW);
        seller.arm(address(exchange), abi.encodeCall(exchange.returnBond, (sale)));
        exchange.returnBond(sale);
        assertEq(address(seller).balance, BOND, "one");
        assertEq(seller.reentered(), 0, "refused");
    }
}

/// @dev Sales at random in any order; docs/trust-model.md says the rules in words.
contract ExchangeHandler is Test {
    uint40 private constant START = 1_700_000_000;
    FairExchange public immutable exchange = FairExchange(deployed("FairExchange"));
    bytes32 private constant KEY = keccak256("key");
    uint256 private time = START;
    uint256 public bondsIn;
    uint256 public bondsOut;
    string public broken;
    mapping(uint256 => bool) private good;
    mapping(uint256 => uint256) private revealedAt;
    mapping(uint256 => bool) private done;

    constructor() {
        vm.warp(time);
        vm.deal(address(this), 1e30);
    }

    receive() external payable {}

    /// @dev Sales of one short leaf; odd ones are delivered wrong.
    function _sale(uint256 i) private view returns (Sale memory sale, LeafProof memory proof) {
        bytes memory plain = abi.encodePacked(i, "plain");
        bytes memory leaf = i % 2 == 0 ? plain : abi.encodePacked(i, "wrong");
        bytes memory ciphertext = new bytes(leaf.length);
        for (uint256 j = 0; j < leaf.length; ++j) {
            bytes32 stream = keccak256(abi.encodePacked(KEY, uint128(0), uint128(j / 32)));
            ciphertext[j] = leaf[j] ^ stream[j % 32];
        }
        proof = LeafProof(0, ciphertext, new bytes32[](0), sha256(plain), new bytes32[](0));
        sale = Sale({
            buyer: address(0xB0B),
            seller: address(this),
            keyHash: keccak256(abi.encode(KEY)),
            ciphertextRoot: sha256(ciphertext),
            contentRoot: sha256(plain),
            length: uint64(plain.length),
            leafBytes: 1024,
            deadline: START + 5000,
            disputeWindow: uint40(100 + i * 100),
            bond: uint128(i + 1)
        });
    }

    function reveal(uint256 i) external {
        (Sale memory sale,) = _sale(i %= 8);
        try exchange.reveal{value: sale.bond}(sale, KEY) {
            if (revealedAt[i] != 0 || time >= sale.deadline) broken = "revealed twice or late";
            revealedAt[i] = time;
            bondsIn += sale.bond;
        } catch {
            if (revealedAt[i] == 0 && time < sale.deadline) broken = "a key in time was refused";
        }
    }

    function dispute(uint256 i) external {
        (Sale memory sale, LeafProof memory proof) = _sale(i %= 8);
        bool due = revealedAt[i] != 0 && !done[i] && i % 2 == 1 && time < revealedAt[i] + sale.disputeWindow;
        try exchange.dispute(sale, KEY, proof) {
            if (!due) broken = "a dispute won that should not";
            done[i] = true;
            bondsOut += sale.bond;
        } catch {
            if (due) broken = "a dispute lost that should not";
        }
    }

    function returnBond(uint256 i) external {
        (Sale memory sale,) = _sale(i %= 8);
        bool due = revealedAt[i] != 0 && !done[i] && time >= revealedAt[i] + sale.disputeWindow;
        try exchange.returnBond(sale) {
            if (!due) broken = "a bond returned that should not";
            done[i] = true;
            good[i] = true;
            bondsOut += sale.bond;
        } catch {
            if (due) broken = "a bond kept that should not";
        }
        if (good[i] && !exchange.isMet(exchange.getTerms(sale))) broken = "met, then not";
    }

    function passTime(uint256 seconds_) external {
        time += bound(seconds_, 1, 200);
        vm.warp(time);
    }
}

contract FairExchangeInvariantsTest is InvariantTest {
    ExchangeHandler private handler;

    function setUp() public {
        handler = new ExchangeHandler();
        target = address(handler);
    }

    /// hardhat-config: invariant.runs = 100
    function invariant_bondsHeldAreBondsOpen() public view {
        assertEq(address(handler.exchange()).balance, handler.bondsIn() - handler.bondsOut(), "held");
    }

    function invariant_theSellerOrTheBuyerIsRightAndNeverBoth() public view {
        assertTrue(bytes(handler.broken()).length == 0, handler.broken());
    }
}
