// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev An honest ERC-20 that anyone mints; the others here misbehave in one way each.
contract PlainToken {
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) public virtual {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) public virtual returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    /// @dev Stands for a payer's authorization: collectors of these tests pull with it.
    function pull(address from, address to, uint256 amount) public virtual {
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) internal {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Answers nothing, as USDT does.
contract NoReturnToken is PlainToken {
    function transfer(address to, uint256 amount) public override returns (bool) {
        _move(msg.sender, to, amount);
        assembly {
            return(0, 0)
        }
    }
}

/// @dev Answers false instead of reverting, and does so whenever it likes.
contract NoRevertToken is PlainToken {
    bool public refuses;

    function setRefuses(bool value) external {
        refuses = value;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (refuses || balanceOf[msg.sender] < amount) return false;
        _move(msg.sender, to, amount);
        return true;
    }
}

/// @dev Reverts when it is paused.
contract PausableToken is PlainToken {
    bool public paused;

    function setPaused(bool value) external {
        paused = value;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        require(!paused, "paused");
        return super.transfer(to, amount);
    }
}

/// @dev Keeps one percent of every transfer.
contract FeeToken is PlainToken {
    function transfer(address to, uint256 amount) public override returns (bool) {
        _moveLess(msg.sender, to, amount);
        return true;
    }

    function pull(address from, address to, uint256 amount) public override {
        _moveLess(from, to, amount);
    }

    function _moveLess(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount - amount / 100;
    }
}

/// @dev Calls back whoever asked to be called, in the middle of each transfer.
contract ReenteringToken is PlainToken {
    address public target;
    bytes public payload;
    uint256 public reentered;
    bool private inside;

    function arm(address target_, bytes calldata payload_) external {
        (target, payload) = (target_, payload_);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        _callBack();
        _move(msg.sender, to, amount);
        _callBack();
        return true;
    }

    function pull(address from, address to, uint256 amount) public override {
        _callBack();
        _move(from, to, amount);
        _callBack();
    }

    function _callBack() private {
        if (inside || target == address(0)) return;
        inside = true;
        (bool ok,) = target.call(payload);
        if (ok) ++reentered;
        inside = false;
    }
}
