// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDepositCollector} from "../../interfaces/IDepositCollector.sol";
import {PlainToken} from "./Tokens.sol";

/// @dev Brings what it is told to, without asking anyone.
contract PullCollector is IDepositCollector {
    function collect(address payer, address token, uint256 amount, bytes32, bytes calldata) external {
        PlainToken(token).pull(payer, msg.sender, amount);
    }
}

/// @dev Brings nothing.
contract IdleCollector is IDepositCollector {
    function collect(address, address, uint256, bytes32, bytes calldata) external {}
}

/// @dev Calls what it is given before it brings anything.
contract ReenteringCollector is IDepositCollector {
    bool public reentered;

    function collect(address payer, address token, uint256 amount, bytes32, bytes calldata payload) external {
        if (payload.length != 0) (reentered,) = msg.sender.call(payload);
        PlainToken(token).pull(payer, msg.sender, amount);
    }
}
