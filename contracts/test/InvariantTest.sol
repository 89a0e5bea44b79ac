// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "./Test.sol";

/// @dev A campaign against one handler, which acts for everybody: who calls it does not matter. The runner reads both functions.
abstract contract InvariantTest is Test {
    /// @dev Set by `setUp`.
    address internal target;

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = target;
    }

    /// @dev One who can always call: of callers that it makes up itself the runner throws so many away that a long campaign ends
    /// with "Could not generate case".
    function targetSenders() external pure returns (address[] memory senders) {
        senders = new address[](1);
        senders[0] = address(0xCA11E5);
    }
}
