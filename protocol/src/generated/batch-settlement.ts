/**
 * Generated from contracts/BatchSettlement.sol by `npm run generate`; do not edit. Exports:
 * BATCH_SETTLEMENT_ABI: its ABI.
 * BATCH_SETTLEMENT_CREATION_BYTECODE: what a deployment sends.
 * BATCH_SETTLEMENT_RUNTIME_BYTECODE: what lies at its address.
 * BATCH_SETTLEMENT_TYPED_DATA: EIP-712 types that it hashes.
 */
export const BATCH_SETTLEMENT_ABI = [
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "bytesLength",
        "type": "uint256"
      }
    ],
    "name": "BatchSettlement_BadRows",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "BatchSettlement_BadSignature",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "contract ICondition",
        "name": "condition",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "terms",
        "type": "bytes32"
      }
    ],
    "name": "BatchSettlement_ConditionNotMet",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint40",
        "name": "withdrawDelay",
        "type": "uint40"
      }
    ],
    "name": "BatchSettlement_DelayOutOfRange",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "available",
        "type": "uint256"
      }
    ],
    "name": "BatchSettlement_Exceeds",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint40",
        "name": "validBefore",
        "type": "uint40"
      }
    ],
    "name": "BatchSettlement_Expired",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "configs",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "amounts",
        "type": "uint256"
      }
    ],
    "name": "BatchSettlement_LengthMismatch",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "BatchSettlement_NoWithdrawal",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      }
    ],
    "name": "BatchSettlement_NonceUsed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "caller",
        "type": "address"
      }
    ],
    "name": "BatchSettlement_NotPayer",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "caller",
        "type": "address"
      }
    ],
    "name": "BatchSettlement_NotReceiver",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "BatchSettlement_NothingCollected",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "BatchSettlement_NothingToClaim",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "BatchSettlement_Reentered",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint40",
        "name": "revokedAt",
        "type": "uint40"
      }
    ],
    "name": "BatchSettlement_SessionRevoked",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "readyAt",
        "type": "uint256"
      }
    ],
    "name": "BatchSettlement_TooEarly",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "to",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "BatchSettlement_TransferFailed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "sum",
        "type": "uint256"
      }
    ],
    "name": "BatchSettlement_ValueMismatch",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint40",
        "name": "initiatedAt",
        "type": "uint40"
      }
    ],
    "name": "BatchSettlement_WithdrawalPending",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "expected",
        "type": "uint256"
      }
    ],
    "name": "BatchSettlement_WrongNonce",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "BatchSettlement_WrongToken",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "BatchSettlement_ZeroAddress",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "BatchSettlement_ZeroAmount",
    "type": "error"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "row",
        "type": "uint256"
      },
      {
        "indexed": false,
        "internalType": "enum SkipReason",
        "name": "reason",
        "type": "uint8"
      }
    ],
    "name": "ClaimSkipped",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "sender",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "claimAmount",
        "type": "uint128"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "newTotalClaimed",
        "type": "uint128"
      }
    ],
    "name": "Claimed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "receiver",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "receiptsRoot",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "rows",
        "type": "uint256"
      }
    ],
    "name": "ClaimedMany",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "receiver",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "Deposited",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "sender",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "Refunded",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "sessionKey",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "ReserveFunded",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "sessionKey",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "ReserveWithdrawn",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "sessionKey",
        "type": "address"
      }
    ],
    "name": "SessionRevoked",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "receiver",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "sender",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "Settled",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "WithdrawFinalized",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "receiver",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      },
      {
        "indexed": false,
        "internalType": "uint40",
        "name": "finalizeAfter",
        "type": "uint40"
      }
    ],
    "name": "WithdrawInitiated",
    "type": "event"
  },
  {
    "inputs": [],
    "name": "ALLOCATION_TYPEHASH",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "CHANNEL_CONFIG_TYPEHASH",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "CLAIM_BATCH_TYPEHASH",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "CLAIM_ENTRY_TYPEHASH",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "CONDITIONAL_VOUCHER_TYPEHASH",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "GRANT_TYPEHASH",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "MAX_WITHDRAW_DELAY",
    "outputs": [
      {
        "internalType": "uint40",
        "name": "",
        "type": "uint40"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "MIN_WITHDRAW_DELAY",
    "outputs": [
      {
        "internalType": "uint40",
        "name": "",
        "type": "uint40"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "REFUND_TYPEHASH",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "VOUCHER_TYPEHASH",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig",
        "name": "config",
        "type": "tuple"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      },
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      },
      {
        "internalType": "uint40",
        "name": "validBefore",
        "type": "uint40"
      },
      {
        "internalType": "bytes",
        "name": "signature",
        "type": "bytes"
      }
    ],
    "name": "allocate",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      }
    ],
    "name": "channels",
    "outputs": [
      {
        "internalType": "uint128",
        "name": "balance",
        "type": "uint128"
      },
      {
        "internalType": "uint128",
        "name": "totalClaimed",
        "type": "uint128"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "components": [
              {
                "components": [
                  {
                    "internalType": "address",
                    "name": "payer",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "payerAuthorizer",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "receiver",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "receiverAuthorizer",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "token",
                    "type": "address"
                  },
                  {
                    "internalType": "uint40",
                    "name": "withdrawDelay",
                    "type": "uint40"
                  },
                  {
                    "internalType": "bytes32",
                    "name": "salt",
                    "type": "bytes32"
                  }
                ],
                "internalType": "struct ChannelConfig",
                "name": "channel",
                "type": "tuple"
              },
              {
                "internalType": "uint128",
                "name": "maxClaimableAmount",
                "type": "uint128"
              }
            ],
            "internalType": "struct Voucher",
            "name": "voucher",
            "type": "tuple"
          },
          {
            "internalType": "bytes",
            "name": "signature",
            "type": "bytes"
          },
          {
            "internalType": "uint128",
            "name": "totalClaimed",
            "type": "uint128"
          }
        ],
        "internalType": "struct VoucherClaim[]",
        "name": "voucherClaims",
        "type": "tuple[]"
      }
    ],
    "name": "claim",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig",
        "name": "config",
        "type": "tuple"
      },
      {
        "internalType": "uint128",
        "name": "maxClaimableAmount",
        "type": "uint128"
      },
      {
        "internalType": "contract ICondition",
        "name": "condition",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "terms",
        "type": "bytes32"
      },
      {
        "internalType": "bytes",
        "name": "signature",
        "type": "bytes"
      }
    ],
    "name": "claimConditional",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "receiver",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "receiverAuthorizer",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      },
      {
        "internalType": "uint40",
        "name": "withdrawDelay",
        "type": "uint40"
      },
      {
        "internalType": "bytes32",
        "name": "receiptsRoot",
        "type": "bytes32"
      },
      {
        "internalType": "bytes",
        "name": "rows",
        "type": "bytes"
      }
    ],
    "name": "claimMany",
    "outputs": [
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "components": [
              {
                "components": [
                  {
                    "internalType": "address",
                    "name": "payer",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "payerAuthorizer",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "receiver",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "receiverAuthorizer",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "token",
                    "type": "address"
                  },
                  {
                    "internalType": "uint40",
                    "name": "withdrawDelay",
                    "type": "uint40"
                  },
                  {
                    "internalType": "bytes32",
                    "name": "salt",
                    "type": "bytes32"
                  }
                ],
                "internalType": "struct ChannelConfig",
                "name": "channel",
                "type": "tuple"
              },
              {
                "internalType": "uint128",
                "name": "maxClaimableAmount",
                "type": "uint128"
              }
            ],
            "internalType": "struct Voucher",
            "name": "voucher",
            "type": "tuple"
          },
          {
            "internalType": "bytes",
            "name": "signature",
            "type": "bytes"
          },
          {
            "internalType": "uint128",
            "name": "totalClaimed",
            "type": "uint128"
          }
        ],
        "internalType": "struct VoucherClaim[]",
        "name": "voucherClaims",
        "type": "tuple[]"
      },
      {
        "internalType": "bytes",
        "name": "authorizerSignature",
        "type": "bytes"
      }
    ],
    "name": "claimWithSignature",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig",
        "name": "config",
        "type": "tuple"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      },
      {
        "internalType": "address",
        "name": "collector",
        "type": "address"
      },
      {
        "internalType": "bytes",
        "name": "collectorData",
        "type": "bytes"
      }
    ],
    "name": "deposit",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "eip712Domain",
    "outputs": [
      {
        "internalType": "bytes1",
        "name": "fields",
        "type": "bytes1"
      },
      {
        "internalType": "string",
        "name": "name",
        "type": "string"
      },
      {
        "internalType": "string",
        "name": "version",
        "type": "string"
      },
      {
        "internalType": "uint256",
        "name": "chainId",
        "type": "uint256"
      },
      {
        "internalType": "address",
        "name": "verifyingContract",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "salt",
        "type": "bytes32"
      },
      {
        "internalType": "uint256[]",
        "name": "extensions",
        "type": "uint256[]"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig",
        "name": "config",
        "type": "tuple"
      }
    ],
    "name": "finalizeWithdraw",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "sessionKey",
        "type": "address"
      }
    ],
    "name": "fundReserve",
    "outputs": [],
    "stateMutability": "payable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      },
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      },
      {
        "internalType": "uint40",
        "name": "validBefore",
        "type": "uint40"
      }
    ],
    "name": "getAllocationDigest",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig",
        "name": "config",
        "type": "tuple"
      }
    ],
    "name": "getChannelId",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "components": [
              {
                "components": [
                  {
                    "internalType": "address",
                    "name": "payer",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "payerAuthorizer",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "receiver",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "receiverAuthorizer",
                    "type": "address"
                  },
                  {
                    "internalType": "address",
                    "name": "token",
                    "type": "address"
                  },
                  {
                    "internalType": "uint40",
                    "name": "withdrawDelay",
                    "type": "uint40"
                  },
                  {
                    "internalType": "bytes32",
                    "name": "salt",
                    "type": "bytes32"
                  }
                ],
                "internalType": "struct ChannelConfig",
                "name": "channel",
                "type": "tuple"
              },
              {
                "internalType": "uint128",
                "name": "maxClaimableAmount",
                "type": "uint128"
              }
            ],
            "internalType": "struct Voucher",
            "name": "voucher",
            "type": "tuple"
          },
          {
            "internalType": "bytes",
            "name": "signature",
            "type": "bytes"
          },
          {
            "internalType": "uint128",
            "name": "totalClaimed",
            "type": "uint128"
          }
        ],
        "internalType": "struct VoucherClaim[]",
        "name": "voucherClaims",
        "type": "tuple[]"
      }
    ],
    "name": "getClaimBatchDigest",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "internalType": "uint128",
        "name": "maxClaimableAmount",
        "type": "uint128"
      },
      {
        "internalType": "contract ICondition",
        "name": "condition",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "terms",
        "type": "bytes32"
      }
    ],
    "name": "getConditionalVoucherDigest",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "fromKey",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "toKey",
        "type": "address"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      },
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      },
      {
        "internalType": "uint40",
        "name": "validBefore",
        "type": "uint40"
      }
    ],
    "name": "getGrantDigest",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "getRefundDigest",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      },
      {
        "internalType": "uint128",
        "name": "maxClaimableAmount",
        "type": "uint128"
      }
    ],
    "name": "getVoucherDigest",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "fromKey",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "toKey",
        "type": "address"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      },
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      },
      {
        "internalType": "uint40",
        "name": "validBefore",
        "type": "uint40"
      },
      {
        "internalType": "bytes",
        "name": "signature",
        "type": "bytes"
      }
    ],
    "name": "grantReserve",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig",
        "name": "config",
        "type": "tuple"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "initiateWithdraw",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes[]",
        "name": "data",
        "type": "bytes[]"
      }
    ],
    "name": "multicall",
    "outputs": [
      {
        "internalType": "bytes[]",
        "name": "results",
        "type": "bytes[]"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig[]",
        "name": "configs",
        "type": "tuple[]"
      },
      {
        "internalType": "uint128[]",
        "name": "amounts",
        "type": "uint128[]"
      }
    ],
    "name": "openMany",
    "outputs": [],
    "stateMutability": "payable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig[]",
        "name": "configs",
        "type": "tuple[]"
      },
      {
        "internalType": "uint128[]",
        "name": "amounts",
        "type": "uint128[]"
      },
      {
        "internalType": "address",
        "name": "sessionKey",
        "type": "address"
      }
    ],
    "name": "openManyAndFund",
    "outputs": [],
    "stateMutability": "payable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      }
    ],
    "name": "pendingWithdrawals",
    "outputs": [
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      },
      {
        "internalType": "uint40",
        "name": "initiatedAt",
        "type": "uint40"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "receiver",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "receivers",
    "outputs": [
      {
        "internalType": "uint128",
        "name": "totalClaimed",
        "type": "uint128"
      },
      {
        "internalType": "uint128",
        "name": "totalSettled",
        "type": "uint128"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig",
        "name": "config",
        "type": "tuple"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "refund",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "channelId",
        "type": "bytes32"
      }
    ],
    "name": "refundNonce",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "components": [
          {
            "internalType": "address",
            "name": "payer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "payerAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiver",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "receiverAuthorizer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "token",
            "type": "address"
          },
          {
            "internalType": "uint40",
            "name": "withdrawDelay",
            "type": "uint40"
          },
          {
            "internalType": "bytes32",
            "name": "salt",
            "type": "bytes32"
          }
        ],
        "internalType": "struct ChannelConfig",
        "name": "config",
        "type": "tuple"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      },
      {
        "internalType": "uint256",
        "name": "nonce",
        "type": "uint256"
      },
      {
        "internalType": "bytes",
        "name": "receiverAuthorizerSignature",
        "type": "bytes"
      }
    ],
    "name": "refundWithSignature",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "sessionKey",
        "type": "address"
      }
    ],
    "name": "reserves",
    "outputs": [
      {
        "internalType": "uint128",
        "name": "balance",
        "type": "uint128"
      },
      {
        "internalType": "uint40",
        "name": "revokedAt",
        "type": "uint40"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "sessionKey",
        "type": "address"
      }
    ],
    "name": "revokeSession",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "receiver",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "token",
        "type": "address"
      }
    ],
    "name": "settle",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "payer",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "sessionKey",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "word",
        "type": "uint256"
      }
    ],
    "name": "usedNonces",
    "outputs": [
      {
        "internalType": "uint256",
        "name": "",
        "type": "uint256"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "sessionKey",
        "type": "address"
      },
      {
        "internalType": "uint128",
        "name": "amount",
        "type": "uint128"
      }
    ],
    "name": "withdrawReserve",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  }
] as const;

export const BATCH_SETTLEMENT_CREATION_BYTECODE = "0x60808060405234601557614ce8908161001b8239f35b600080fdfe608080604052600436101561001357600080fd5b600090813560e01c908163073f5d9f14612d8057508063140f1e75146128e75780631e69ef401461288e5780631fa5d6a41461273b5780631fc3277d146126ff57806321ff6389146126475780632503255a146122a457806329237b0c146121875780632a2dca8e146120b4578063439495bc1461205b578063488ccc3b1461200057806353ab0fae14611fa75780635e5e0b8714611f4d57806362900b7614611efb5780637a7ebd7b14611e945780637d1e9b9114611b8f57806383a90a2e14611b3e57806384b0196e14611a49578063862bb19914611a045780638e4a68ac146119ab57806392aaedb71461194257806392f7f9a014611891578063938f53dd1461168657806394157cc5146115f057806394739e87146115975780639db32a8f1461154e578063ac9650d8146113b3578063ae15943914611378578063b084fe4a1461128e578063b77433e914611134578063b7f06ebe146110c4578063ba94ec0d1461106b578063c8dde6c214610b81578063cf5cf3dc146108dd578063dce4bfae14610871578063e25cf1891461080b578063e43ce1f214610632578063e7400b52146105f1578063e88377b11461035a578063ea4afc5414610292578063f0dc792e1461024a5763fb0f19bb146101ef57600080fd5b3461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517faec118c6d47a661076165eee760376e1585ec63a7001ddf7d9b0ddce9f495cf68152f35b80fd5b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760406020916004358152600283522054604051908152f35b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475773ffffffffffffffffffffffffffffffffffffffff60406102e1612e59565b92826102eb612e7c565b94168152600460205220911660005260205261035660406000205460405191816fffffffffffffffffffffffffffffffff64ffffffffff859460801c1691168390929164ffffffffff6020916fffffffffffffffffffffffffffffffff604085019616845216910152565b0390f35b50346102475760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757610392613825565b5061039b613ba9565b6103a481613c33565b6103ad816149ca565b61012081018051835282602052604083209080518452600160205260408420604051906040820182811067ffffffffffffffff8211176105c457604052546fffffffffffffffffffffffffffffffff8116825260801c64ffffffffff1660208201818152901561059c5764ffffffffff61043591511664ffffffffff60c08701511690613441565b80421061057157506fffffffffffffffffffffffffffffffff61045f8454828160801c91166130f0565b915116906fffffffffffffffffffffffffffffffff81168210156105695750915b8151855260016020528460408120556fffffffffffffffffffffffffffffffff6104ad84828454166130f0565b167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905551602083019073ffffffffffffffffffffffffffffffffffffffff825116604051917f546ce1e2242cd930c196bd08b894443562d709b4fffe4f028a75a6d233efc6e360206fffffffffffffffffffffffffffffffff871694858152a361053a578380f35b73ffffffffffffffffffffffffffffffffffffffff8060a06105629501511691511690614739565b3880808380f35b905091610480565b7ffc72a1e9000000000000000000000000000000000000000000000000000000008652600452602485fd5b6004867f613dcd33000000000000000000000000000000000000000000000000000000008152fd5b6024877f4e487b710000000000000000000000000000000000000000000000000000000081526041600452fd5b5060207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475761062f610627612e59565b3490336142a3565b80f35b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff811161080757610682903690600401612ef0565b9060243567ffffffffffffffff8111610803576106a3903690600401612ec2565b9083156107d35773ffffffffffffffffffffffffffffffffffffffff916106d3916106ce868661320c565b613ae2565b169081158015610773575b61074b57916106eb613ba9565b916080830191855b8181106106fe578680f35b8061071561070f600193858a613154565b87613c85565b61074561072382858a613154565b828673ffffffffffffffffffffffffffffffffffffffff895116149189613cd7565b016106f3565b6004847f398a37cc000000000000000000000000000000000000000000000000000000008152fd5b5080357ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec1823603018112156107cf576060908201013573ffffffffffffffffffffffffffffffffffffffff81168091036107cf578214156106de565b8480fd5b6044857f1f26dbdf0000000000000000000000000000000000000000000000000000000081528060045280602452fd5b8380fd5b5080fd5b50346102475760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757604435906fffffffffffffffffffffffffffffffff82168203610247576020610869836024356004356137c4565b604051908152f35b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161010081126108075760e0136102475761062f6108b5612dd8565b6108bd613825565b506108c6613ba9565b6108cf81613c33565b6108d881613a63565b6147af565b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161010081126108075760e0136102475761091e612dd8565b610926613825565b5061092f613ba9565b9061093982613c33565b610942826149ca565b610120820190815184528360205260408420918051855260016020526109836040862093546fffffffffffffffffffffffffffffffff8160801c91166130f0565b6fffffffffffffffffffffffffffffffff8316908115610b595764ffffffffff855460801c1680610b2e57506fffffffffffffffffffffffffffffffff16808211610afe5750610a459064ffffffffff42169485917fffffffffffffffffffffffffffffffff00000000000000000000000000000000825416178155907fffffffffffffffffffffff0000000000ffffffffffffffffffffffffffffffff74ffffffffff0000000000000000000000000000000083549260801b169116179055565b519164ffffffffff60c073ffffffffffffffffffffffffffffffffffffffff60608701511695015116019064ffffffffff8211610ad157604080516fffffffffffffffffffffffffffffffff909216825264ffffffffff90921660208201527f30756801b3f554849cf6a7ce90455bce91b2677a008137e5a97aca5d0356ad2191819081015b0390a380f35b6024857f4e487b710000000000000000000000000000000000000000000000000000000081526011600452fd5b86906044927f82d0b334000000000000000000000000000000000000000000000000000000008352600452602452fd5b7fb775068e000000000000000000000000000000000000000000000000000000008852600452602487fd5b6004877f192b048a000000000000000000000000000000000000000000000000000000008152fd5b50346102475760c07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757610bb9612e59565b90610bc2612e7c565b91610bcb612e9f565b610bd3612f52565b9060a43567ffffffffffffffff81116107cf57610bf4903690600401612ec2565b9273ffffffffffffffffffffffffffffffffffffffff85163314158061104b575b61101f5783158015611013575b610fe75764ffffffffff9073ffffffffffffffffffffffffffffffffffffffff610c4a613ba9565b9881881660608b015216608089015273ffffffffffffffffffffffffffffffffffffffff841660a08901521660c087015284956040519086602052825b8584018110610e5f575050505073ffffffffffffffffffffffffffffffffffffffff831684526003602052604080852060009073ffffffffffffffffffffffffffffffffffffffff8416825260205220918254926fffffffffffffffffffffffffffffffff841695610cf887613088565b808911610e2f5750506fffffffffffffffffffffffffffffffff610d2e610d248260209a168099613122565b9560801c866130f0565b82546fffffffffffffffffffffffffffffffff16608087901b7fffffffffffffffffffffffffffffffff000000000000000000000000000000001617835594167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905560986040519186835204868201526084359073ffffffffffffffffffffffffffffffffffffffff8316907f21890fec603b492b31c8f2a1846da10ee6d02b8e761dfc9b7c3e5ad258fa112b604073ffffffffffffffffffffffffffffffffffffffff881692a46fffffffffffffffffffffffffffffffff8216610e1e575b505050604051908152f35b610e27926146c5565b388080610e13565b60449250887f82d0b334000000000000000000000000000000000000000000000000000000008352600452602452fd5b803560601c6020830152601481013560601c6040830152602881013560e083015261010082206101828301526042610160830120808952604089208054906fffffffffffffffffffffffffffffffff821690604885013560801c9182610140880152808311610fdf575b508260801c92838311610f20575b505090839291609888819603048c52116003026001016020527fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5860408ba2886020525b01610c87565b8461012088015260606101008801206101828801527f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08d60207f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff60788a013560426101608d01208d528c838260ff1c601b019101528c604060588d013591015216918260608d015260808c60015afa501160203d18178d604089015190511817610ed757919c6098959450838e94929403019c0360801b019055610f1a565b915038610ec9565b602486857f7408ad1d000000000000000000000000000000000000000000000000000000008252600452fd5b50609884061515610c22565b6024867fb02caebb00000000000000000000000000000000000000000000000000000000815233600452fd5b5073ffffffffffffffffffffffffffffffffffffffff8716331415610c15565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517f30b9a0367528fca13c3e8ec6134c3113f1887ebe7a1ad61de0955aac288b0cf58152f35b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576004358152600160209081526040918290205482516fffffffffffffffffffffffffffffffff8216815260809190911c64ffffffffff1691810191909152f35b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161014081126108075760e01361024757611175612dd8565b610104356101243567ffffffffffffffff81116108035761119a903690600401612ec2565b906111a3613825565b506111ac613ba9565b926111b684613c33565b6101208401805187526002602052604087205480830361125e5750916106ce8673ffffffffffffffffffffffffffffffffffffffff95936111f795516137c4565b168015908115611239575b50611211579061062f916147af565b6004837f398a37cc000000000000000000000000000000000000000000000000000000008152fd5b905073ffffffffffffffffffffffffffffffffffffffff608083015116141538611202565b87604491847f5c8b1be8000000000000000000000000000000000000000000000000000000008352600452602452fd5b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576112c6612e59565b6112ce612df7565b6112d9818333614494565b73ffffffffffffffffffffffffffffffffffffffff6fffffffffffffffffffffffffffffffff60405192169283835216907fa50ae7d766a4e77662d4644ddf5d8f71335628b9472fdce000221ea06435cfc960203392a361133b813384614bf3565b15611344575080f35b906064917fb8276d310000000000000000000000000000000000000000000000000000000082528160045233602452604452fd5b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040516103848152f35b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff811161080757611403903690600401612ef0565b909161140e826131c3565b9261141c6040519485612fd9565b8284527fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0611449846131c3565b01825b81811061153d575050815b838110156114ba5782806114708360051b850185613715565b9081604051928392833781018381520390305af461148c613766565b90156114b257906001916114a082886131f8565b526114ab81876131f8565b5001611457565b602081519101fd5b84836040519182916020830160208452825180915260408401602060408360051b870101940192905b8282106114f257505050500390f35b9193602061152d827fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc060019597998495030186528851612f7a565b96019201920185949391926114e3565b80606060208093890101520161144c565b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475761062f611589612e59565b611591612e7c565b90613631565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517f1e1bd6ff84c3e0d9029a292b212e039c0ca97ec497c55191a4a5874294609a698152f35b50346102475760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757604060209161162d612e59565b73ffffffffffffffffffffffffffffffffffffffff61164a612e7c565b911682526005845273ffffffffffffffffffffffffffffffffffffffff8383209116600052835281600020604435825283522054604051908152f35b50346102475760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576116be612e59565b906116c7612e7c565b6116cf612e9f565b6116d7612e16565b93608435946116e4612f66565b60c43567ffffffffffffffff811161188d57611704903690600401612ec2565b9164ffffffffff81168042101561186257509061172961172f93928a86898b8a61359c565b85614584565b1561183a57600160ff87161b73ffffffffffffffffffffffffffffffffffffffff831690818752600560205260408720878052602052604087208860081c9081895260205260408820549082821661180e578899508361062f9952600560205260408a208a805260205260408a20908a526020521760408820556117b4828685614494565b7fa50ae7d766a4e77662d4644ddf5d8f71335628b9472fdce000221ea06435cfc9602073ffffffffffffffffffffffffffffffffffffffff6fffffffffffffffffffffffffffffffff6040519516978886521693a36142a3565b6024898b7f2f963478000000000000000000000000000000000000000000000000000000008252600452fd5b6004857f398a37cc000000000000000000000000000000000000000000000000000000008152fd5b7f939ade48000000000000000000000000000000000000000000000000000000008952600452602488fd5b8680fd5b5060407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff8111610807576118dc903690600401612f21565b6024359167ffffffffffffffff831161080357611900611908933690600401612ef0565b9290916140e0565b348103611913575080f35b7f227baf1100000000000000000000000000000000000000000000000000000000825234600452602452604490fd5b50346102475760c07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757602061086961197f612e59565b611987612e7c565b90611990612e9f565b611998612e16565b906119a1612f66565b936084359361359c565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517f1c9a06ceab9b0ebbd3301dc56c9111bb6d9af421356dc9ccb3b7084c755db3088152f35b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576020610869611a41612df7565b600435613541565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757611ae290611a846134cb565b90611a8d613506565b906020611af060405193611aa18386612fd9565b83855260003681376040519687967f0f00000000000000000000000000000000000000000000000000000000000000885260e08589015260e0880190612f7a565b908682036040880152612f7a565b904660608601523060808601528260a086015284820360c08601528080855193848152019401925b828110611b2757505050500390f35b835185528695509381019392810192600101611b18565b50346102475760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576020610869611b7b612df7565b611b83612e9f565b6064359160043561344e565b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161016081126108075760e01361024757611bd0612dd8565b9061010435916101243564ffffffffff811690818103610803576101443567ffffffffffffffff81116107cf57611c0b903690600401612ec2565b611c16969196613825565b50611c1f613ba9565b93611c2985613c33565b611c328561389e565b73ffffffffffffffffffffffffffffffffffffffff60a08601511680611e69575080421015611e3e575073ffffffffffffffffffffffffffffffffffffffff60408501511696602085019373ffffffffffffffffffffffffffffffffffffffff855116885260046020526040882073ffffffffffffffffffffffffffffffffffffffff8a1660005260205264ffffffffff60406000205460801c1680151580611e20575b611df55750889273ffffffffffffffffffffffffffffffffffffffff926106ce611d0793878b6101208c01516133d3565b160361183a5773ffffffffffffffffffffffffffffffffffffffff82511690600160ff82161b9180875260056020526040872073ffffffffffffffffffffffffffffffffffffffff89166000526020526040600020908260081c91828952602052604088205492848416611dca575093869388999373ffffffffffffffffffffffffffffffffffffffff93611dc59761062f9b52600560205260408c208587166000526020526040600020908c526020521760408a20555116614494565b613991565b7f2f963478000000000000000000000000000000000000000000000000000000008952600452602488fd5b7f927fc0ed000000000000000000000000000000000000000000000000000000008952600452602488fd5b50611e3664ffffffffff60c08901511682613441565b421015611cd6565b7f939ade48000000000000000000000000000000000000000000000000000000008752600452602486fd5b7f77dfe689000000000000000000000000000000000000000000000000000000008852600452602487fd5b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757600435815260208181526040918290205482516fffffffffffffffffffffffffffffffff8216815260809190911c91810191909152f35b50346102475760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576020610869611f38612df7565b611f40612f52565b90604435906004356133d3565b50346102475760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475750611f86613825565b506020610120611f94613ba9565b611f9d81613c33565b0151604051908152f35b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517f42bd57c010b870c2e96203c66341f28a6a19b4d56a74533a8eb5f706b9fd6d578152f35b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576004359067ffffffffffffffff82116102475760206108696120553660048601612ef0565b9061320c565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517fcc549a66177180f74fc44a35c7b8d42e6bd01ae0003da9de88849cda42e9920f8152f35b5060607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff8111610807576120ff903690600401612f21565b60249291923567ffffffffffffffff81116121835790612126612135923690600401612ef0565b9161212f612e9f565b956140e0565b91348310156121535761214c61062f9293346130e3565b90336142a3565b506044917f227baf1100000000000000000000000000000000000000000000000000000000825234600452602452fd5b8280fd5b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff8111610807576121d7903690600401612ef0565b908115612274576121e6613ba9565b6060810192845b8181106121f8578580f35b8061220f6122096001938588613154565b85613c85565b73ffffffffffffffffffffffffffffffffffffffff8651163314801561224c575b612246908261224081878a613154565b87613cd7565b016121ed565b5061224673ffffffffffffffffffffffffffffffffffffffff60808601511633149050612230565b6044837f1f26dbdf0000000000000000000000000000000000000000000000000000000081528060045280602452fd5b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161016081126108075760e013610247576122e5612dd8565b6122ed612e35565b61012435906101443567ffffffffffffffff81116107cf57612313903690600401612ec2565b61231e939193613825565b50612327613ba9565b9161233183613c33565b61233a83613a63565b610120830193845188528760205260408820928354966fffffffffffffffffffffffffffffffff8860801c9816806fffffffffffffffffffffffffffffffff8b16106000146126415750885b886fffffffffffffffffffffffffffffffff8b16111561261957906106ce85856123b295948b5161344e565b73ffffffffffffffffffffffffffffffffffffffff806040870151169116036125f15773ffffffffffffffffffffffffffffffffffffffff166040517f72367928000000000000000000000000000000000000000000000000000000008152826004820152602081602481855afa9081156125e65789916125a7575b50156125795750507f36bd546bb573e8921fdbfd934bbed62d872796b01792cd240cce27f79dd3eddd92866fffffffffffffffffffffffffffffffff61251c6040610acb9673ffffffffffffffffffffffffffffffffffffffff60a0836124de8d8f6124d98161254c9e906fffffffffffffffffffffffffffffffff7fffffffffffffffffffffffffffffffff0000000000000000000000000000000083549260801b169116179055565b6130f0565b97836060860151168152600360205220920151169073ffffffffffffffffffffffffffffffffffffffff600092168252602052209282845416613122565b167fffffffffffffffffffffffffffffffff000000000000000000000000000000008254161790555193856130f0565b604080516fffffffffffffffffffffffffffffffff92831681529590911660208601523394918291820190565b7f1f6e634f000000000000000000000000000000000000000000000000000000008852600452602452604486fd5b90506020813d6020116125de575b816125c260209383612fd9565b810103126125da575180151581036125da573861242e565b8880fd5b3d91506125b5565b6040513d8b823e3d90fd5b6004887f398a37cc000000000000000000000000000000000000000000000000000000008152fd5b60048b7f2bb56941000000000000000000000000000000000000000000000000000000008152fd5b98612386565b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475773ffffffffffffffffffffffffffffffffffffffff6040612696612e59565b92826126a0612e7c565b94168152600360205220911660005260205261035660406000205460405191816fffffffffffffffffffffffffffffffff849360801c9116839092916fffffffffffffffffffffffffffffffff60209181604085019616845216910152565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757602060405162278d008152f35b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757612773612e59565b33825260046020526040822073ffffffffffffffffffffffffffffffffffffffff821660005260205273ffffffffffffffffffffffffffffffffffffffff604060002091169081156128665764ffffffffff815460801c168061283b575080547fffffffffffffffffffffff0000000000ffffffffffffffffffffffffffffffff164260801b74ffffffffff0000000000000000000000000000000016179055337f9a20fd73f3c4985be44f081964b55d63f69ed94995474740c82bfbff9d6ab5c48380a380f35b7f927fc0ed000000000000000000000000000000000000000000000000000000008452600452602483fd5b6004837fb05d2ebc000000000000000000000000000000000000000000000000000000008152fd5b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517fbe23ad087435072cd69b49cc5b92de10ee610fce7ae0ab428307972d764bb2168152f35b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161014081126108075760e01361024757612928612dd8565b612930612e35565b916101243567ffffffffffffffff811161080757612952903690600401612ec2565b61295d939193613825565b50612966613ba9565b9361297085613c33565b600260065414612d58576129838561389e565b6020850173ffffffffffffffffffffffffffffffffffffffff81511615612d305760a086019373ffffffffffffffffffffffffffffffffffffffff8551168015612d0557506fffffffffffffffffffffffffffffffff16918215612cdd5760249596976002600655602073ffffffffffffffffffffffffffffffffffffffff875116604051988980927f70a082310000000000000000000000000000000000000000000000000000000082523060048301525afa968715612cd2578897612c86575b5073ffffffffffffffffffffffffffffffffffffffff80911692511673ffffffffffffffffffffffffffffffffffffffff865116916101208a015195843b15612c825791612ae68a96959493928793604051998a98899788967fe416d8d3000000000000000000000000000000000000000000000000000000008852600488015260248701526044860152606485015260a0608485015260a4840191613049565b03925af18015612c7757612c49575b50602073ffffffffffffffffffffffffffffffffffffffff6024925116604051928380927f70a082310000000000000000000000000000000000000000000000000000000082523060048301525afa908115612c3e578391612c07575b5081811115612bdf5790612b65916130e3565b916fffffffffffffffffffffffffffffffff8311612b9f576fffffffffffffffffffffffffffffffff61062f929360016006551690613991565b506044917f82d0b3340000000000000000000000000000000000000000000000000000000082526004526fffffffffffffffffffffffffffffffff602452fd5b6004837f5016c808000000000000000000000000000000000000000000000000000000008152fd5b90506020813d602011612c36575b81612c2260209383612fd9565b81010312612c31575138612b52565b600080fd5b3d9150612c15565b6040513d85823e3d90fd5b73ffffffffffffffffffffffffffffffffffffffff84612c6e60249496602094612fd9565b94925050612af5565b6040513d86823e3d90fd5b8980fd5b9096506020813d602011612cca575b81612ca260209383612fd9565b81010312612cc657519573ffffffffffffffffffffffffffffffffffffffff612a45565b8780fd5b3d9150612c95565b6040513d8a823e3d90fd5b6004867f192b048a000000000000000000000000000000000000000000000000000000008152fd5b7f77dfe689000000000000000000000000000000000000000000000000000000008752600452602486fd5b6004857fb05d2ebc000000000000000000000000000000000000000000000000000000008152fd5b6004847fcb00c113000000000000000000000000000000000000000000000000000000008152fd5b90503461080757817ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261080757807f36ddf2966dd0c895bee351b68c53521c924447989efab44a4fe10f3c9cce34b960209252f35b60e435906fffffffffffffffffffffffffffffffff82168203612c3157565b602435906fffffffffffffffffffffffffffffffff82168203612c3157565b606435906fffffffffffffffffffffffffffffffff82168203612c3157565b610104359073ffffffffffffffffffffffffffffffffffffffff82168203612c3157565b6004359073ffffffffffffffffffffffffffffffffffffffff82168203612c3157565b6024359073ffffffffffffffffffffffffffffffffffffffff82168203612c3157565b6044359073ffffffffffffffffffffffffffffffffffffffff82168203612c3157565b9181601f84011215612c315782359167ffffffffffffffff8311612c315760208381860195010111612c3157565b9181601f84011215612c315782359167ffffffffffffffff8311612c31576020808501948460051b010111612c3157565b9181601f84011215612c315782359167ffffffffffffffff8311612c315760208085019460e08502010111612c3157565b6064359064ffffffffff82168203612c3157565b60a4359064ffffffffff82168203612c3157565b919082519283825260005b848110612fc45750507fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f8460006020809697860101520116010190565b80602080928401015182828601015201612f85565b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff82111761301a57604052565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052604160045260246000fd5b601f82602094937fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0938186528686013760008582860101520116010190565b6fffffffffffffffffffffffffffffffff03906fffffffffffffffffffffffffffffffff82116130b457565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601160045260246000fd5b919082039182116130b457565b906fffffffffffffffffffffffffffffffff809116911603906fffffffffffffffffffffffffffffffff82116130b457565b906fffffffffffffffffffffffffffffffff809116911601906fffffffffffffffffffffffffffffffff82116130b457565b91908110156131945760051b810135907ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec181360301821215612c31570190565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052603260045260246000fd5b67ffffffffffffffff811161301a5760051b60200190565b356fffffffffffffffffffffffffffffffff81168103612c315790565b80518210156131945760209160051b010190565b919091613218836131c3565b906132266040519283612fd9565b838252613232846131c3565b937fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0602084019501368637613265613ba9565b9061012082019060005b81811061332d5750505050506040516020810180925190949060005b818110613317575050506132ca816133149495037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101835282612fd9565b51902060405160208101917f42bd57c010b870c2e96203c66341f28a6a19b4d56a74533a8eb5f706b9fd6d57835260408201526040815261330c606082612fd9565b519020614440565b90565b825187526020968701969092019160010161328b565b8061333b6001928488613154565b6133458187613c85565b8451906fffffffffffffffffffffffffffffffff61337261012061336b60e085016131db565b93016131db565b816040519360208501957f30b9a0367528fca13c3e8ec6134c3113f1887ebe7a1ad61de0955aac288b0cf587526040860152166060840152166080820152608081526133bf60a082612fd9565b5190206133cc82896131f8565b520161326f565b916133149364ffffffffff916fffffffffffffffffffffffffffffffff6040519460208601967faec118c6d47a661076165eee760376e1585ec63a7001ddf7d9b0ddce9f495cf68852604087015216606085015260808401521660a082015260a0815261330c60c082612fd9565b919082018092116130b457565b919273ffffffffffffffffffffffffffffffffffffffff613314946fffffffffffffffffffffffffffffffff6040519460208601967fcc549a66177180f74fc44a35c7b8d42e6bd01ae0003da9de88849cda42e9920f8852604087015216606085015216608083015260a082015260a0815261330c60c082612fd9565b604051906134da604083612fd9565b601582527f7834303220426174636820536574746c656d656e7400000000000000000000006020830152565b60405190613515604083612fd9565b600182527f31000000000000000000000000000000000000000000000000000000000000006020830152565b613314916fffffffffffffffffffffffffffffffff6040519160208301937f1e1bd6ff84c3e0d9029a292b212e039c0ca97ec497c55191a4a5874294609a69855260408401521660608201526060815261330c608082612fd9565b936fffffffffffffffffffffffffffffffff61331496929473ffffffffffffffffffffffffffffffffffffffff64ffffffffff9581604051988160208b019b7f36ddf2966dd0c895bee351b68c53521c924447989efab44a4fe10f3c9cce34b98d521660408b01521660608901521660808701521660a085015260c08401521660e082015260e0815261330c61010082612fd9565b906fffffffffffffffffffffffffffffffff9073ffffffffffffffffffffffffffffffffffffffff83166000526003602052604060002073ffffffffffffffffffffffffffffffffffffffff821660005260205260406000209261369d84548060801c948591166130f0565b926fffffffffffffffffffffffffffffffff84161561370e5761370c946136c78561370793613122565b6fffffffffffffffffffffffffffffffff7fffffffffffffffffffffffffffffffff0000000000000000000000000000000083549260801b169116179055565b6146c5565b565b5050505050565b9035907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe181360301821215612c31570180359067ffffffffffffffff8211612c3157602001918136038313612c3157565b3d156137bf573d9067ffffffffffffffff821161301a57604051916137b3601f82017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe01660200184612fd9565b82523d6000602084013e565b606090565b906fffffffffffffffffffffffffffffffff613314936040519260208401947fbe23ad087435072cd69b49cc5b92de10ee610fce7ae0ab428307972d764bb2168652604085015260608401521660808201526080815261330c60a082612fd9565b604051906101c0820182811067ffffffffffffffff82111761301a5760405260006101a0838281528260208201528260408201528260608201528260808201528260a08201528260c08201528260e082015282610100820152826101208201528261014082015282610160820152826101808201520152565b73ffffffffffffffffffffffffffffffffffffffff60408201511615801561396f575b801561394d575b6139235760c0015164ffffffffff1661038481108015613917575b6138ea5750565b7fd39ccac10000000000000000000000000000000000000000000000000000000060005260045260246000fd5b5062278d0081116138e3565b7fb05d2ebc0000000000000000000000000000000000000000000000000000000060005260046000fd5b5073ffffffffffffffffffffffffffffffffffffffff608082015116156138c8565b5073ffffffffffffffffffffffffffffffffffffffff606082015116156138c1565b61012081018051600052600060205260406000208054936139c36fffffffffffffffffffffffffffffffff8616613088565b946fffffffffffffffffffffffffffffffff821695808711613a325750019055517f877905eab738871de43848b3f4fcd9ec61d98d2e4c37f43471babf7c7cefde73602073ffffffffffffffffffffffffffffffffffffffff60608183870151169501511694604051908152a4565b867f82d0b3340000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b73ffffffffffffffffffffffffffffffffffffffff6060820151163314159081613abd575b50613a8f57565b7fb02caebb000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b73ffffffffffffffffffffffffffffffffffffffff9150608001511633141538613a88565b9160408114613b2d5760418103613b255780604010156131945780602011612c3157813590604011612c3157613314926040602084013593013560f81c90614b01565b505050600090565b9081602011612c315761331492602082359201359260207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0820110613b73575b50614a49565b60207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff9181959395030160031b1b169138613b6d565b613bb1613825565b90613bba614b84565b7f1c9a06ceab9b0ebbd3301dc56c9111bb6d9af421356dc9ccb3b7084c755db30883527f1e1bd6ff84c3e0d9029a292b212e039c0ca97ec497c55191a4a5874294609a696101008401527f1901000000000000000000000000000000000000000000000000000000000000610160840152610162830152565b6020810160e06004823760608201519060408301519051171760a0820151906080830151171760c082015160281c9060a01c17612c315761010081206101828201526101206042610160830120910152565b9060e06020830191823760608201519060408301519051171760a0820151906080830151171760c082015160281c9060a01c17612c315761010081206101828201526101206042610160830120910152565b929190926101208101918251600052600060205260406000209073ffffffffffffffffffffffffffffffffffffffff606084015116600052600360205260408060002073ffffffffffffffffffffffffffffffffffffffff60a0860151169073ffffffffffffffffffffffffffffffffffffffff60009216825260205220928254968760801c613d6a61012083016131db565b97156140a2576fffffffffffffffffffffffffffffffff8816818111156140635760e08301996fffffffffffffffffffffffffffffffff613daa8c6131db565b168211614023576fffffffffffffffffffffffffffffffff1610613fe557613dd290886130f0565b976fffffffffffffffffffffffffffffffff8654166fffffffffffffffffffffffffffffffff036fffffffffffffffffffffffffffffffff81116130b4576fffffffffffffffffffffffffffffffff166fffffffffffffffffffffffffffffffff8a1611613fa7576040613e8073ffffffffffffffffffffffffffffffffffffffff93613e7a613e6e8695613e688d51916131db565b90613541565b91610100810190613715565b91613ae2565b93015116911603613f6c575080546fffffffffffffffffffffffffffffffff16608085901b7fffffffffffffffffffffffffffffffff00000000000000000000000000000000161790557f36bd546bb573e8921fdbfd934bbed62d872796b01792cd240cce27f79dd3eddd91613f67916fffffffffffffffffffffffffffffffff613f0e8782845416613122565b167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905551926040519182913396839092916fffffffffffffffffffffffffffffffff60209181604085019616845216910152565b0390a3565b945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260046020820152a2565b505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260056020820152a2565b505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260036020820152a2565b5050505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260026020820152a2565b50505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260016020820152a2565b505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260006020820152a2565b9060009080158015614299575b61426757936140fa613ba9565b93600091602086019760a08701935b8881101561425b57600061412260e0830289018a613c85565b8382101561422e576141388260051b86016131db565b966141428a61389e565b3373ffffffffffffffffffffffffffffffffffffffff8d5116036142025773ffffffffffffffffffffffffffffffffffffffff875116806141d757506fffffffffffffffffffffffffffffffff88169182156141af5750600192916141a99101978a613991565b01614109565b807f192b048a0000000000000000000000000000000000000000000000000000000060049252fd5b7f77dfe689000000000000000000000000000000000000000000000000000000008352600452602482fd5b6024827ff9c8c7eb00000000000000000000000000000000000000000000000000000000815233600452fd5b807f4e487b7100000000000000000000000000000000000000000000000000000000602492526032600452fd5b50965050505093505050565b84907f1f26dbdf0000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b50848114156140ed565b73ffffffffffffffffffffffffffffffffffffffff169081600052600460205260408060002060009073ffffffffffffffffffffffffffffffffffffffff8416825260205220831561441657805464ffffffffff8160801c16806143e957506fffffffffffffffffffffffffffffffff169361431e85613088565b81116143af577fdb858ef1e87655375aa1b712ec1ab3c283e39371f187acf9471543d5320f66f9926020926fffffffffffffffffffffffffffffffff61437c8173ffffffffffffffffffffffffffffffffffffffff95168099613122565b167fffffffffffffffffffffffffffffffff000000000000000000000000000000008254161790556040519586521693a3565b6143b885613088565b907f82d0b3340000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b7f927fc0ed0000000000000000000000000000000000000000000000000000000060005260045260246000fd5b7f192b048a0000000000000000000000000000000000000000000000000000000060005260046000fd5b614448614b84565b906040519060208201927f19010000000000000000000000000000000000000000000000000000000000008452602283015260428201526042815261448e606282612fd9565b51902090565b9073ffffffffffffffffffffffffffffffffffffffff6040921660005260046020528160002073ffffffffffffffffffffffffffffffffffffffff60009216825260205220906fffffffffffffffffffffffffffffffff8254166fffffffffffffffffffffffffffffffff821680156144165781811161455457506fffffffffffffffffffffffffffffffff9161452a916130f0565b167fffffffffffffffffffffffffffffffff00000000000000000000000000000000825416179055565b7f82d0b3340000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b92919091833b1561466d57916000939161460c85946145e060405193849260208401967f1626ba7e0000000000000000000000000000000000000000000000000000000088526024850152604060448501526064840191613049565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101835282612fd9565b51915afa614618613766565b8161465f575b81614627575090565b9050602081805181010312612c3157602001517f1626ba7e000000000000000000000000000000000000000000000000000000001490565b90506020815110159061461e565b90919273ffffffffffffffffffffffffffffffffffffffff16908115159283614699575b505050905090565b73ffffffffffffffffffffffffffffffffffffffff93506146ba9294613ae2565b161480388080614691565b61370c92916040516fffffffffffffffffffffffffffffffff84168152339073ffffffffffffffffffffffffffffffffffffffff8316907f7337b4386b690fdb8ba66905b92b9d45d33bc6626ee2620c905fb150ec0cc47d602073ffffffffffffffffffffffffffffffffffffffff871692a45b916fffffffffffffffffffffffffffffffff1691614758838383614bf3565b1561476257505050565b9073ffffffffffffffffffffffffffffffffffffffff80927fb8276d3100000000000000000000000000000000000000000000000000000000600052166004521660245260445260646000fd5b9061012082019182516000526000602052604060002092805160005260016020526040600020906147f785546fffffffffffffffffffffffffffffffff8160801c91166130f0565b936fffffffffffffffffffffffffffffffff8116946fffffffffffffffffffffffffffffffff811686106000146149c25750935b156144165780516000526002602052604060002080547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff81146130b45760010190556fffffffffffffffffffffffffffffffff84169182156149ba57856fffffffffffffffffffffffffffffffff6148a9878261370c9a54166130f0565b167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905584815464ffffffffff8160801c1661493c575b505050516040519182527fa84286cf8ebc7903a663c77c8d99aa92b600d4c2fcca872a5d4a663db4eb394b60203393a373ffffffffffffffffffffffffffffffffffffffff60208160a0840151169201511690614739565b6fffffffffffffffffffffffffffffffff168085106149725750505080516000526001602052600060408120555b3884816148e4565b6fffffffffffffffffffffffffffffffff9161498d916130f0565b167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905561496a565b505050505050565b90509361482b565b73ffffffffffffffffffffffffffffffffffffffff6020820151163314159081614a24575b506149f657565b7ff9c8c7eb000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b73ffffffffffffffffffffffffffffffffffffffff91506040015116331415386149ef565b91907f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8216917f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08311614af85760ff1c601b0180601b116130b457614ad860009360ff936020966040519586951690859094939260ff6060936080840197845216602083015260408201520152565b838052039060015afa15614aec5760005190565b6040513d6000823e3d90fd5b50505050600090565b9291927f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a083118015614b61575b614af857614ad8600093602095604051948594859094939260ff6060936080840197845216602083015260408201520152565b5060ff8216601b8114159081614b78575b50614b2e565b601c9150141538614b72565b614b8c6134cb565b60208151910120614b9b613506565b602081519101206040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a0815261448e60c082612fd9565b9173ffffffffffffffffffffffffffffffffffffffff831615614cd05760009182916040519073ffffffffffffffffffffffffffffffffffffffff60208301937fa9059cbb000000000000000000000000000000000000000000000000000000008552166024830152604482015260448152614c70606482612fd9565b519082855af1614c7e613766565b9015614cc9578051600081614c96575050503b151590565b60208210159350909183614cab575b50505090565b60208181019450919281010312610247575051600114388080614ca5565b5050600090565b600080935080929181925af1614ce4613766565b509056";

export const BATCH_SETTLEMENT_RUNTIME_BYTECODE = "0x608080604052600436101561001357600080fd5b600090813560e01c908163073f5d9f14612d8057508063140f1e75146128e75780631e69ef401461288e5780631fa5d6a41461273b5780631fc3277d146126ff57806321ff6389146126475780632503255a146122a457806329237b0c146121875780632a2dca8e146120b4578063439495bc1461205b578063488ccc3b1461200057806353ab0fae14611fa75780635e5e0b8714611f4d57806362900b7614611efb5780637a7ebd7b14611e945780637d1e9b9114611b8f57806383a90a2e14611b3e57806384b0196e14611a49578063862bb19914611a045780638e4a68ac146119ab57806392aaedb71461194257806392f7f9a014611891578063938f53dd1461168657806394157cc5146115f057806394739e87146115975780639db32a8f1461154e578063ac9650d8146113b3578063ae15943914611378578063b084fe4a1461128e578063b77433e914611134578063b7f06ebe146110c4578063ba94ec0d1461106b578063c8dde6c214610b81578063cf5cf3dc146108dd578063dce4bfae14610871578063e25cf1891461080b578063e43ce1f214610632578063e7400b52146105f1578063e88377b11461035a578063ea4afc5414610292578063f0dc792e1461024a5763fb0f19bb146101ef57600080fd5b3461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517faec118c6d47a661076165eee760376e1585ec63a7001ddf7d9b0ddce9f495cf68152f35b80fd5b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760406020916004358152600283522054604051908152f35b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475773ffffffffffffffffffffffffffffffffffffffff60406102e1612e59565b92826102eb612e7c565b94168152600460205220911660005260205261035660406000205460405191816fffffffffffffffffffffffffffffffff64ffffffffff859460801c1691168390929164ffffffffff6020916fffffffffffffffffffffffffffffffff604085019616845216910152565b0390f35b50346102475760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757610392613825565b5061039b613ba9565b6103a481613c33565b6103ad816149ca565b61012081018051835282602052604083209080518452600160205260408420604051906040820182811067ffffffffffffffff8211176105c457604052546fffffffffffffffffffffffffffffffff8116825260801c64ffffffffff1660208201818152901561059c5764ffffffffff61043591511664ffffffffff60c08701511690613441565b80421061057157506fffffffffffffffffffffffffffffffff61045f8454828160801c91166130f0565b915116906fffffffffffffffffffffffffffffffff81168210156105695750915b8151855260016020528460408120556fffffffffffffffffffffffffffffffff6104ad84828454166130f0565b167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905551602083019073ffffffffffffffffffffffffffffffffffffffff825116604051917f546ce1e2242cd930c196bd08b894443562d709b4fffe4f028a75a6d233efc6e360206fffffffffffffffffffffffffffffffff871694858152a361053a578380f35b73ffffffffffffffffffffffffffffffffffffffff8060a06105629501511691511690614739565b3880808380f35b905091610480565b7ffc72a1e9000000000000000000000000000000000000000000000000000000008652600452602485fd5b6004867f613dcd33000000000000000000000000000000000000000000000000000000008152fd5b6024877f4e487b710000000000000000000000000000000000000000000000000000000081526041600452fd5b5060207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475761062f610627612e59565b3490336142a3565b80f35b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff811161080757610682903690600401612ef0565b9060243567ffffffffffffffff8111610803576106a3903690600401612ec2565b9083156107d35773ffffffffffffffffffffffffffffffffffffffff916106d3916106ce868661320c565b613ae2565b169081158015610773575b61074b57916106eb613ba9565b916080830191855b8181106106fe578680f35b8061071561070f600193858a613154565b87613c85565b61074561072382858a613154565b828673ffffffffffffffffffffffffffffffffffffffff895116149189613cd7565b016106f3565b6004847f398a37cc000000000000000000000000000000000000000000000000000000008152fd5b5080357ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec1823603018112156107cf576060908201013573ffffffffffffffffffffffffffffffffffffffff81168091036107cf578214156106de565b8480fd5b6044857f1f26dbdf0000000000000000000000000000000000000000000000000000000081528060045280602452fd5b8380fd5b5080fd5b50346102475760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757604435906fffffffffffffffffffffffffffffffff82168203610247576020610869836024356004356137c4565b604051908152f35b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161010081126108075760e0136102475761062f6108b5612dd8565b6108bd613825565b506108c6613ba9565b6108cf81613c33565b6108d881613a63565b6147af565b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161010081126108075760e0136102475761091e612dd8565b610926613825565b5061092f613ba9565b9061093982613c33565b610942826149ca565b610120820190815184528360205260408420918051855260016020526109836040862093546fffffffffffffffffffffffffffffffff8160801c91166130f0565b6fffffffffffffffffffffffffffffffff8316908115610b595764ffffffffff855460801c1680610b2e57506fffffffffffffffffffffffffffffffff16808211610afe5750610a459064ffffffffff42169485917fffffffffffffffffffffffffffffffff00000000000000000000000000000000825416178155907fffffffffffffffffffffff0000000000ffffffffffffffffffffffffffffffff74ffffffffff0000000000000000000000000000000083549260801b169116179055565b519164ffffffffff60c073ffffffffffffffffffffffffffffffffffffffff60608701511695015116019064ffffffffff8211610ad157604080516fffffffffffffffffffffffffffffffff909216825264ffffffffff90921660208201527f30756801b3f554849cf6a7ce90455bce91b2677a008137e5a97aca5d0356ad2191819081015b0390a380f35b6024857f4e487b710000000000000000000000000000000000000000000000000000000081526011600452fd5b86906044927f82d0b334000000000000000000000000000000000000000000000000000000008352600452602452fd5b7fb775068e000000000000000000000000000000000000000000000000000000008852600452602487fd5b6004877f192b048a000000000000000000000000000000000000000000000000000000008152fd5b50346102475760c07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757610bb9612e59565b90610bc2612e7c565b91610bcb612e9f565b610bd3612f52565b9060a43567ffffffffffffffff81116107cf57610bf4903690600401612ec2565b9273ffffffffffffffffffffffffffffffffffffffff85163314158061104b575b61101f5783158015611013575b610fe75764ffffffffff9073ffffffffffffffffffffffffffffffffffffffff610c4a613ba9565b9881881660608b015216608089015273ffffffffffffffffffffffffffffffffffffffff841660a08901521660c087015284956040519086602052825b8584018110610e5f575050505073ffffffffffffffffffffffffffffffffffffffff831684526003602052604080852060009073ffffffffffffffffffffffffffffffffffffffff8416825260205220918254926fffffffffffffffffffffffffffffffff841695610cf887613088565b808911610e2f5750506fffffffffffffffffffffffffffffffff610d2e610d248260209a168099613122565b9560801c866130f0565b82546fffffffffffffffffffffffffffffffff16608087901b7fffffffffffffffffffffffffffffffff000000000000000000000000000000001617835594167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905560986040519186835204868201526084359073ffffffffffffffffffffffffffffffffffffffff8316907f21890fec603b492b31c8f2a1846da10ee6d02b8e761dfc9b7c3e5ad258fa112b604073ffffffffffffffffffffffffffffffffffffffff881692a46fffffffffffffffffffffffffffffffff8216610e1e575b505050604051908152f35b610e27926146c5565b388080610e13565b60449250887f82d0b334000000000000000000000000000000000000000000000000000000008352600452602452fd5b803560601c6020830152601481013560601c6040830152602881013560e083015261010082206101828301526042610160830120808952604089208054906fffffffffffffffffffffffffffffffff821690604885013560801c9182610140880152808311610fdf575b508260801c92838311610f20575b505090839291609888819603048c52116003026001016020527fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5860408ba2886020525b01610c87565b8461012088015260606101008801206101828801527f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08d60207f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff60788a013560426101608d01208d528c838260ff1c601b019101528c604060588d013591015216918260608d015260808c60015afa501160203d18178d604089015190511817610ed757919c6098959450838e94929403019c0360801b019055610f1a565b915038610ec9565b602486857f7408ad1d000000000000000000000000000000000000000000000000000000008252600452fd5b50609884061515610c22565b6024867fb02caebb00000000000000000000000000000000000000000000000000000000815233600452fd5b5073ffffffffffffffffffffffffffffffffffffffff8716331415610c15565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517f30b9a0367528fca13c3e8ec6134c3113f1887ebe7a1ad61de0955aac288b0cf58152f35b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576004358152600160209081526040918290205482516fffffffffffffffffffffffffffffffff8216815260809190911c64ffffffffff1691810191909152f35b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161014081126108075760e01361024757611175612dd8565b610104356101243567ffffffffffffffff81116108035761119a903690600401612ec2565b906111a3613825565b506111ac613ba9565b926111b684613c33565b6101208401805187526002602052604087205480830361125e5750916106ce8673ffffffffffffffffffffffffffffffffffffffff95936111f795516137c4565b168015908115611239575b50611211579061062f916147af565b6004837f398a37cc000000000000000000000000000000000000000000000000000000008152fd5b905073ffffffffffffffffffffffffffffffffffffffff608083015116141538611202565b87604491847f5c8b1be8000000000000000000000000000000000000000000000000000000008352600452602452fd5b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576112c6612e59565b6112ce612df7565b6112d9818333614494565b73ffffffffffffffffffffffffffffffffffffffff6fffffffffffffffffffffffffffffffff60405192169283835216907fa50ae7d766a4e77662d4644ddf5d8f71335628b9472fdce000221ea06435cfc960203392a361133b813384614bf3565b15611344575080f35b906064917fb8276d310000000000000000000000000000000000000000000000000000000082528160045233602452604452fd5b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040516103848152f35b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff811161080757611403903690600401612ef0565b909161140e826131c3565b9261141c6040519485612fd9565b8284527fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0611449846131c3565b01825b81811061153d575050815b838110156114ba5782806114708360051b850185613715565b9081604051928392833781018381520390305af461148c613766565b90156114b257906001916114a082886131f8565b526114ab81876131f8565b5001611457565b602081519101fd5b84836040519182916020830160208452825180915260408401602060408360051b870101940192905b8282106114f257505050500390f35b9193602061152d827fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc060019597998495030186528851612f7a565b96019201920185949391926114e3565b80606060208093890101520161144c565b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475761062f611589612e59565b611591612e7c565b90613631565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517f1e1bd6ff84c3e0d9029a292b212e039c0ca97ec497c55191a4a5874294609a698152f35b50346102475760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757604060209161162d612e59565b73ffffffffffffffffffffffffffffffffffffffff61164a612e7c565b911682526005845273ffffffffffffffffffffffffffffffffffffffff8383209116600052835281600020604435825283522054604051908152f35b50346102475760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576116be612e59565b906116c7612e7c565b6116cf612e9f565b6116d7612e16565b93608435946116e4612f66565b60c43567ffffffffffffffff811161188d57611704903690600401612ec2565b9164ffffffffff81168042101561186257509061172961172f93928a86898b8a61359c565b85614584565b1561183a57600160ff87161b73ffffffffffffffffffffffffffffffffffffffff831690818752600560205260408720878052602052604087208860081c9081895260205260408820549082821661180e578899508361062f9952600560205260408a208a805260205260408a20908a526020521760408820556117b4828685614494565b7fa50ae7d766a4e77662d4644ddf5d8f71335628b9472fdce000221ea06435cfc9602073ffffffffffffffffffffffffffffffffffffffff6fffffffffffffffffffffffffffffffff6040519516978886521693a36142a3565b6024898b7f2f963478000000000000000000000000000000000000000000000000000000008252600452fd5b6004857f398a37cc000000000000000000000000000000000000000000000000000000008152fd5b7f939ade48000000000000000000000000000000000000000000000000000000008952600452602488fd5b8680fd5b5060407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff8111610807576118dc903690600401612f21565b6024359167ffffffffffffffff831161080357611900611908933690600401612ef0565b9290916140e0565b348103611913575080f35b7f227baf1100000000000000000000000000000000000000000000000000000000825234600452602452604490fd5b50346102475760c07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757602061086961197f612e59565b611987612e7c565b90611990612e9f565b611998612e16565b906119a1612f66565b936084359361359c565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517f1c9a06ceab9b0ebbd3301dc56c9111bb6d9af421356dc9ccb3b7084c755db3088152f35b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576020610869611a41612df7565b600435613541565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757611ae290611a846134cb565b90611a8d613506565b906020611af060405193611aa18386612fd9565b83855260003681376040519687967f0f00000000000000000000000000000000000000000000000000000000000000885260e08589015260e0880190612f7a565b908682036040880152612f7a565b904660608601523060808601528260a086015284820360c08601528080855193848152019401925b828110611b2757505050500390f35b835185528695509381019392810192600101611b18565b50346102475760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576020610869611b7b612df7565b611b83612e9f565b6064359160043561344e565b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161016081126108075760e01361024757611bd0612dd8565b9061010435916101243564ffffffffff811690818103610803576101443567ffffffffffffffff81116107cf57611c0b903690600401612ec2565b611c16969196613825565b50611c1f613ba9565b93611c2985613c33565b611c328561389e565b73ffffffffffffffffffffffffffffffffffffffff60a08601511680611e69575080421015611e3e575073ffffffffffffffffffffffffffffffffffffffff60408501511696602085019373ffffffffffffffffffffffffffffffffffffffff855116885260046020526040882073ffffffffffffffffffffffffffffffffffffffff8a1660005260205264ffffffffff60406000205460801c1680151580611e20575b611df55750889273ffffffffffffffffffffffffffffffffffffffff926106ce611d0793878b6101208c01516133d3565b160361183a5773ffffffffffffffffffffffffffffffffffffffff82511690600160ff82161b9180875260056020526040872073ffffffffffffffffffffffffffffffffffffffff89166000526020526040600020908260081c91828952602052604088205492848416611dca575093869388999373ffffffffffffffffffffffffffffffffffffffff93611dc59761062f9b52600560205260408c208587166000526020526040600020908c526020521760408a20555116614494565b613991565b7f2f963478000000000000000000000000000000000000000000000000000000008952600452602488fd5b7f927fc0ed000000000000000000000000000000000000000000000000000000008952600452602488fd5b50611e3664ffffffffff60c08901511682613441565b421015611cd6565b7f939ade48000000000000000000000000000000000000000000000000000000008752600452602486fd5b7f77dfe689000000000000000000000000000000000000000000000000000000008852600452602487fd5b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757600435815260208181526040918290205482516fffffffffffffffffffffffffffffffff8216815260809190911c91810191909152f35b50346102475760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576020610869611f38612df7565b611f40612f52565b90604435906004356133d3565b50346102475760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475750611f86613825565b506020610120611f94613ba9565b611f9d81613c33565b0151604051908152f35b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517f42bd57c010b870c2e96203c66341f28a6a19b4d56a74533a8eb5f706b9fd6d578152f35b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610247576004359067ffffffffffffffff82116102475760206108696120553660048601612ef0565b9061320c565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517fcc549a66177180f74fc44a35c7b8d42e6bd01ae0003da9de88849cda42e9920f8152f35b5060607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff8111610807576120ff903690600401612f21565b60249291923567ffffffffffffffff81116121835790612126612135923690600401612ef0565b9161212f612e9f565b956140e0565b91348310156121535761214c61062f9293346130e3565b90336142a3565b506044917f227baf1100000000000000000000000000000000000000000000000000000000825234600452602452fd5b8280fd5b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760043567ffffffffffffffff8111610807576121d7903690600401612ef0565b908115612274576121e6613ba9565b6060810192845b8181106121f8578580f35b8061220f6122096001938588613154565b85613c85565b73ffffffffffffffffffffffffffffffffffffffff8651163314801561224c575b612246908261224081878a613154565b87613cd7565b016121ed565b5061224673ffffffffffffffffffffffffffffffffffffffff60808601511633149050612230565b6044837f1f26dbdf0000000000000000000000000000000000000000000000000000000081528060045280602452fd5b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161016081126108075760e013610247576122e5612dd8565b6122ed612e35565b61012435906101443567ffffffffffffffff81116107cf57612313903690600401612ec2565b61231e939193613825565b50612327613ba9565b9161233183613c33565b61233a83613a63565b610120830193845188528760205260408820928354966fffffffffffffffffffffffffffffffff8860801c9816806fffffffffffffffffffffffffffffffff8b16106000146126415750885b886fffffffffffffffffffffffffffffffff8b16111561261957906106ce85856123b295948b5161344e565b73ffffffffffffffffffffffffffffffffffffffff806040870151169116036125f15773ffffffffffffffffffffffffffffffffffffffff166040517f72367928000000000000000000000000000000000000000000000000000000008152826004820152602081602481855afa9081156125e65789916125a7575b50156125795750507f36bd546bb573e8921fdbfd934bbed62d872796b01792cd240cce27f79dd3eddd92866fffffffffffffffffffffffffffffffff61251c6040610acb9673ffffffffffffffffffffffffffffffffffffffff60a0836124de8d8f6124d98161254c9e906fffffffffffffffffffffffffffffffff7fffffffffffffffffffffffffffffffff0000000000000000000000000000000083549260801b169116179055565b6130f0565b97836060860151168152600360205220920151169073ffffffffffffffffffffffffffffffffffffffff600092168252602052209282845416613122565b167fffffffffffffffffffffffffffffffff000000000000000000000000000000008254161790555193856130f0565b604080516fffffffffffffffffffffffffffffffff92831681529590911660208601523394918291820190565b7f1f6e634f000000000000000000000000000000000000000000000000000000008852600452602452604486fd5b90506020813d6020116125de575b816125c260209383612fd9565b810103126125da575180151581036125da573861242e565b8880fd5b3d91506125b5565b6040513d8b823e3d90fd5b6004887f398a37cc000000000000000000000000000000000000000000000000000000008152fd5b60048b7f2bb56941000000000000000000000000000000000000000000000000000000008152fd5b98612386565b50346102475760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475773ffffffffffffffffffffffffffffffffffffffff6040612696612e59565b92826126a0612e7c565b94168152600360205220911660005260205261035660406000205460405191816fffffffffffffffffffffffffffffffff849360801c9116839092916fffffffffffffffffffffffffffffffff60209181604085019616845216910152565b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757602060405162278d008152f35b50346102475760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261024757612773612e59565b33825260046020526040822073ffffffffffffffffffffffffffffffffffffffff821660005260205273ffffffffffffffffffffffffffffffffffffffff604060002091169081156128665764ffffffffff815460801c168061283b575080547fffffffffffffffffffffff0000000000ffffffffffffffffffffffffffffffff164260801b74ffffffffff0000000000000000000000000000000016179055337f9a20fd73f3c4985be44f081964b55d63f69ed94995474740c82bfbff9d6ab5c48380a380f35b7f927fc0ed000000000000000000000000000000000000000000000000000000008452600452602483fd5b6004837fb05d2ebc000000000000000000000000000000000000000000000000000000008152fd5b503461024757807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102475760206040517fbe23ad087435072cd69b49cc5b92de10ee610fce7ae0ab428307972d764bb2168152f35b5034610247577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161014081126108075760e01361024757612928612dd8565b612930612e35565b916101243567ffffffffffffffff811161080757612952903690600401612ec2565b61295d939193613825565b50612966613ba9565b9361297085613c33565b600260065414612d58576129838561389e565b6020850173ffffffffffffffffffffffffffffffffffffffff81511615612d305760a086019373ffffffffffffffffffffffffffffffffffffffff8551168015612d0557506fffffffffffffffffffffffffffffffff16918215612cdd5760249596976002600655602073ffffffffffffffffffffffffffffffffffffffff875116604051988980927f70a082310000000000000000000000000000000000000000000000000000000082523060048301525afa968715612cd2578897612c86575b5073ffffffffffffffffffffffffffffffffffffffff80911692511673ffffffffffffffffffffffffffffffffffffffff865116916101208a015195843b15612c825791612ae68a96959493928793604051998a98899788967fe416d8d3000000000000000000000000000000000000000000000000000000008852600488015260248701526044860152606485015260a0608485015260a4840191613049565b03925af18015612c7757612c49575b50602073ffffffffffffffffffffffffffffffffffffffff6024925116604051928380927f70a082310000000000000000000000000000000000000000000000000000000082523060048301525afa908115612c3e578391612c07575b5081811115612bdf5790612b65916130e3565b916fffffffffffffffffffffffffffffffff8311612b9f576fffffffffffffffffffffffffffffffff61062f929360016006551690613991565b506044917f82d0b3340000000000000000000000000000000000000000000000000000000082526004526fffffffffffffffffffffffffffffffff602452fd5b6004837f5016c808000000000000000000000000000000000000000000000000000000008152fd5b90506020813d602011612c36575b81612c2260209383612fd9565b81010312612c31575138612b52565b600080fd5b3d9150612c15565b6040513d85823e3d90fd5b73ffffffffffffffffffffffffffffffffffffffff84612c6e60249496602094612fd9565b94925050612af5565b6040513d86823e3d90fd5b8980fd5b9096506020813d602011612cca575b81612ca260209383612fd9565b81010312612cc657519573ffffffffffffffffffffffffffffffffffffffff612a45565b8780fd5b3d9150612c95565b6040513d8a823e3d90fd5b6004867f192b048a000000000000000000000000000000000000000000000000000000008152fd5b7f77dfe689000000000000000000000000000000000000000000000000000000008752600452602486fd5b6004857fb05d2ebc000000000000000000000000000000000000000000000000000000008152fd5b6004847fcb00c113000000000000000000000000000000000000000000000000000000008152fd5b90503461080757817ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261080757807f36ddf2966dd0c895bee351b68c53521c924447989efab44a4fe10f3c9cce34b960209252f35b60e435906fffffffffffffffffffffffffffffffff82168203612c3157565b602435906fffffffffffffffffffffffffffffffff82168203612c3157565b606435906fffffffffffffffffffffffffffffffff82168203612c3157565b610104359073ffffffffffffffffffffffffffffffffffffffff82168203612c3157565b6004359073ffffffffffffffffffffffffffffffffffffffff82168203612c3157565b6024359073ffffffffffffffffffffffffffffffffffffffff82168203612c3157565b6044359073ffffffffffffffffffffffffffffffffffffffff82168203612c3157565b9181601f84011215612c315782359167ffffffffffffffff8311612c315760208381860195010111612c3157565b9181601f84011215612c315782359167ffffffffffffffff8311612c31576020808501948460051b010111612c3157565b9181601f84011215612c315782359167ffffffffffffffff8311612c315760208085019460e08502010111612c3157565b6064359064ffffffffff82168203612c3157565b60a4359064ffffffffff82168203612c3157565b919082519283825260005b848110612fc45750507fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f8460006020809697860101520116010190565b80602080928401015182828601015201612f85565b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff82111761301a57604052565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052604160045260246000fd5b601f82602094937fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0938186528686013760008582860101520116010190565b6fffffffffffffffffffffffffffffffff03906fffffffffffffffffffffffffffffffff82116130b457565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601160045260246000fd5b919082039182116130b457565b906fffffffffffffffffffffffffffffffff809116911603906fffffffffffffffffffffffffffffffff82116130b457565b906fffffffffffffffffffffffffffffffff809116911601906fffffffffffffffffffffffffffffffff82116130b457565b91908110156131945760051b810135907ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec181360301821215612c31570190565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052603260045260246000fd5b67ffffffffffffffff811161301a5760051b60200190565b356fffffffffffffffffffffffffffffffff81168103612c315790565b80518210156131945760209160051b010190565b919091613218836131c3565b906132266040519283612fd9565b838252613232846131c3565b937fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0602084019501368637613265613ba9565b9061012082019060005b81811061332d5750505050506040516020810180925190949060005b818110613317575050506132ca816133149495037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101835282612fd9565b51902060405160208101917f42bd57c010b870c2e96203c66341f28a6a19b4d56a74533a8eb5f706b9fd6d57835260408201526040815261330c606082612fd9565b519020614440565b90565b825187526020968701969092019160010161328b565b8061333b6001928488613154565b6133458187613c85565b8451906fffffffffffffffffffffffffffffffff61337261012061336b60e085016131db565b93016131db565b816040519360208501957f30b9a0367528fca13c3e8ec6134c3113f1887ebe7a1ad61de0955aac288b0cf587526040860152166060840152166080820152608081526133bf60a082612fd9565b5190206133cc82896131f8565b520161326f565b916133149364ffffffffff916fffffffffffffffffffffffffffffffff6040519460208601967faec118c6d47a661076165eee760376e1585ec63a7001ddf7d9b0ddce9f495cf68852604087015216606085015260808401521660a082015260a0815261330c60c082612fd9565b919082018092116130b457565b919273ffffffffffffffffffffffffffffffffffffffff613314946fffffffffffffffffffffffffffffffff6040519460208601967fcc549a66177180f74fc44a35c7b8d42e6bd01ae0003da9de88849cda42e9920f8852604087015216606085015216608083015260a082015260a0815261330c60c082612fd9565b604051906134da604083612fd9565b601582527f7834303220426174636820536574746c656d656e7400000000000000000000006020830152565b60405190613515604083612fd9565b600182527f31000000000000000000000000000000000000000000000000000000000000006020830152565b613314916fffffffffffffffffffffffffffffffff6040519160208301937f1e1bd6ff84c3e0d9029a292b212e039c0ca97ec497c55191a4a5874294609a69855260408401521660608201526060815261330c608082612fd9565b936fffffffffffffffffffffffffffffffff61331496929473ffffffffffffffffffffffffffffffffffffffff64ffffffffff9581604051988160208b019b7f36ddf2966dd0c895bee351b68c53521c924447989efab44a4fe10f3c9cce34b98d521660408b01521660608901521660808701521660a085015260c08401521660e082015260e0815261330c61010082612fd9565b906fffffffffffffffffffffffffffffffff9073ffffffffffffffffffffffffffffffffffffffff83166000526003602052604060002073ffffffffffffffffffffffffffffffffffffffff821660005260205260406000209261369d84548060801c948591166130f0565b926fffffffffffffffffffffffffffffffff84161561370e5761370c946136c78561370793613122565b6fffffffffffffffffffffffffffffffff7fffffffffffffffffffffffffffffffff0000000000000000000000000000000083549260801b169116179055565b6146c5565b565b5050505050565b9035907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe181360301821215612c31570180359067ffffffffffffffff8211612c3157602001918136038313612c3157565b3d156137bf573d9067ffffffffffffffff821161301a57604051916137b3601f82017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe01660200184612fd9565b82523d6000602084013e565b606090565b906fffffffffffffffffffffffffffffffff613314936040519260208401947fbe23ad087435072cd69b49cc5b92de10ee610fce7ae0ab428307972d764bb2168652604085015260608401521660808201526080815261330c60a082612fd9565b604051906101c0820182811067ffffffffffffffff82111761301a5760405260006101a0838281528260208201528260408201528260608201528260808201528260a08201528260c08201528260e082015282610100820152826101208201528261014082015282610160820152826101808201520152565b73ffffffffffffffffffffffffffffffffffffffff60408201511615801561396f575b801561394d575b6139235760c0015164ffffffffff1661038481108015613917575b6138ea5750565b7fd39ccac10000000000000000000000000000000000000000000000000000000060005260045260246000fd5b5062278d0081116138e3565b7fb05d2ebc0000000000000000000000000000000000000000000000000000000060005260046000fd5b5073ffffffffffffffffffffffffffffffffffffffff608082015116156138c8565b5073ffffffffffffffffffffffffffffffffffffffff606082015116156138c1565b61012081018051600052600060205260406000208054936139c36fffffffffffffffffffffffffffffffff8616613088565b946fffffffffffffffffffffffffffffffff821695808711613a325750019055517f877905eab738871de43848b3f4fcd9ec61d98d2e4c37f43471babf7c7cefde73602073ffffffffffffffffffffffffffffffffffffffff60608183870151169501511694604051908152a4565b867f82d0b3340000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b73ffffffffffffffffffffffffffffffffffffffff6060820151163314159081613abd575b50613a8f57565b7fb02caebb000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b73ffffffffffffffffffffffffffffffffffffffff9150608001511633141538613a88565b9160408114613b2d5760418103613b255780604010156131945780602011612c3157813590604011612c3157613314926040602084013593013560f81c90614b01565b505050600090565b9081602011612c315761331492602082359201359260207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0820110613b73575b50614a49565b60207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff9181959395030160031b1b169138613b6d565b613bb1613825565b90613bba614b84565b7f1c9a06ceab9b0ebbd3301dc56c9111bb6d9af421356dc9ccb3b7084c755db30883527f1e1bd6ff84c3e0d9029a292b212e039c0ca97ec497c55191a4a5874294609a696101008401527f1901000000000000000000000000000000000000000000000000000000000000610160840152610162830152565b6020810160e06004823760608201519060408301519051171760a0820151906080830151171760c082015160281c9060a01c17612c315761010081206101828201526101206042610160830120910152565b9060e06020830191823760608201519060408301519051171760a0820151906080830151171760c082015160281c9060a01c17612c315761010081206101828201526101206042610160830120910152565b929190926101208101918251600052600060205260406000209073ffffffffffffffffffffffffffffffffffffffff606084015116600052600360205260408060002073ffffffffffffffffffffffffffffffffffffffff60a0860151169073ffffffffffffffffffffffffffffffffffffffff60009216825260205220928254968760801c613d6a61012083016131db565b97156140a2576fffffffffffffffffffffffffffffffff8816818111156140635760e08301996fffffffffffffffffffffffffffffffff613daa8c6131db565b168211614023576fffffffffffffffffffffffffffffffff1610613fe557613dd290886130f0565b976fffffffffffffffffffffffffffffffff8654166fffffffffffffffffffffffffffffffff036fffffffffffffffffffffffffffffffff81116130b4576fffffffffffffffffffffffffffffffff166fffffffffffffffffffffffffffffffff8a1611613fa7576040613e8073ffffffffffffffffffffffffffffffffffffffff93613e7a613e6e8695613e688d51916131db565b90613541565b91610100810190613715565b91613ae2565b93015116911603613f6c575080546fffffffffffffffffffffffffffffffff16608085901b7fffffffffffffffffffffffffffffffff00000000000000000000000000000000161790557f36bd546bb573e8921fdbfd934bbed62d872796b01792cd240cce27f79dd3eddd91613f67916fffffffffffffffffffffffffffffffff613f0e8782845416613122565b167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905551926040519182913396839092916fffffffffffffffffffffffffffffffff60209181604085019616845216910152565b0390a3565b945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260046020820152a2565b505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260056020820152a2565b505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260036020820152a2565b5050505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260026020820152a2565b50505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260016020820152a2565b505050945050507fe7b47db8b2e20fea6a91fd41fda6b85f5d3e262f0c2fae787fede0b97b355e5891506040905192815190815260006020820152a2565b9060009080158015614299575b61426757936140fa613ba9565b93600091602086019760a08701935b8881101561425b57600061412260e0830289018a613c85565b8382101561422e576141388260051b86016131db565b966141428a61389e565b3373ffffffffffffffffffffffffffffffffffffffff8d5116036142025773ffffffffffffffffffffffffffffffffffffffff875116806141d757506fffffffffffffffffffffffffffffffff88169182156141af5750600192916141a99101978a613991565b01614109565b807f192b048a0000000000000000000000000000000000000000000000000000000060049252fd5b7f77dfe689000000000000000000000000000000000000000000000000000000008352600452602482fd5b6024827ff9c8c7eb00000000000000000000000000000000000000000000000000000000815233600452fd5b807f4e487b7100000000000000000000000000000000000000000000000000000000602492526032600452fd5b50965050505093505050565b84907f1f26dbdf0000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b50848114156140ed565b73ffffffffffffffffffffffffffffffffffffffff169081600052600460205260408060002060009073ffffffffffffffffffffffffffffffffffffffff8416825260205220831561441657805464ffffffffff8160801c16806143e957506fffffffffffffffffffffffffffffffff169361431e85613088565b81116143af577fdb858ef1e87655375aa1b712ec1ab3c283e39371f187acf9471543d5320f66f9926020926fffffffffffffffffffffffffffffffff61437c8173ffffffffffffffffffffffffffffffffffffffff95168099613122565b167fffffffffffffffffffffffffffffffff000000000000000000000000000000008254161790556040519586521693a3565b6143b885613088565b907f82d0b3340000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b7f927fc0ed0000000000000000000000000000000000000000000000000000000060005260045260246000fd5b7f192b048a0000000000000000000000000000000000000000000000000000000060005260046000fd5b614448614b84565b906040519060208201927f19010000000000000000000000000000000000000000000000000000000000008452602283015260428201526042815261448e606282612fd9565b51902090565b9073ffffffffffffffffffffffffffffffffffffffff6040921660005260046020528160002073ffffffffffffffffffffffffffffffffffffffff60009216825260205220906fffffffffffffffffffffffffffffffff8254166fffffffffffffffffffffffffffffffff821680156144165781811161455457506fffffffffffffffffffffffffffffffff9161452a916130f0565b167fffffffffffffffffffffffffffffffff00000000000000000000000000000000825416179055565b7f82d0b3340000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b92919091833b1561466d57916000939161460c85946145e060405193849260208401967f1626ba7e0000000000000000000000000000000000000000000000000000000088526024850152604060448501526064840191613049565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe08101835282612fd9565b51915afa614618613766565b8161465f575b81614627575090565b9050602081805181010312612c3157602001517f1626ba7e000000000000000000000000000000000000000000000000000000001490565b90506020815110159061461e565b90919273ffffffffffffffffffffffffffffffffffffffff16908115159283614699575b505050905090565b73ffffffffffffffffffffffffffffffffffffffff93506146ba9294613ae2565b161480388080614691565b61370c92916040516fffffffffffffffffffffffffffffffff84168152339073ffffffffffffffffffffffffffffffffffffffff8316907f7337b4386b690fdb8ba66905b92b9d45d33bc6626ee2620c905fb150ec0cc47d602073ffffffffffffffffffffffffffffffffffffffff871692a45b916fffffffffffffffffffffffffffffffff1691614758838383614bf3565b1561476257505050565b9073ffffffffffffffffffffffffffffffffffffffff80927fb8276d3100000000000000000000000000000000000000000000000000000000600052166004521660245260445260646000fd5b9061012082019182516000526000602052604060002092805160005260016020526040600020906147f785546fffffffffffffffffffffffffffffffff8160801c91166130f0565b936fffffffffffffffffffffffffffffffff8116946fffffffffffffffffffffffffffffffff811686106000146149c25750935b156144165780516000526002602052604060002080547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff81146130b45760010190556fffffffffffffffffffffffffffffffff84169182156149ba57856fffffffffffffffffffffffffffffffff6148a9878261370c9a54166130f0565b167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905584815464ffffffffff8160801c1661493c575b505050516040519182527fa84286cf8ebc7903a663c77c8d99aa92b600d4c2fcca872a5d4a663db4eb394b60203393a373ffffffffffffffffffffffffffffffffffffffff60208160a0840151169201511690614739565b6fffffffffffffffffffffffffffffffff168085106149725750505080516000526001602052600060408120555b3884816148e4565b6fffffffffffffffffffffffffffffffff9161498d916130f0565b167fffffffffffffffffffffffffffffffff0000000000000000000000000000000082541617905561496a565b505050505050565b90509361482b565b73ffffffffffffffffffffffffffffffffffffffff6020820151163314159081614a24575b506149f657565b7ff9c8c7eb000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b73ffffffffffffffffffffffffffffffffffffffff91506040015116331415386149ef565b91907f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8216917f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08311614af85760ff1c601b0180601b116130b457614ad860009360ff936020966040519586951690859094939260ff6060936080840197845216602083015260408201520152565b838052039060015afa15614aec5760005190565b6040513d6000823e3d90fd5b50505050600090565b9291927f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a083118015614b61575b614af857614ad8600093602095604051948594859094939260ff6060936080840197845216602083015260408201520152565b5060ff8216601b8114159081614b78575b50614b2e565b601c9150141538614b72565b614b8c6134cb565b60208151910120614b9b613506565b602081519101206040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a0815261448e60c082612fd9565b9173ffffffffffffffffffffffffffffffffffffffff831615614cd05760009182916040519073ffffffffffffffffffffffffffffffffffffffff60208301937fa9059cbb000000000000000000000000000000000000000000000000000000008552166024830152604482015260448152614c70606482612fd9565b519082855af1614c7e613766565b9015614cc9578051600081614c96575050503b151590565b60208210159350909183614cab575b50505090565b60208181019450919281010312610247575051600114388080614ca5565b5050600090565b600080935080929181925af1614ce4613766565b509056";

export const BATCH_SETTLEMENT_TYPED_DATA = {
  "ChannelConfig": [
    {
      "name": "payer",
      "type": "address"
    },
    {
      "name": "payerAuthorizer",
      "type": "address"
    },
    {
      "name": "receiver",
      "type": "address"
    },
    {
      "name": "receiverAuthorizer",
      "type": "address"
    },
    {
      "name": "token",
      "type": "address"
    },
    {
      "name": "withdrawDelay",
      "type": "uint40"
    },
    {
      "name": "salt",
      "type": "bytes32"
    }
  ],
  "Voucher": [
    {
      "name": "channelId",
      "type": "bytes32"
    },
    {
      "name": "maxClaimableAmount",
      "type": "uint128"
    }
  ],
  "Refund": [
    {
      "name": "channelId",
      "type": "bytes32"
    },
    {
      "name": "nonce",
      "type": "uint256"
    },
    {
      "name": "amount",
      "type": "uint128"
    }
  ],
  "ClaimEntry": [
    {
      "name": "channelId",
      "type": "bytes32"
    },
    {
      "name": "maxClaimableAmount",
      "type": "uint128"
    },
    {
      "name": "totalClaimed",
      "type": "uint128"
    }
  ],
  "ClaimBatch": [
    {
      "name": "claims",
      "type": "ClaimEntry[]"
    }
  ],
  "ConditionalVoucher": [
    {
      "name": "channelId",
      "type": "bytes32"
    },
    {
      "name": "maxClaimableAmount",
      "type": "uint128"
    },
    {
      "name": "condition",
      "type": "address"
    },
    {
      "name": "terms",
      "type": "bytes32"
    }
  ],
  "Allocation": [
    {
      "name": "channelId",
      "type": "bytes32"
    },
    {
      "name": "amount",
      "type": "uint128"
    },
    {
      "name": "nonce",
      "type": "uint256"
    },
    {
      "name": "validBefore",
      "type": "uint40"
    }
  ],
  "Grant": [
    {
      "name": "payer",
      "type": "address"
    },
    {
      "name": "fromKey",
      "type": "address"
    },
    {
      "name": "toKey",
      "type": "address"
    },
    {
      "name": "amount",
      "type": "uint128"
    },
    {
      "name": "nonce",
      "type": "uint256"
    },
    {
      "name": "validBefore",
      "type": "uint40"
    }
  ]
};
