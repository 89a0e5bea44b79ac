// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What one content's seeders are paid.
struct Download {
    /// @dev BEP 52 root of the content. Metadata: it moves no money.
    bytes32 contentRoot;
    /// @dev Rows of 41 bytes, big-endian: payee 20, amount in wei 16, chunks 4, protocol 1. The last two are metadata.
    /// Protocols: 0 unknown, 1 HTTP, 2 WebTorrent, 3 BitTorrent, 4 ed2k, 5 libp2p.
    bytes rows;
}

/// @title One transaction that pays many seeders after a download
/// @notice Whatever protocol moved the bytes, the payment looks the same. Holds nothing but credits of payees that refused.
interface IPayments {
    /// @notice Rows are not a whole number of rows, or none.
    error Payments_BadRows(uint256 bytesLength);
    /// @notice The amounts do not add up to the CHI sent.
    error Payments_ValueMismatch(uint256 value, uint256 sum);
    /// @notice Nothing to withdraw.
    error Payments_NoCredit(address payee);
    /// @notice The recipient refused.
    error Payments_TransferFailed(address to, uint256 amount);

    /// @notice A content's seeders were paid as `rows` say; the layout is that of `Download.rows`.
    event Paid(address indexed payer, bytes32 indexed contentRoot, bytes rows);
    /// @notice A payee did not take its payment; it can fetch it with `withdraw`.
    event Credited(address indexed payee, uint256 amount);
    /// @notice A payee fetched its credit.
    event Withdrawn(address indexed payee, address indexed to, uint256 amount);

    /// @notice Pays every row. The CHI sent is the sum of the amounts. A payee that fails to take its CHI within 30,000 gas is
    /// credited instead and stops nobody.
    function payMany(Download[] calldata downloads) external payable;

    /// @notice Sends the caller's credit to `to`.
    function withdraw(address to) external;

    /// @notice What a payee that refused can still fetch, wei.
    function credits(address payee) external view returns (uint256);
}
