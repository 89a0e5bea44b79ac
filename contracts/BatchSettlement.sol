// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {
    ChannelConfig,
    ChannelState,
    IBatchSettlement,
    ReceiverState,
    Reserve,
    SkipReason,
    VoucherClaim,
    Withdrawal
} from "./interfaces/IBatchSettlement.sol";
import {ICondition} from "./interfaces/ICondition.sol";
import {IDepositCollector} from "./interfaces/IDepositCollector.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {IERC20, Transfers} from "./libraries/Transfers.sol";

/// @title BatchSettlement
/// @notice See IBatchSettlement. This file over 400 lines holds all channel money and so is one piece.
/// @dev Holds no immutable and has no constructor: a genesis block or a test may put the bytes at any address. Every verb
/// has five beats: require, compute, update, emit, transfer last. State is written before anything foreign runs, so one
/// guard suffices: on `deposit`, which measures a balance while foreign code runs.
contract BatchSettlement is IBatchSettlement {
    /* CONSTANTS */

    /// @notice Shortest withdraw delay, seconds; x402's.
    uint40 public constant MIN_WITHDRAW_DELAY = 15 minutes;
    /// @notice Longest withdraw delay, seconds; x402's.
    uint40 public constant MAX_WITHDRAW_DELAY = 30 days;

    /// @inheritdoc IBatchSettlement
    bytes32 public constant CHANNEL_CONFIG_TYPEHASH = keccak256(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
    );
    /// @notice EIP-712 type hash of a voucher.
    bytes32 public constant VOUCHER_TYPEHASH = keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
    /// @notice EIP-712 type hash of a refund.
    bytes32 public constant REFUND_TYPEHASH = keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
    /// @notice EIP-712 type hash of a row of a claim batch.
    bytes32 public constant CLAIM_ENTRY_TYPEHASH =
        keccak256("ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)");
    /// @notice EIP-712 type hash of a claim batch.
    bytes32 public constant CLAIM_BATCH_TYPEHASH = keccak256(
        "ClaimBatch(ClaimEntry[] claims)ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
    );
    /// @notice EIP-712 type hash of a conditional voucher; ours.
    bytes32 public constant CONDITIONAL_VOUCHER_TYPEHASH = keccak256(
        "ConditionalVoucher(bytes32 channelId,uint128 maxClaimableAmount,address condition,bytes32 terms)"
    );
    /// @notice EIP-712 type hash of an allocation; ours.
    bytes32 public constant ALLOCATION_TYPEHASH =
        keccak256("Allocation(bytes32 channelId,uint128 amount,uint256 nonce,uint40 validBefore)");
    /// @notice EIP-712 type hash of a grant; ours.
    bytes32 public constant GRANT_TYPEHASH = keccak256(
        "Grant(address payer,address fromKey,address toKey,uint128 amount,uint256 nonce,uint40 validBefore)"
    );

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    string private constant NAME = "x402 Batch Settlement";
    string private constant VERSION = "1";

    /// @dev Bytes of one row of `claimMany`: 20 + 20 + 32 + 16 + 32 + 32.
    uint256 private constant ROW_BYTES = 152;
    uint256 private constant MAX_UINT128 = type(uint128).max;

    /// @dev A channel in memory, laid out so that everything signed about it is hashed where it stands. Reused row by row.
    struct Channel {
        // ChannelConfig as EIP-712 encodes it, 0x00 to 0x100.
        bytes32 typehash;
        address payer;
        address payerAuthorizer;
        address receiver;
        address receiverAuthorizer;
        address token;
        uint40 withdrawDelay;
        bytes32 salt;
        // Voucher as EIP-712 encodes it, 0x100 to 0x160.
        bytes32 voucherTypehash;
        bytes32 id;
        uint256 promised;
        // 0x1901, the domain separator and a struct hash: 66 bytes, 0x160 to 0x1a2.
        bytes32 envelope0;
        bytes32 envelope1;
        bytes32 envelope2;
    }

    /* STORAGE */

    /// @inheritdoc IBatchSettlement
    mapping(bytes32 channelId => ChannelState) public channels;
    /// @inheritdoc IBatchSettlement
    mapping(bytes32 channelId => Withdrawal) public pendingWithdrawals;
    /// @inheritdoc IBatchSettlement
    mapping(bytes32 channelId => uint256) public refundNonce;
    /// @inheritdoc IBatchSettlement
    mapping(address receiver => mapping(address token => ReceiverState)) public receivers;
    /// @inheritdoc IBatchSettlement
    mapping(address payer => mapping(address sessionKey => Reserve)) public reserves;
    /// @inheritdoc IBatchSettlement
    mapping(address payer => mapping(address sessionKey => mapping(uint256 word => uint256))) public usedNonces;
    /// @dev 2 inside `deposit`, else 0 (never used) or 1; never back to 0, which would cost more.
    uint256 private depositGuard;

    /* DEPOSIT */

    /// @inheritdoc IBatchSettlement
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external
    {
        Channel memory channel = _load(config);
        if (depositGuard == 2) revert BatchSettlement_Reentered();
        _requireSound(channel);
        if (channel.payer == address(0)) revert BatchSettlement_ZeroAddress();
        if (channel.token == address(0)) revert BatchSettlement_WrongToken(channel.token);
        if (amount == 0) revert BatchSettlement_ZeroAmount();
        depositGuard = 2;

        uint256 balanceBefore = IERC20(channel.token).balanceOf(address(this));
        IDepositCollector(collector).collect(channel.payer, channel.token, amount, channel.id, collectorData);
        uint256 balanceAfter = IERC20(channel.token).balanceOf(address(this));

        if (balanceAfter <= balanceBefore) revert BatchSettlement_NothingCollected();
        uint256 received = balanceAfter - balanceBefore;
        if (received > MAX_UINT128) revert BatchSettlement_Exceeds(received, MAX_UINT128);
        depositGuard = 1;
        // forge-lint: disable-next-line(unsafe-typecast) checked above
        _credit(channel, uint128(received));
    }

    /// @inheritdoc IBatchSettlement
    function openMany(ChannelConfig[] calldata configs, uint128[] calldata amounts) external payable {
        uint256 sum = _openMany(configs, amounts);
        if (sum != msg.value) revert BatchSettlement_ValueMismatch(msg.value, sum);
    }

    /// @inheritdoc IBatchSettlement
    function openManyAndFund(ChannelConfig[] calldata configs, uint128[] calldata amounts, address sessionKey)
        external
        payable
    {
        uint256 sum = _openMany(configs, amounts);
        if (sum >= msg.value) revert BatchSettlement_ValueMismatch(msg.value, sum);
        _fund(msg.sender, sessionKey, msg.value - sum);
    }

    /// @dev Sum of `amounts`, which the caller must have sent.
    function _openMany(ChannelConfig[] calldata configs, uint128[] calldata amounts) private returns (uint256 sum) {
        uint256 count = configs.length;
        if (count == 0 || count != amounts.length) revert BatchSettlement_LengthMismatch(count, amounts.length);
        Channel memory channel = _blank();
        // Neither a count nor a sum of uint128 reaches 2^256.
        unchecked {
            for (uint256 i = 0; i < count; ++i) {
                _loadInto(channel, configs[i]);
                uint128 amount = amounts[i];
                _requireSound(channel);
                if (channel.payer != msg.sender) revert BatchSettlement_NotPayer(msg.sender);
                if (channel.token != address(0)) revert BatchSettlement_WrongToken(channel.token);
                if (amount == 0) revert BatchSettlement_ZeroAmount();

                sum += amount;
                _credit(channel, amount);
            }
        }
    }

    /* RESERVE */

    /// @inheritdoc IBatchSettlement
    function fundReserve(address sessionKey) external payable {
        _fund(msg.sender, sessionKey, msg.value);
    }

    /// @inheritdoc IBatchSettlement
    function withdrawReserve(address sessionKey, uint128 amount) external {
        _unfund(msg.sender, sessionKey, amount);

        emit ReserveWithdrawn(msg.sender, sessionKey, amount);

        _send(address(0), msg.sender, amount);
    }

    /// @inheritdoc IBatchSettlement
    function revokeSession(address sessionKey) external {
        Reserve storage reserve = reserves[msg.sender][sessionKey];
        if (sessionKey == address(0)) revert BatchSettlement_ZeroAddress();
        if (reserve.revokedAt != 0) revert BatchSettlement_SessionRevoked(reserve.revokedAt);

        reserve.revokedAt = uint40(block.timestamp);

        emit SessionRevoked(msg.sender, sessionKey);
    }

    /// @inheritdoc IBatchSettlement
    function grantReserve(
        address payer,
        address fromKey,
        address toKey,
        uint128 amount,
        uint256 nonce,
        uint40 validBefore,
        bytes calldata signature
    ) external {
        if (block.timestamp >= validBefore) revert BatchSettlement_Expired(validBefore);
        bytes32 digest = getGrantDigest(payer, fromKey, toKey, amount, nonce, validBefore);
        if (!Signatures.isSignedBy(payer, digest, signature)) revert BatchSettlement_BadSignature();

        _useNonce(payer, address(0), nonce);
        _unfund(payer, fromKey, amount);
        emit ReserveWithdrawn(payer, fromKey, amount);
        _fund(payer, toKey, amount);
    }

    /// @inheritdoc IBatchSettlement
    function allocate(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        uint40 validBefore,
        bytes calldata signature
    ) external {
        Channel memory channel = _load(config);
        _requireSound(channel);
        if (channel.token != address(0)) revert BatchSettlement_WrongToken(channel.token);
        if (block.timestamp >= validBefore) revert BatchSettlement_Expired(validBefore);
        address key = channel.payerAuthorizer;
        uint40 revokedAt = reserves[channel.payer][key].revokedAt;
        if (revokedAt != 0 && block.timestamp >= uint256(revokedAt) + channel.withdrawDelay) {
            revert BatchSettlement_SessionRevoked(revokedAt);
        }
        bytes32 digest = getAllocationDigest(channel.id, amount, nonce, validBefore);
        // No need to verify that the key is not zero: `_requireSound` did.
        if (Signatures.recover(digest, signature) != key) revert BatchSettlement_BadSignature();

        _useNonce(channel.payer, key, nonce);
        _unfund(channel.payer, key, amount);
        _credit(channel, amount);
    }

    /// @dev Adds CHI that is here already to a reserve.
    function _fund(address payer, address sessionKey, uint256 amount) private {
        Reserve storage reserve = reserves[payer][sessionKey];
        if (amount == 0) revert BatchSettlement_ZeroAmount();
        if (reserve.revokedAt != 0) revert BatchSettlement_SessionRevoked(reserve.revokedAt);
        if (amount > MAX_UINT128 - reserve.balance) {
            revert BatchSettlement_Exceeds(amount, MAX_UINT128 - reserve.balance);
        }

        // forge-lint: disable-next-line(unsafe-typecast) checked above
        reserve.balance += uint128(amount);

        // forge-lint: disable-next-line(unsafe-typecast) checked above
        emit ReserveFunded(payer, sessionKey, uint128(amount));
    }

    /// @dev Takes from a reserve; the caller says where it goes.
    function _unfund(address payer, address sessionKey, uint128 amount) private {
        Reserve storage reserve = reserves[payer][sessionKey];
        uint128 balance = reserve.balance;
        if (amount == 0) revert BatchSettlement_ZeroAmount();
        if (amount > balance) revert BatchSettlement_Exceeds(amount, balance);

        reserve.balance = balance - amount;
    }

    function _useNonce(address payer, address sessionKey, uint256 nonce) private {
        // forge-lint: disable-next-line(incorrect-shift) one bit, moved up
        uint256 bit = 1 << (nonce & 255);
        uint256 bits = usedNonces[payer][sessionKey][nonce >> 8];
        if (bits & bit != 0) revert BatchSettlement_NonceUsed(nonce);

        usedNonces[payer][sessionKey][nonce >> 8] = bits | bit;
    }

    /* CLAIM */

    /// @inheritdoc IBatchSettlement
    function claim(VoucherClaim[] calldata voucherClaims) external {
        if (voucherClaims.length == 0) revert BatchSettlement_LengthMismatch(0, 0);
        Channel memory channel = _blank();
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            _loadInto(channel, voucherClaims[i].voucher.channel);
            bool entitled = msg.sender == channel.receiver || msg.sender == channel.receiverAuthorizer;
            _claimRow(channel, voucherClaims[i], i, entitled);
        }
    }

    /// @inheritdoc IBatchSettlement
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature) external {
        if (voucherClaims.length == 0) revert BatchSettlement_LengthMismatch(0, 0);
        address signer = Signatures.recover(getClaimBatchDigest(voucherClaims), authorizerSignature);
        if (signer == address(0) || signer != voucherClaims[0].voucher.channel.receiverAuthorizer) {
            revert BatchSettlement_BadSignature();
        }
        Channel memory channel = _blank();
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            _loadInto(channel, voucherClaims[i].voucher.channel);
            _claimRow(channel, voucherClaims[i], i, channel.receiverAuthorizer == signer);
        }
    }

    /// @dev Applies a row or reports why not. Never reverts for what the row says.
    function _claimRow(
        Channel memory channel,
        VoucherClaim calldata row,
        uint256 index,
        bool entitled
    ) private {
        ChannelState storage state = channels[channel.id];
        ReceiverState storage receiver = receivers[channel.receiver][channel.token];
        uint128 already = state.totalClaimed;
        uint128 total = row.totalClaimed;

        if (!entitled) return _skip(channel.id, index, SkipReason.NotReceiver);
        if (total <= already) return _skip(channel.id, index, SkipReason.Stale);
        if (total > row.voucher.maxClaimableAmount) return _skip(channel.id, index, SkipReason.ExceedsVoucher);
        if (total > state.balance) return _skip(channel.id, index, SkipReason.ExceedsBalance);
        uint128 amount = total - already;
        if (amount > type(uint128).max - receiver.totalClaimed) return _skip(channel.id, index, SkipReason.Overflow);
        bytes32 digest = getVoucherDigest(channel.id, row.voucher.maxClaimableAmount);
        // A channel with a balance has an authorizer that is not zero, so a failed recovery never equals it.
        if (Signatures.recover(digest, row.signature) != channel.payerAuthorizer) {
            return _skip(channel.id, index, SkipReason.BadSignature);
        }

        state.totalClaimed = total;
        receiver.totalClaimed += amount;

        emit Claimed(channel.id, msg.sender, amount, total);
    }

    /// @inheritdoc IBatchSettlement
    function claimMany(
        address receiver,
        address receiverAuthorizer,
        address token,
        uint40 withdrawDelay,
        bytes32 receiptsRoot,
        bytes calldata rows
    ) external returns (uint128 amount) {
        if (msg.sender != receiver && msg.sender != receiverAuthorizer) {
            revert BatchSettlement_NotReceiver(msg.sender);
        }
        if (rows.length == 0 || rows.length % ROW_BYTES != 0) revert BatchSettlement_BadRows(rows.length);

        Channel memory channel = _blank();
        channel.receiver = receiver;
        channel.receiverAuthorizer = receiverAuthorizer;
        channel.token = token;
        channel.withdrawDelay = withdrawDelay;
        uint256 sum = _claimRows(channel, rows);
        ReceiverState storage state = receivers[receiver][token];
        uint256 room = MAX_UINT128 - state.totalClaimed;
        // Only a token that mints without end comes here, and such a batch has no other.
        if (sum > room) revert BatchSettlement_Exceeds(sum, room);
        // forge-lint: disable-next-line(unsafe-typecast) at most `room`
        amount = uint128(sum);
        uint128 total = state.totalClaimed + amount;
        uint128 owed = total - state.totalSettled;

        (state.totalClaimed, state.totalSettled) = (total, total);

        emit ClaimedMany(receiver, token, receiptsRoot, amount, rows.length / ROW_BYTES);

        if (owed != 0) _payOut(receiver, token, owed);
    }

    /// @inheritdoc IBatchSettlement
    function claimConditional(
        ChannelConfig calldata config,
        uint128 maxClaimableAmount,
        ICondition condition,
        bytes32 terms,
        bytes calldata signature
    ) external {
        Channel memory channel = _load(config);
        _requireReceiverSide(channel);
        ChannelState storage state = channels[channel.id];
        uint128 already = state.totalClaimed;
        uint128 total = maxClaimableAmount < state.balance ? maxClaimableAmount : state.balance;
        if (total <= already) revert BatchSettlement_NothingToClaim();
        bytes32 digest = getConditionalVoucherDigest(channel.id, maxClaimableAmount, condition, terms);
        // As in `_claimRow`: a channel with a balance has an authorizer that is not zero.
        if (Signatures.recover(digest, signature) != channel.payerAuthorizer) revert BatchSettlement_BadSignature();
        // A static call: what answers can change nothing here.
        if (!condition.isMet(terms)) revert BatchSettlement_ConditionNotMet(condition, terms);

        state.totalClaimed = total;
        receivers[channel.receiver][channel.token].totalClaimed += total - already;

        emit Claimed(channel.id, msg.sender, total - already, total);
    }

    /// @inheritdoc IBatchSettlement
    function settle(address receiver, address token) external {
        ReceiverState storage state = receivers[receiver][token];
        uint128 owed = state.totalClaimed - state.totalSettled;
        // x402: nothing to settle is not an error.
        if (owed == 0) return;

        state.totalSettled += owed;

        _payOut(receiver, token, owed);
    }

    /// @dev The caller has booked it.
    function _payOut(address receiver, address token, uint128 amount) private {
        emit Settled(receiver, token, msg.sender, amount);

        _send(token, receiver, amount);
    }

    /* TAKE BACK */

    /// @inheritdoc IBatchSettlement
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external {
        Channel memory channel = _load(config);
        _requirePayerSide(channel);
        ChannelState storage state = channels[channel.id];
        Withdrawal storage withdrawal = pendingWithdrawals[channel.id];
        uint128 available = state.balance - state.totalClaimed;
        if (amount == 0) revert BatchSettlement_ZeroAmount();
        if (withdrawal.initiatedAt != 0) revert BatchSettlement_WithdrawalPending(withdrawal.initiatedAt);
        if (amount > available) revert BatchSettlement_Exceeds(amount, available);
        uint40 now_ = uint40(block.timestamp);

        withdrawal.amount = amount;
        withdrawal.initiatedAt = now_;

        emit WithdrawInitiated(channel.id, channel.receiver, amount, now_ + channel.withdrawDelay);
    }

    /// @inheritdoc IBatchSettlement
    function finalizeWithdraw(ChannelConfig calldata config) external {
        Channel memory channel = _load(config);
        _requirePayerSide(channel);
        ChannelState storage state = channels[channel.id];
        Withdrawal memory withdrawal = pendingWithdrawals[channel.id];
        if (withdrawal.initiatedAt == 0) revert BatchSettlement_NoWithdrawal();
        uint256 readyAt = uint256(withdrawal.initiatedAt) + channel.withdrawDelay;
        if (block.timestamp < readyAt) revert BatchSettlement_TooEarly(readyAt);
        uint128 available = state.balance - state.totalClaimed;
        uint128 amount = withdrawal.amount < available ? withdrawal.amount : available;

        delete pendingWithdrawals[channel.id];
        state.balance -= amount;

        emit WithdrawFinalized(channel.id, channel.payer, amount);

        if (amount != 0) _send(channel.token, channel.payer, amount);
    }

    /// @inheritdoc IBatchSettlement
    function refund(ChannelConfig calldata config, uint128 amount) external {
        Channel memory channel = _load(config);
        _requireReceiverSide(channel);
        _refund(channel, amount);
    }

    /// @inheritdoc IBatchSettlement
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external {
        Channel memory channel = _load(config);
        uint256 expected = refundNonce[channel.id];
        if (nonce != expected) revert BatchSettlement_WrongNonce(nonce, expected);
        address signer = Signatures.recover(getRefundDigest(channel.id, nonce, amount), receiverAuthorizerSignature);
        if (signer == address(0) || signer != channel.receiverAuthorizer) revert BatchSettlement_BadSignature();
        _refund(channel, amount);
    }

    /// @dev x402: the nonce moves even when nothing is left to give back, and a refund makes a withdrawal under way smaller.
    function _refund(Channel memory channel, uint128 requested) private {
        ChannelState storage state = channels[channel.id];
        Withdrawal storage withdrawal = pendingWithdrawals[channel.id];
        uint128 available = state.balance - state.totalClaimed;
        uint128 amount = requested < available ? requested : available;
        if (requested == 0) revert BatchSettlement_ZeroAmount();

        ++refundNonce[channel.id];
        if (amount == 0) return;
        state.balance -= amount;
        if (withdrawal.initiatedAt != 0) {
            if (amount >= withdrawal.amount) delete pendingWithdrawals[channel.id];
            else withdrawal.amount -= amount;
        }

        emit Refunded(channel.id, msg.sender, amount);

        _send(channel.token, channel.payer, amount);
    }

    /// @inheritdoc IBatchSettlement
    function multicall(bytes[] calldata data) external returns (bytes[] memory results) {
        results = new bytes[](data.length);
        for (uint256 i = 0; i < data.length; ++i) {
            // Not payable, so no call can count the same CHI twice.
            (bool ok, bytes memory result) = address(this).delegatecall(data[i]);
            if (!ok) {
                assembly ("memory-safe") {
                    revert(add(result, 0x20), mload(result))
                }
            }
            results[i] = result;
        }
    }

    /* VIEWS */

    /// @inheritdoc IBatchSettlement
    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return _load(config).id;
    }

    /// @inheritdoc IBatchSettlement
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) public view returns (bytes32) {
        return _digest(keccak256(abi.encode(VOUCHER_TYPEHASH, channelId, maxClaimableAmount)));
    }

    /// @inheritdoc IBatchSettlement
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) public view returns (bytes32) {
        return _digest(keccak256(abi.encode(REFUND_TYPEHASH, channelId, nonce, amount)));
    }

    /// @inheritdoc IBatchSettlement
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) public view returns (bytes32) {
        bytes32[] memory entries = new bytes32[](voucherClaims.length);
        Channel memory channel = _blank();
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            VoucherClaim calldata row = voucherClaims[i];
            _loadInto(channel, row.voucher.channel);
            entries[i] = keccak256(
                abi.encode(CLAIM_ENTRY_TYPEHASH, channel.id, row.voucher.maxClaimableAmount, row.totalClaimed)
            );
        }
        return _digest(keccak256(abi.encode(CLAIM_BATCH_TYPEHASH, keccak256(abi.encodePacked(entries)))));
    }

    /// @inheritdoc IBatchSettlement
    function getConditionalVoucherDigest(
        bytes32 channelId,
        uint128 maxClaimableAmount,
        ICondition condition,
        bytes32 terms
    ) public view returns (bytes32) {
        return _digest(
            keccak256(abi.encode(CONDITIONAL_VOUCHER_TYPEHASH, channelId, maxClaimableAmount, condition, terms))
        );
    }

    /// @inheritdoc IBatchSettlement
    function getAllocationDigest(bytes32 channelId, uint128 amount, uint256 nonce, uint40 validBefore)
        public
        view
        returns (bytes32)
    {
        return _digest(
            keccak256(abi.encode(ALLOCATION_TYPEHASH, channelId, amount, nonce, validBefore))
        );
    }

    /// @inheritdoc IBatchSettlement
    function getGrantDigest(
        address payer,
        address fromKey,
        address toKey,
        uint128 amount,
        uint256 nonce,
        uint40 validBefore
    ) public view returns (bytes32) {
        return _digest(
            keccak256(abi.encode(GRANT_TYPEHASH, payer, fromKey, toKey, amount, nonce, validBefore))
        );
    }

    /// @inheritdoc IBatchSettlement
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", NAME, VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /* INTERNAL */

    /// @dev What every way in demands of a channel besides its payer and its token.
    function _requireSound(Channel memory channel) private pure {
        if (
            channel.payerAuthorizer == address(0) || channel.receiver == address(0)
                || channel.receiverAuthorizer == address(0)
        ) revert BatchSettlement_ZeroAddress();
        if (channel.withdrawDelay < MIN_WITHDRAW_DELAY || channel.withdrawDelay > MAX_WITHDRAW_DELAY) {
            revert BatchSettlement_DelayOutOfRange(channel.withdrawDelay);
        }
    }

    function _requirePayerSide(Channel memory channel) private view {
        if (msg.sender != channel.payer && msg.sender != channel.payerAuthorizer) {
            revert BatchSettlement_NotPayer(msg.sender);
        }
    }

    function _requireReceiverSide(Channel memory channel) private view {
        if (msg.sender != channel.receiver && msg.sender != channel.receiverAuthorizer) {
            revert BatchSettlement_NotReceiver(msg.sender);
        }
    }

    /// @dev Adds money that is here already to a channel.
    function _credit(Channel memory channel, uint128 amount) private {
        ChannelState storage state = channels[channel.id];
        uint256 packed;
        assembly ("memory-safe") {
            packed := sload(state.slot)
        }
        // The balance is the low half of the slot.
        uint256 room = MAX_UINT128 - (packed & MAX_UINT128);
        if (amount > room) revert BatchSettlement_Exceeds(amount, room);
        assembly ("memory-safe") {
            sstore(state.slot, add(packed, amount))
        }
        emit Deposited(channel.id, channel.payer, channel.receiver, amount);
    }

    function _skip(bytes32 channelId, uint256 row, SkipReason reason) private {
        emit ClaimSkipped(channelId, row, reason);
    }

    function _send(address token, address to, uint128 amount) private {
        if (!Transfers.send(token, to, amount)) revert BatchSettlement_TransferFailed(token, to, amount);
    }

    /// @dev Computed each time: the bytes of this contract know neither their address nor their chain.
    function _domainSeparator() private view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, address(this))
        );
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _domainSeparator(), structHash));
    }

    /// @dev What all channels of one call share.
    function _blank() private view returns (Channel memory channel) {
        bytes32 domain = _domainSeparator();
        channel.typehash = CHANNEL_CONFIG_TYPEHASH;
        channel.voucherTypehash = VOUCHER_TYPEHASH;
        assembly ("memory-safe") {
            mstore(add(channel, 0x160), shl(240, 0x1901))
            mstore(add(channel, 0x162), domain)
        }
    }

    function _load(ChannelConfig calldata config) private view returns (Channel memory channel) {
        channel = _blank();
        _loadInto(channel, config);
    }

    /// @dev Fills a blank from the calldata, checked to be encoded in the one way that ABI allows, and names it.
    function _loadInto(Channel memory channel, ChannelConfig calldata config) private pure {
        assembly ("memory-safe") {
            calldatacopy(add(channel, 0x20), config, 0xe0)
            // Bits above an address or a uint40 would give one channel many names.
            let addresses := or(or(mload(add(channel, 0x20)), mload(add(channel, 0x40))), mload(add(channel, 0x60)))
            addresses := or(or(addresses, mload(add(channel, 0x80))), mload(add(channel, 0xa0)))
            if or(shr(160, addresses), shr(40, mload(add(channel, 0xc0)))) { revert(0, 0) }
            mstore(add(channel, 0x182), keccak256(channel, 0x100))
            mstore(add(channel, 0x120), keccak256(add(channel, 0x160), 66))
        }
    }

    /// @dev The rows of `claimMany`, in assembly because every payer of a batch pays for every word of it. Each row says the
    /// same as `_claimRow` for a claim to the full of the voucher or, when less, of the balance.
    /// @param channel A blank channel with all that the rows share.
    /// @param rows A whole number of rows.
    /// @return sum Newly claimed in all.
    function _claimRows(Channel memory channel, bytes calldata rows) private returns (uint256 sum) {
        uint256 maxS = Signatures.MAX_S;
        bytes32 skippedTopic = ClaimSkipped.selector;
        assembly ("memory-safe") {
            let end := add(rows.offset, rows.length)
            // ecrecover's four words.
            let input := mload(0x40)
            mstore(0x20, channels.slot)
            for { let row := rows.offset } lt(row, end) { row := add(row, 152) } {
                mstore(add(channel, 0x20), shr(96, calldataload(row))) // payer
                mstore(add(channel, 0x40), shr(96, calldataload(add(row, 20)))) // payerAuthorizer
                mstore(add(channel, 0xe0), calldataload(add(row, 40))) // salt
                mstore(add(channel, 0x182), keccak256(channel, 0x100))
                let channelId := keccak256(add(channel, 0x160), 66)
                // Solidity's place of channels[channelId]: balance in the low half, totalClaimed in the high half.
                mstore(0x00, channelId)
                let slot := keccak256(0x00, 0x40)
                let state := sload(slot)
                let held := and(state, 0xffffffffffffffffffffffffffffffff)
                let total := shr(128, calldataload(add(row, 72)))
                mstore(add(channel, 0x140), total) // maxClaimableAmount
                if gt(total, held) { total := held }

                if gt(total, shr(128, state)) {
                    mstore(add(channel, 0x120), channelId)
                    mstore(add(channel, 0x182), keccak256(add(channel, 0x100), 0x60))
                    let s := calldataload(add(row, 120))
                    mstore(input, keccak256(add(channel, 0x160), 66))
                    mstore(add(input, 0x20), add(27, shr(255, s)))
                    mstore(add(input, 0x40), calldataload(add(row, 88))) // r
                    s := shr(1, shl(1, s))
                    mstore(add(input, 0x60), s)
                    // ecrecover answers nothing, not even zero, when there is no signer.
                    pop(staticcall(gas(), 1, input, 0x80, 0x00, 0x20))
                    let wrong := or(xor(returndatasize(), 0x20), gt(s, maxS))
                    if iszero(or(wrong, xor(mload(0x00), mload(add(channel, 0x40))))) {
                        let gained := sub(total, shr(128, state))
                        sum := add(sum, gained)
                        sstore(slot, add(state, shl(128, gained)))
                        continue
                    }
                }
                mstore(0x00, div(sub(row, rows.offset), 152))
                mstore(0x20, add(1, mul(3, gt(total, shr(128, state))))) // SkipReason: Stale 1, BadSignature 4
                log2(0x00, 0x40, skippedTopic, channelId)
                mstore(0x20, channels.slot)
            }
        }
    }
}
