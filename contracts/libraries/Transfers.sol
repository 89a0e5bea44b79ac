// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev What we call of an ERC-20.
interface IERC20 {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
}

/// @title Moves CHI (token zero) or ERC-20 out of this contract
/// @notice Callers write their state first: the recipient and the token run code of their own.
library Transfers {
    /// @notice False when the recipient or the token refused, or there is no token. Tokens that answer nothing are taken at
    /// their word.
    function send(address token, address to, uint256 amount) internal returns (bool ok) {
        if (token == address(0)) {
            (ok,) = to.call{value: amount}("");
            return ok;
        }
        bytes memory answer;
        (ok, answer) = token.call(abi.encodeCall(IERC20.transfer, (to, amount)));
        if (!ok) return false;
        return answer.length == 0 ? token.code.length > 0 : answer.length >= 32 && abi.decode(answer, (uint256)) == 1;
    }
}
