// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BatchSettlement} from "../BatchSettlement.sol";
import {ChannelConfig, Voucher, VoucherClaim} from "../interfaces/IBatchSettlement.sol";
import {Test} from "./Test.sol";

/// @dev Channels and vouchers by hand.
abstract contract SettlementTest is Test {
    BatchSettlement internal settlement;

    uint256 internal constant PAYER_KEY = 0xA11CE;
    uint256 internal constant SESSION_KEY = 0x5E55;
    uint256 internal constant RECEIVER_KEY = 0xB0B;
    uint40 internal constant DELAY = 3600;
    /// @dev Tests name times from here: optimized code may read the clock once and keep it over a `warp`.
    uint40 internal constant START = 1_700_000_000;

    address internal payer = vm.addr(PAYER_KEY);
    address internal session = vm.addr(SESSION_KEY);
    address internal receiver = vm.addr(RECEIVER_KEY);

    function setUp() public virtual {
        settlement = BatchSettlement(deployed("BatchSettlement"));
        vm.warp(START);
        vm.deal(payer, type(uint128).max);
    }

    function chiChannel(uint256 salt) internal view returns (ChannelConfig memory) {
        return channel(address(0), salt);
    }

    function channel(address token, uint256 salt) internal view returns (ChannelConfig memory) {
        return ChannelConfig({
            payer: payer,
            payerAuthorizer: session,
            receiver: receiver,
            receiverAuthorizer: receiver,
            token: token,
            withdrawDelay: DELAY,
            salt: bytes32(salt)
        });
    }

    function open(ChannelConfig memory config, uint128 amount) internal returns (bytes32 id) {
        ChannelConfig[] memory configs = new ChannelConfig[](1);
        uint128[] memory amounts = new uint128[](1);
        (configs[0], amounts[0]) = (config, amount);
        vm.prank(config.payer);
        settlement.openMany{value: amount}(configs, amounts);
        return settlement.getChannelId(config);
    }

    function voucherClaim(ChannelConfig memory config, uint128 max, uint128 total)
        internal
        view
        returns (VoucherClaim memory)
    {
        bytes32 digest = settlement.getVoucherDigest(settlement.getChannelId(config), max);
        return VoucherClaim(Voucher(config, max), signature(SESSION_KEY, digest), total);
    }

    function one(VoucherClaim memory row) internal pure returns (VoucherClaim[] memory rows) {
        rows = new VoucherClaim[](1);
        rows[0] = row;
    }

    function compactRow(ChannelConfig memory config, uint128 amount, uint256 key) internal view returns (bytes memory) {
        bytes32 digest = settlement.getVoucherDigest(settlement.getChannelId(config), amount);
        return abi.encodePacked(
            config.payer, config.payerAuthorizer, config.salt, amount, compactSignature(key, digest)
        );
    }

    function claim(ChannelConfig memory config, uint128 total) internal {
        VoucherClaim[] memory rows = one(voucherClaim(config, total, total));
        vm.prank(receiver);
        settlement.claim(rows);
    }

    function balanceOf(bytes32 id) internal view returns (uint128 balance) {
        (balance,) = settlement.channels(id);
    }

    function claimedOf(bytes32 id) internal view returns (uint128 claimed) {
        (, claimed) = settlement.channels(id);
    }
}
