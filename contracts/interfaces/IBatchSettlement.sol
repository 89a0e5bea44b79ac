// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICondition} from "./ICondition.sol";

/// @notice Who pays whom, in what, and on whose signatures. Its EIP-712 hash is the channel's name.
struct ChannelConfig {
    /// @dev Whose money it is; everything not claimed returns here.
    address payer;
    /// @dev Session key that signs vouchers. Never zero.
    address payerAuthorizer;
    /// @dev Who is paid.
    address receiver;
    /// @dev Key that may claim and refund for the receiver; often the receiver itself. Never zero.
    address receiverAuthorizer;
    /// @dev ERC-20, or zero for CHI.
    address token;
    /// @dev Seconds between asking for a withdrawal and getting it, 900 to 2,592,000.
    uint40 withdrawDelay;
    /// @dev Tells apart channels that are otherwise equal. Leading zero bytes make claims cheaper.
    bytes32 salt;
}

/// @notice What a channel holds.
struct ChannelState {
    /// @dev Deposited and not taken back; includes what was claimed. In the token's smallest unit.
    uint128 balance;
    /// @dev Claimed by the receiver so far. Never decreases, never above `balance`.
    uint128 totalClaimed;
}

/// @notice A withdrawal under way.
struct Withdrawal {
    uint128 amount;
    /// @dev Seconds since 1970; zero when none is under way.
    uint40 initiatedAt;
}

/// @notice What a receiver has earned and been paid, in one token, over all channels. Neither ever decreases.
struct ReceiverState {
    uint128 totalClaimed;
    uint128 totalSettled;
}

/// @notice CHI that a session key may allocate to channels of its wallet.
struct Reserve {
    uint128 balance;
    /// @dev Seconds since 1970; zero while the key is good.
    uint40 revokedAt;
}

/// @notice A cumulative promise of the payer.
struct Voucher {
    ChannelConfig channel;
    uint128 maxClaimableAmount;
}

/// @notice A voucher with its signature and how much of it is claimed in all.
struct VoucherClaim {
    Voucher voucher;
    bytes signature;
    uint128 totalClaimed;
}

/// @notice Why a row of a claim was left out.
enum SkipReason {
    NotReceiver,
    Stale,
    ExceedsVoucher,
    ExceedsBalance,
    BadSignature,
    Overflow
}

/// @title Payment channels of x402 `batch-settlement`, in CHI and ERC-20
/// @notice A payer deposits, signs vouchers for a growing total, and the receiver claims the newest one. Functions that x402
/// names have its selectors, its typed data and its meaning; the rest is ours: CHI, `openMany`, `claimMany`, the reserve.
/// No owner, no fee, no upgrade, no constructor: the same bytes serve wherever they lie.
/// @dev Signatures are ECDSA, 65 bytes with v 27 or 28 or 64 bytes (EIP-2098), low s only. ERC-1271 counts in one place,
/// `grantReserve`, where a wallet names a session key.
interface IBatchSettlement {
    /* ERRORS */

    /// @notice A party of the channel is zero.
    error BatchSettlement_ZeroAddress();
    /// @notice The channel is not in the token that this function takes.
    error BatchSettlement_WrongToken(address token);
    /// @notice The withdraw delay is not between 900 s and 2,592,000 s.
    error BatchSettlement_DelayOutOfRange(uint40 withdrawDelay);
    /// @notice An amount of zero moves nothing.
    error BatchSettlement_ZeroAmount();
    /// @notice A list is empty, or the two lists differ in length.
    error BatchSettlement_LengthMismatch(uint256 configs, uint256 amounts);
    /// @notice The amounts do not add up to the CHI sent.
    error BatchSettlement_ValueMismatch(uint256 value, uint256 sum);
    /// @notice The caller is not on the payer's side of this channel.
    error BatchSettlement_NotPayer(address caller);
    /// @notice The caller is not on the receiver's side of this channel.
    error BatchSettlement_NotReceiver(address caller);
    /// @notice Nobody entitled to it made this signature.
    error BatchSettlement_BadSignature();
    /// @notice Compact rows are not a whole number of rows, or none.
    error BatchSettlement_BadRows(uint256 bytesLength);
    /// @notice A withdrawal of this channel is already under way.
    error BatchSettlement_WithdrawalPending(uint40 initiatedAt);
    /// @notice No withdrawal of this channel is under way.
    error BatchSettlement_NoWithdrawal();
    /// @notice The withdraw delay has not passed.
    error BatchSettlement_TooEarly(uint256 readyAt);
    /// @notice More was asked for than there is.
    error BatchSettlement_Exceeds(uint256 amount, uint256 available);
    /// @notice The refund was signed for another nonce.
    error BatchSettlement_WrongNonce(uint256 nonce, uint256 expected);
    /// @notice This nonce was used.
    error BatchSettlement_NonceUsed(uint256 nonce);
    /// @notice What was signed is no longer valid.
    error BatchSettlement_Expired(uint40 validBefore);
    /// @notice The session key was revoked.
    error BatchSettlement_SessionRevoked(uint40 revokedAt);
    /// @notice The collector brought nothing.
    error BatchSettlement_NothingCollected();
    /// @notice A deposit was made from inside another deposit.
    error BatchSettlement_Reentered();
    /// @notice The channel has paid as much already.
    error BatchSettlement_NothingToClaim();
    /// @notice What the payer made its voucher depend on has not happened.
    error BatchSettlement_ConditionNotMet(ICondition condition, bytes32 terms);
    /// @notice The token or the recipient refused.
    error BatchSettlement_TransferFailed(address token, address to, uint256 amount);

    /* EVENTS */

    /// @notice `amount` was added to a channel, whichever way it came.
    event Deposited(bytes32 indexed channelId, address indexed payer, address indexed receiver, uint128 amount);
    /// @notice One row of `claim` or `claimWithSignature` was applied.
    event Claimed(bytes32 indexed channelId, address indexed sender, uint128 claimAmount, uint128 newTotalClaimed);
    /// @notice `claimMany` claimed `amount` in all from the rows that it did not skip. `receiptsRoot` is whatever the receiver
    /// commits to: by our convention the root of a Merkle tree over the payers' chunk receipts.
    event ClaimedMany(
        address indexed receiver, address indexed token, bytes32 indexed receiptsRoot, uint128 amount, uint256 rows
    );
    /// @notice Row `row`, counted from 0, was left out.
    event ClaimSkipped(bytes32 indexed channelId, uint256 row, SkipReason reason);
    /// @notice Claimed money went to its receiver.
    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);
    /// @notice A withdrawal began. The receiver may claim until it is finalized, which is never before `finalizeAfter`.
    event WithdrawInitiated(
        bytes32 indexed channelId, address indexed receiver, uint128 amount, uint40 finalizeAfter
    );
    /// @notice A withdrawal ended; `amount` is what was still unclaimed of it.
    event WithdrawFinalized(bytes32 indexed channelId, address indexed payer, uint128 amount);
    /// @notice The receiver gave unclaimed money back.
    event Refunded(bytes32 indexed channelId, address indexed sender, uint128 amount);
    /// @notice A reserve grew.
    event ReserveFunded(address indexed payer, address indexed sessionKey, uint128 amount);
    /// @notice A reserve shrank other than by allocation.
    event ReserveWithdrawn(address indexed payer, address indexed sessionKey, uint128 amount);
    /// @notice The session key may allocate for one withdraw delay more.
    event SessionRevoked(address indexed payer, address indexed sessionKey);

    /* DEPOSIT */

    /// @notice Adds ERC-20 to a channel. What arrived counts, not what was announced.
    /// @param config The channel; its token is not zero.
    /// @param amount What the collector is told to bring.
    /// @param collector Contract that moves the payer's token here, having checked the payer's authorization.
    /// @param collectorData For the collector alone.
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external;

    /// @notice Opens or tops up many CHI channels of the caller; the CHI sent is the sum of `amounts`.
    /// @param configs Channels whose payer is the caller and whose token is zero.
    /// @param amounts Wei for each.
    function openMany(ChannelConfig[] calldata configs, uint128[] calldata amounts) external payable;

    /// @notice As `openMany`; CHI above the sum goes to the caller's reserve for `sessionKey`. One confirmation for all.
    function openManyAndFund(ChannelConfig[] calldata configs, uint128[] calldata amounts, address sessionKey)
        external
        payable;

    /* RESERVE */

    /// @notice Adds the CHI sent to what `sessionKey` may allocate for the caller. Key zero only stores it.
    function fundReserve(address sessionKey) external payable;

    /// @notice Takes unallocated CHI back, at once.
    function withdrawReserve(address sessionKey, uint128 amount) external;

    /// @notice Ends what a session key may do: it allocates only for one withdraw delay (of the channel it allocates to) more.
    /// Channels that it opened and vouchers that it signed keep their worth. A revoked key never becomes good again.
    function revokeSession(address sessionKey) external;

    /// @notice Moves CHI from one session key's reserve to another's on the wallet's signature, so a wallet names a new key
    /// without a transaction. Anyone may submit it. The only place where a contract wallet's ERC-1271 counts.
    /// @param payer The wallet.
    /// @param fromKey Reserve to take from; zero is what no key may allocate.
    /// @param toKey Reserve to add to; its key was not revoked.
    /// @param amount Wei.
    /// @param nonce Any number that this wallet has not used here.
    /// @param validBefore Seconds since 1970.
    /// @param signature The wallet's, over `getGrantDigest`.
    function grantReserve(
        address payer,
        address fromKey,
        address toKey,
        uint128 amount,
        uint256 nonce,
        uint40 validBefore,
        bytes calldata signature
    ) external;

    /// @notice Adds CHI from the payer's reserve to a channel on the session key's signature. Anyone may submit it.
    /// @param config CHI channel; its `payerAuthorizer` is the session key.
    /// @param amount Wei.
    /// @param nonce Any number that this key has not used here.
    /// @param validBefore Seconds since 1970.
    /// @param signature The session key's, over `getAllocationDigest`.
    function allocate(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        uint40 validBefore,
        bytes calldata signature
    ) external;

    /* CLAIM */

    /// @notice Claims for channels of which the caller is receiver or receiver authorizer. Pays nothing out. Rows that do not
    /// hold are skipped and reported.
    function claim(VoucherClaim[] calldata voucherClaims) external;

    /// @notice As `claim`, by anyone, on the signature of the receiver authorizer of the first row.
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature) external;

    /// @notice Claims many channels of one receiver, each to the full of its voucher or of what it holds, and pays the
    /// receiver all it is owed in this token.
    /// @param receiver Receiver of every row.
    /// @param receiverAuthorizer Receiver authorizer of every row. The caller is one of these two.
    /// @param token Token of every row.
    /// @param withdrawDelay Withdraw delay of every row.
    /// @param receiptsRoot Goes into the event; zero when there is nothing to commit to.
    /// @param rows Rows of 152 bytes: payer 20, payerAuthorizer 20, salt 32, maxClaimableAmount 16, signature r 32 and yParityAndS 32 (EIP-2098), all big-endian.
    /// @return amount What was claimed.
    function claimMany(
        address receiver,
        address receiverAuthorizer,
        address token,
        uint40 withdrawDelay,
        bytes32 receiptsRoot,
        bytes calldata rows
    ) external returns (uint128 amount);

    /// @notice Claims a voucher that counts only when a condition is met, to its full or to what the channel holds. It shares
    /// its running total with ordinary vouchers: one for the same amount replaces it, and then no condition is ever asked.
    /// @param config The channel; the caller is on its receiver's side.
    /// @param maxClaimableAmount Running total that the payer promised.
    /// @param condition Contract that says whether; both sides chose to trust it.
    /// @param terms What it is asked about.
    /// @param signature The payer authorizer's, over `getConditionalVoucherDigest`.
    function claimConditional(
        ChannelConfig calldata config,
        uint128 maxClaimableAmount,
        ICondition condition,
        bytes32 terms,
        bytes calldata signature
    ) external;

    /// @notice Pays a receiver all it has claimed in a token. By anyone.
    function settle(address receiver, address token) external;

    /* TAKE BACK */

    /// @notice Begins to take back `amount`. All of it stays claimable until it is finalized.
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external;

    /// @notice Ends a withdrawal after its delay; the payer gets what is still unclaimed of it.
    function finalizeWithdraw(ChannelConfig calldata config) external;

    /// @notice The receiver gives back up to `amount` of what is unclaimed, at once.
    function refund(ChannelConfig calldata config, uint128 amount) external;

    /// @notice As `refund`, by anyone, on the receiver authorizer's signature for the channel's present refund nonce.
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external;

    /// @notice Several calls to this contract in one transaction, all or none. Carries no CHI.
    function multicall(bytes[] calldata data) external returns (bytes[] memory results);

    /* VIEWS */

    /// @notice EIP-712 type hash of a channel config.
    function CHANNEL_CONFIG_TYPEHASH() external view returns (bytes32);
    /// @notice A channel's name: the EIP-712 digest of its config on this chain, for this contract.
    function getChannelId(ChannelConfig calldata config) external view returns (bytes32);
    /// @notice What a payer authorizer signs.
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) external view returns (bytes32);
    /// @notice What a receiver authorizer signs to refund.
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) external view returns (bytes32);
    /// @notice What a receiver authorizer signs to claim.
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) external view returns (bytes32);
    /// @notice What a payer authorizer signs to promise on a condition.
    function getConditionalVoucherDigest(
        bytes32 channelId,
        uint128 maxClaimableAmount,
        ICondition condition,
        bytes32 terms
    ) external view returns (bytes32);
    /// @notice What a session key signs to allocate.
    function getAllocationDigest(bytes32 channelId, uint128 amount, uint256 nonce, uint40 validBefore)
        external
        view
        returns (bytes32);
    /// @notice What a wallet signs to name a session key.
    function getGrantDigest(
        address payer,
        address fromKey,
        address toKey,
        uint128 amount,
        uint256 nonce,
        uint40 validBefore
    ) external view returns (bytes32);
    /// @notice State of a channel.
    function channels(bytes32 channelId) external view returns (uint128 balance, uint128 totalClaimed);
    /// @notice Withdrawal of a channel.
    function pendingWithdrawals(bytes32 channelId) external view returns (uint128 amount, uint40 initiatedAt);
    /// @notice Nonce that the next signed refund of a channel must carry.
    function refundNonce(bytes32 channelId) external view returns (uint256);
    /// @notice Totals of a receiver.
    function receivers(address receiver, address token)
        external
        view
        returns (uint128 totalClaimed, uint128 totalSettled);
    /// @notice Reserve of a session key.
    function reserves(address payer, address sessionKey) external view returns (uint128 balance, uint40 revokedAt);
    /// @notice Bit `nonce & 255` of word `nonce >> 8` tells whether a nonce was used: by a session key in `allocate`, by
    /// the wallet (as `sessionKey` zero) in `grantReserve`.
    function usedNonces(address payer, address sessionKey, uint256 word) external view returns (uint256 bits);
    /// @notice ERC-5267: the EIP-712 domain.
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
        );
}
