// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BatchSettlement} from "./BatchSettlement.sol";
import {ChannelConfig} from "./interfaces/IBatchSettlement.sol";
import {Test} from "./test/Test.sol";

/// @dev What TypeScript reads of a JSON file.
interface VmJson {
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
}

/// @dev The vectors of protocol/vectors, which TypeScript and a second library are held to as well.
contract TypedDataTest is Test {
    VmJson private constant JSON = VmJson(address(vm));

    function test_vectors() public {
        string memory json = vm.readFile("protocol/vectors/typed-data.json");
        uint256 seen;
        for (uint256 i = 0; JSON.keyExistsJson(json, _key(i, "")); ++i) {
            bytes32 kind = keccak256(bytes(JSON.parseJsonString(json, _key(i, ".primaryType"))));
            if (kind != keccak256("ChannelConfig") && kind != keccak256("Voucher")) continue;
            vm.chainId(JSON.parseJsonUint(json, _key(i, ".domain.chainId")));
            address at_ = JSON.parseJsonAddress(json, _key(i, ".domain.verifyingContract"));
            vm.etch(at_, deployed("BatchSettlement").code);
            bytes32 digest = kind == keccak256("Voucher")
                ? BatchSettlement(at_).getVoucherDigest(
                    JSON.parseJsonBytes32(json, _key(i, ".value.channelId")),
                    uint128(JSON.parseJsonUint(json, _key(i, ".value.maxClaimableAmount")))
                )
                : BatchSettlement(at_).getChannelId(_config(json, i));
            assertEq(digest, JSON.parseJsonBytes32(json, _key(i, ".digest")), "digest");
            ++seen;
        }
        assertTrue(seen >= 6, "vectors were read");
    }

    function _config(string memory json, uint256 i) private pure returns (ChannelConfig memory) {
        return ChannelConfig({
            payer: JSON.parseJsonAddress(json, _key(i, ".value.payer")),
            payerAuthorizer: JSON.parseJsonAddress(json, _key(i, ".value.payerAuthorizer")),
            receiver: JSON.parseJsonAddress(json, _key(i, ".value.receiver")),
            receiverAuthorizer: JSON.parseJsonAddress(json, _key(i, ".value.receiverAuthorizer")),
            token: JSON.parseJsonAddress(json, _key(i, ".value.token")),
            withdrawDelay: uint40(JSON.parseJsonUint(json, _key(i, ".value.withdrawDelay"))),
            salt: JSON.parseJsonBytes32(json, _key(i, ".value.salt"))
        });
    }

    /// @dev Path of a field of vector `i`, which is below a hundred.
    function _key(uint256 i, string memory field) private pure returns (string memory) {
        bytes memory tens = i < 10 ? bytes("") : abi.encodePacked(bytes1(uint8(48 + i / 10)));
        return string(abi.encodePacked(".[", tens, bytes1(uint8(48 + i % 10)), "]", field));
    }
}
