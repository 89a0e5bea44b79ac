// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Signatures} from "../../libraries/Signatures.sol";

/// @dev A contract wallet with one owner: ERC-1271, makes any call, takes CHI.
contract ContractWallet {
    address private immutable OWNER;

    constructor(address owner) {
        OWNER = owner;
    }

    receive() external payable {}

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return Signatures.recover(digest, signature) == OWNER ? this.isValidSignature.selector : bytes4(0xffffffff);
    }

    function execute(address target, uint256 value, bytes calldata data) external {
        (bool ok, bytes memory answer) = target.call{value: value}(data);
        if (!ok) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}

/// @dev Answers ERC-1271 with whatever it is told.
contract LyingWallet {
    bytes private answer;
    bool private reverts;

    function set(bytes calldata answer_, bool reverts_) external {
        (answer, reverts) = (answer_, reverts_);
    }

    fallback() external {
        bytes memory data = answer;
        bool fails = reverts;
        assembly {
            if fails { revert(add(data, 32), mload(data)) }
            return(add(data, 32), mload(data))
        }
    }
}

/// @dev Takes no CHI until told.
contract Refuser {
    bool public takes;

    function setTakes(bool value) external {
        takes = value;
    }

    receive() external payable {
        require(takes, "no");
    }

    function execute(address target, bytes calldata data) external {
        (bool ok, bytes memory answer) = target.call(data);
        if (!ok) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}

/// @dev Burns all the gas it gets.
contract GasBurner {
    receive() external payable {
        assembly {
            for {} 1 {} {}
        }
    }
}

/// @dev Answers a payment with a megabyte.
contract Babbler {
    receive() external payable {
        assembly {
            revert(0, 20000)
        }
    }
}

/// @dev On receiving CHI calls what it was told to, once.
contract Reenterer {
    address private target;
    bytes private payload;
    uint256 public reentered;

    function arm(address target_, bytes calldata payload_) external {
        (target, payload) = (target_, payload_);
    }

    receive() external payable {
        address target_ = target;
        if (target_ == address(0)) return;
        target = address(0);
        (bool ok,) = target_.call(payload);
        if (ok) ++reentered;
    }

    function execute(address target_, uint256 value, bytes calldata data) external payable {
        (bool ok, bytes memory answer) = target_.call{value: value}(data);
        if (!ok) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}

/// @dev A condition that says what it is told.
contract Switch {
    bool public on;

    function set(bool value) external {
        on = value;
    }

    function isMet(bytes32) external view returns (bool) {
        return on;
    }
}

/// @dev Signatures, callable; many at once for the comparison with TypeScript.
contract SignaturesHarness {
    function recover(bytes32 digest, bytes calldata signature) external pure returns (address) {
        return Signatures.recover(digest, signature);
    }

    function recoverMany(bytes32[] calldata digests, bytes[] calldata signatures)
        external
        pure
        returns (address[] memory signers)
    {
        signers = new address[](digests.length);
        for (uint256 i = 0; i < digests.length; ++i) {
            signers[i] = Signatures.recover(digests[i], signatures[i]);
        }
    }

    function isSignedBy(address wallet, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return Signatures.isSignedBy(wallet, digest, signature);
    }
}
