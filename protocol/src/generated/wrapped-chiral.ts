/**
 * Generated from contracts/WrappedChiral.sol by `npm run generate`; do not edit. Exports:
 * WRAPPED_CHIRAL_ABI: its ABI.
 * WRAPPED_CHIRAL_CREATION_BYTECODE: what a deployment sends.
 * WRAPPED_CHIRAL_RUNTIME_BYTECODE: what lies at its address.
 * WRAPPED_CHIRAL_TYPED_DATA: EIP-712 types that it hashes.
 */
export const WRAPPED_CHIRAL_ABI = [
  {
    "inputs": [],
    "stateMutability": "nonpayable",
    "type": "constructor"
  },
  {
    "inputs": [],
    "name": "ECDSAInvalidSignature",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "length",
        "type": "uint256"
      }
    ],
    "name": "ECDSAInvalidSignatureLength",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "s",
        "type": "bytes32"
      }
    ],
    "name": "ECDSAInvalidSignatureS",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "spender",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "allowance",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "needed",
        "type": "uint256"
      }
    ],
    "name": "ERC20InsufficientAllowance",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "sender",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "balance",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "needed",
        "type": "uint256"
      }
    ],
    "name": "ERC20InsufficientBalance",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "approver",
        "type": "address"
      }
    ],
    "name": "ERC20InvalidApprover",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "receiver",
        "type": "address"
      }
    ],
    "name": "ERC20InvalidReceiver",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "sender",
        "type": "address"
      }
    ],
    "name": "ERC20InvalidSender",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "spender",
        "type": "address"
      }
    ],
    "name": "ERC20InvalidSpender",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "deadline",
        "type": "uint256"
      }
    ],
    "name": "ERC2612ExpiredSignature",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "signer",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "owner",
        "type": "address"
      }
    ],
    "name": "ERC2612InvalidSigner",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "currentNonce",
        "type": "uint256"
      }
    ],
    "name": "InvalidAccountNonce",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "InvalidShortString",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "string",
        "name": "str",
        "type": "string"
      }
    ],
    "name": "StringTooLong",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "WrappedChiral_BadSignature",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "validBefore",
        "type": "uint256"
      }
    ],
    "name": "WrappedChiral_Expired",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      }
    ],
    "name": "WrappedChiral_NonceUsed",
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
    "name": "WrappedChiral_NotPayee",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "validAfter",
        "type": "uint256"
      }
    ],
    "name": "WrappedChiral_NotYetValid",
    "type": "error"
  },
  {
    "inputs": [
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
    "name": "WrappedChiral_TransferFailed",
    "type": "error"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "owner",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "spender",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      }
    ],
    "name": "Approval",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "authorizer",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      }
    ],
    "name": "AuthorizationCanceled",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "authorizer",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      }
    ],
    "name": "AuthorizationUsed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "Deposit",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [],
    "name": "EIP712DomainChanged",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "from",
        "type": "address"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "to",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      }
    ],
    "name": "Transfer",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "account",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "Withdrawal",
    "type": "event"
  },
  {
    "inputs": [],
    "name": "CANCEL_AUTHORIZATION_TYPEHASH",
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
    "name": "DOMAIN_SEPARATOR",
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
    "name": "RECEIVE_WITH_AUTHORIZATION_TYPEHASH",
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
    "name": "TRANSFER_WITH_AUTHORIZATION_TYPEHASH",
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
        "name": "owner",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "spender",
        "type": "address"
      }
    ],
    "name": "allowance",
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
        "name": "spender",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      }
    ],
    "name": "approve",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "authorizer",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      }
    ],
    "name": "authorizationState",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "account",
        "type": "address"
      }
    ],
    "name": "balanceOf",
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
        "name": "authorizer",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      },
      {
        "internalType": "uint8",
        "name": "v",
        "type": "uint8"
      },
      {
        "internalType": "bytes32",
        "name": "r",
        "type": "bytes32"
      },
      {
        "internalType": "bytes32",
        "name": "s",
        "type": "bytes32"
      }
    ],
    "name": "cancelAuthorization",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "authorizer",
        "type": "address"
      },
      {
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      },
      {
        "internalType": "bytes",
        "name": "signature",
        "type": "bytes"
      }
    ],
    "name": "cancelAuthorization",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "decimals",
    "outputs": [
      {
        "internalType": "uint8",
        "name": "",
        "type": "uint8"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "deposit",
    "outputs": [],
    "stateMutability": "payable",
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
    "inputs": [],
    "name": "name",
    "outputs": [
      {
        "internalType": "string",
        "name": "",
        "type": "string"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "owner",
        "type": "address"
      }
    ],
    "name": "nonces",
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
        "name": "owner",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "spender",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "deadline",
        "type": "uint256"
      },
      {
        "internalType": "uint8",
        "name": "v",
        "type": "uint8"
      },
      {
        "internalType": "bytes32",
        "name": "r",
        "type": "bytes32"
      },
      {
        "internalType": "bytes32",
        "name": "s",
        "type": "bytes32"
      }
    ],
    "name": "permit",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "from",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "to",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "validAfter",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "validBefore",
        "type": "uint256"
      },
      {
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      },
      {
        "internalType": "bytes",
        "name": "signature",
        "type": "bytes"
      }
    ],
    "name": "receiveWithAuthorization",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "from",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "to",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "validAfter",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "validBefore",
        "type": "uint256"
      },
      {
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      },
      {
        "internalType": "uint8",
        "name": "v",
        "type": "uint8"
      },
      {
        "internalType": "bytes32",
        "name": "r",
        "type": "bytes32"
      },
      {
        "internalType": "bytes32",
        "name": "s",
        "type": "bytes32"
      }
    ],
    "name": "receiveWithAuthorization",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "symbol",
    "outputs": [
      {
        "internalType": "string",
        "name": "",
        "type": "string"
      }
    ],
    "stateMutability": "view",
    "type": "function"
  },
  {
    "inputs": [],
    "name": "totalSupply",
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
        "name": "to",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      }
    ],
    "name": "transfer",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "from",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "to",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      }
    ],
    "name": "transferFrom",
    "outputs": [
      {
        "internalType": "bool",
        "name": "",
        "type": "bool"
      }
    ],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "from",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "to",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "validAfter",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "validBefore",
        "type": "uint256"
      },
      {
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      },
      {
        "internalType": "bytes",
        "name": "signature",
        "type": "bytes"
      }
    ],
    "name": "transferWithAuthorization",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "from",
        "type": "address"
      },
      {
        "internalType": "address",
        "name": "to",
        "type": "address"
      },
      {
        "internalType": "uint256",
        "name": "value",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "validAfter",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "validBefore",
        "type": "uint256"
      },
      {
        "internalType": "bytes32",
        "name": "nonce",
        "type": "bytes32"
      },
      {
        "internalType": "uint8",
        "name": "v",
        "type": "uint8"
      },
      {
        "internalType": "bytes32",
        "name": "r",
        "type": "bytes32"
      },
      {
        "internalType": "bytes32",
        "name": "s",
        "type": "bytes32"
      }
    ],
    "name": "transferWithAuthorization",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "withdraw",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  },
  {
    "stateMutability": "payable",
    "type": "receive"
  }
] as const;

export const WRAPPED_CHIRAL_CREATION_BYTECODE = "0x6101606040523461045a5760405161001860408261045f565b600e8152602081016d15dc985c1c19590810da1a5c985b60921b81526040519061004360408361045f565b600e82526d15dc985c1c19590810da1a5c985b60921b60208301526040519261006d60408561045f565b60048452635743484960e01b60208501526040519361008d60408661045f565b60018552603160f81b60208601908152845190946001600160401b03821161034d5760035490600182811c92168015610450575b602083101461032d5781601f8493116103d6575b50602090601f831160011461036e57600092610363575b50508160011b916000199060031b1c1916176003555b8051906001600160401b03821161034d5760045490600182811c92168015610343575b602083101461032d5781601f8493116102b3575b50602090601f831160011461024b57600092610240575b50508160011b916000199060031b1c1916176004555b61016f81610482565b6101205261017c8461063d565b61014052519020918260e05251902080610100524660a0526040519060208201927f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f8452604083015260608201524660808201523060a082015260a081526101e560c08261045f565b5190206080523060c05260405161209a90816107e982396080518161182f015260a051816118ec015260c05181611800015260e0518161187e015261010051816118a401526101205181610aa201526101405181610acb0152f35b015190503880610150565b600460009081528281209350601f198516905b81811061029b5750908460019594939210610282575b505050811b01600455610166565b015160001960f88460031b161c19169055388080610274565b9293602060018192878601518155019501930161025e565b82811115610139576004600052909150601f830160051c7f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b60208510610324575b849392601f0160051c829003910160005b828110610313575050610139565b600081830155859450600101610305565b600091506102f4565b634e487b7160e01b600052602260045260246000fd5b91607f1691610125565b634e487b7160e01b600052604160045260246000fd5b0151905038806100ec565b600360009081528281209350601f198516905b8181106103be57509084600195949392106103a5575b505050811b01600355610102565b015160001960f88460031b161c19169055388080610397565b92936020600181928786015181550195019301610381565b828111156100d5576003600052909150601f830160051c7fc2575a0e9e593c00f959f8c92f12db2869c3395a3b0502d05e2516446f71f85b60208510610447575b849392601f0160051c829003910160005b8281106104365750506100d5565b600081830155859450600101610428565b60009150610417565b91607f16916100c1565b600080fd5b601f909101601f19168101906001600160401b0382119082101761034d57604052565b9081516020811060001461051a575090601f8151116104be5760208151910151602082106104ae571790565b6000198260200360031b1b161790565b6040519063305a27a960e01b8252602060048301528181519182602483015260005b8381106105025750508160006044809484010152601f80199101168101030190fd5b602082820181015160448784010152859350016104e0565b6001600160401b03811161034d57600554600181811c91168015610633575b602082101461032d57601f81116105f0575b50602092601f821160011461058b5792819293600092610580575b50508160011b916000199060031b1c19161760055560ff90565b015190503880610566565b601f198216936005600052806000209160005b8681106105d857508360019596106105bf575b505050811b0160055560ff90565b015160001960f88460031b161c191690553880806105b1565b9192602060018192868501518155019401920161059e565b8181111561054b5760056000526020600020601f80840160051c809201920160051c039060005b82811061062557505061054b565b600082820155600101610617565b90607f1690610539565b908151602081106000146106c5575090601f8151116106695760208151910151602082106104ae571790565b6040519063305a27a960e01b8252602060048301528181519182602483015260005b8381106106ad5750508160006044809484010152601f80199101168101030190fd5b6020828201810151604487840101528593500161068b565b6001600160401b03811161034d57600654600181811c911680156107de575b602082101461032d57601f811161079b575b50602092601f8211600114610736579281929360009261072b575b50508160011b916000199060031b1c19161760065560ff90565b015190503880610711565b601f198216936006600052806000209160005b868110610783575083600195961061076a575b505050811b0160065560ff90565b015160001960f88460031b161c1916905538808061075c565b91926020600181928685015181550194019201610749565b818111156106f65760066000526020600020601f80840160051c809201920160051c039060005b8281106107d05750506106f6565b6000828201556001016107c2565b90607f16906106e456fe6080806040526004361015610025575b50361561001b57600080fd5b61002361163b565b005b60003560e01c90816306fdde031461120b57508063095ea7b3146111c757806318160ddd1461118b57806323b872dd14610fe75780632e1a7d4d14610e00578063313ce56714610dc65780633644e51514610d855780635a049a7014610cc557806370a0823114610c605780637ecebe0014610bfb5780637f2eecc314610ba257806384b0196e14610a6b57806388b7ab63146109b457806395d89b4114610893578063a0cc6a681461083a578063a9059cbb146107eb578063b7b72899146106fa578063cf09299514610657578063d0e30db014610625578063d505accf1461046a578063d916948714610411578063dd62ed3e14610381578063e3ee160e146102e5578063e94a01021461026d5763ef55bec614610145573861000f565b346102685761015336611440565b979190979692969593953373ffffffffffffffffffffffffffffffffffffffff85160361023a576100239861023592848761022c886102008e8e8e60405196879560208701998a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de888521660208701521660408501526060840152608083015260a08201520152565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe081018352826115cb565b51902085611912565b611a0f565b7ffc911f38000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b600080fd5b346102685760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685773ffffffffffffffffffffffffffffffffffffffff6102b961132d565b1660005260086020526040600020602435600052602052602060ff604060002054166040519015158152f35b346102685761002361022c6102356102006102ff36611440565b9399949895839b888a98839b94968e8e60405196879560208701998a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a226788521660208701521660408501526060840152608083015260a08201520152565b346102685760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576103b861132d565b73ffffffffffffffffffffffffffffffffffffffff6103d5611350565b9116600052600160205273ffffffffffffffffffffffffffffffffffffffff604060002091166000526020526020604060002054604051908152f35b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685760206040517f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a15974298152f35b346102685760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576104a161132d565b6104a9611350565b604435906064359260843560ff81168103610268578442116105f7576105b26105a973ffffffffffffffffffffffffffffffffffffffff92838516978860005260076020526040600020918254926001840190556040519160208301937f6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c985528b6040850152878a1660608501528a608085015260a084015260c083015260c0825261055660e0836115cb565b6105a460c4359360a4359351902061056c6117e9565b604291604051917f19010000000000000000000000000000000000000000000000000000000000008352600283015260228201522090565b611e77565b90929192611f1f565b168481036105c557506100239350611ad4565b84907f4b800e460000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b847f627913020000000000000000000000000000000000000000000000000000000060005260045260246000fd5b60007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761002361163b565b346102685761002361023561066b366113a1565b9060409892989793979694965160208101906106f1816102008d8d8d8d8d8d8a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a226788521660208701521660408501526060840152608083015260a08201520152565b519020846119a7565b346102685760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761073161132d565b602435906044359067ffffffffffffffff821161026857826107c49161075e6107bf943690600401611373565b60409591955195602087017f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429815273ffffffffffffffffffffffffffffffffffffffff851697886040820152866060820152606081526106f16080826115cb565b611c01565b7f1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81600080a3005b346102685760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761082f61082561132d565b602435903361171d565b602060405160018152f35b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685760206040517f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a22678152f35b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685760405160006004546108d3816114d6565b80845290600181169081156109725750600114610913575b61090f836108fb818503826115cb565b6040519182916020835260208301906112ce565b0390f35b600460009081527f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b939250905b808210610958575090915081016020016108fb6108eb565b919260018160209254838588010152019101909291610940565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff001660208086019190915291151560051b840190910191506108fb90506108eb565b34610268576109c2366113a1565b96909591959492943373ffffffffffffffffffffffffffffffffffffffff84160361023a57610023976102359160405160208101906106f1816102008d8d8d8d8d8d8a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de888521660208701521660408501526060840152608083015260a08201520152565b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261026857610b44610ac67f0000000000000000000000000000000000000000000000000000000000000000611cab565b610aef7f0000000000000000000000000000000000000000000000000000000000000000611d4a565b6020610b5260405192610b0283856115cb565b6000845260003681376040519586957f0f00000000000000000000000000000000000000000000000000000000000000875260e08588015260e08701906112ce565b9085820360408701526112ce565b466060850152306080850152600060a085015283810360c085015281808451928381520193019160005b828110610b8b57505050500390f35b835185528695509381019392810192600101610b7c565b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685760206040517fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de88152f35b346102685760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685773ffffffffffffffffffffffffffffffffffffffff610c4761132d565b1660005260076020526020604060002054604051908152f35b346102685760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685773ffffffffffffffffffffffffffffffffffffffff610cac61132d565b1660005260006020526020604060002054604051908152f35b346102685760a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261026857610cfc61132d565b602435906044359060ff8216820361026857826107c4916107bf60405160208101907f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429825273ffffffffffffffffffffffffffffffffffffffff84169687604083015285606083015260608252610d746080836115cb565b608435926064359251902085611912565b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576020610dbe6117e9565b604051908152f35b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261026857602060405160128152f35b346102685760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576004353315610fb857600033815280602052604081205491808310610f86578083338452836020520360408320558060025403600255816040518281527fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60203392a36040518181527f7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b6560203392a28180808084335af13d15610f81573d67ffffffffffffffff8111610f545760405190610f12601f82017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe016602001836115cb565b81528360203d92013e5b15610f25575080f35b7fc32a072300000000000000000000000000000000000000000000000000000000825233600452602452604490fd5b6024847f4e487b710000000000000000000000000000000000000000000000000000000081526041600452fd5b610f1c565b6064927fe450d38c00000000000000000000000000000000000000000000000000000000835233600452602452604452fd5b7f96c6fd1e00000000000000000000000000000000000000000000000000000000600052600060045260246000fd5b346102685760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761101e61132d565b611026611350565b6044359073ffffffffffffffffffffffffffffffffffffffff831692836000526001602052604060002073ffffffffffffffffffffffffffffffffffffffff33166000526020526040600020547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff81106110a6575b5061082f935061171d565b8381106111555784156111265733156110f75761082f946000526001602052604060002073ffffffffffffffffffffffffffffffffffffffff3316600052602052836040600020910390558461109b565b7f94280d6200000000000000000000000000000000000000000000000000000000600052600060045260246000fd5b7fe602df0500000000000000000000000000000000000000000000000000000000600052600060045260246000fd5b83907ffb8f41b2000000000000000000000000000000000000000000000000000000006000523360045260245260445260646000fd5b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576020600254604051908152f35b346102685760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761082f61120161132d565b6024359033611ad4565b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576000600354611248816114d6565b8084529060018116908115610972575060011461126f5761090f836108fb818503826115cb565b600360009081527fc2575a0e9e593c00f959f8c92f12db2869c3395a3b0502d05e2516446f71f85b939250905b8082106112b4575090915081016020016108fb6108eb565b91926001816020925483858801015201910190929161129c565b919082519283825260005b8481106113185750507fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f8460006020809697860101520116010190565b806020809284010151828286010152016112d9565b6004359073ffffffffffffffffffffffffffffffffffffffff8216820361026857565b6024359073ffffffffffffffffffffffffffffffffffffffff8216820361026857565b9181601f840112156102685782359167ffffffffffffffff8311610268576020838186019501011161026857565b60e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc8201126102685760043573ffffffffffffffffffffffffffffffffffffffff81168103610268579160243573ffffffffffffffffffffffffffffffffffffffff81168103610268579160443591606435916084359160a4359160c4359067ffffffffffffffff82116102685761143c91600401611373565b9091565b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc6101209101126102685760043573ffffffffffffffffffffffffffffffffffffffff81168103610268579060243573ffffffffffffffffffffffffffffffffffffffff81168103610268579060443590606435906084359060a4359060c43560ff81168103610268579060e435906101043590565b90600182811c9216801561151f575b60208310146114f057565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052602260045260246000fd5b91607f16916114e5565b60009291815491611539836114d6565b808352926001811690811561158f575060011461155557505050565b60009081526020812093945091925b838310611575575060209250010190565b600181602092949394548385870101520191019190611564565b905060209495507fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0091509291921683830152151560051b010190565b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff82111761160c57604052565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052604160045260246000fd5b33156116ee576002543481018091116116bf5760025560003381528060205260408120348154019055604051903482527fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60203393a36040513481527fe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c60203392a2565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601160045260246000fd5b7fec442f0500000000000000000000000000000000000000000000000000000000600052600060045260246000fd5b73ffffffffffffffffffffffffffffffffffffffff16908115610fb85773ffffffffffffffffffffffffffffffffffffffff169182156116ee5760008281528060205260408120548281106117b65791604082827fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef958760209652828652038282205586815280845220818154019055604051908152a3565b6064937fe450d38c0000000000000000000000000000000000000000000000000000000083949352600452602452604452fd5b73ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000163014806118e9575b15611851577f000000000000000000000000000000000000000000000000000000000000000090565b60405160208101907f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f82527f000000000000000000000000000000000000000000000000000000000000000060408201527f000000000000000000000000000000000000000000000000000000000000000060608201524660808201523060a082015260a081526118e360c0826115cb565b51902090565b507f00000000000000000000000000000000000000000000000000000000000000004614611828565b909373ffffffffffffffffffffffffffffffffffffffff9091168015939092841561196e575b50505050905061194457565b7f836647ef0000000000000000000000000000000000000000000000000000000060005260046000fd5b73ffffffffffffffffffffffffffffffffffffffff945061199561199a949661056c6117e9565b611b55565b1614158038808080611938565b73ffffffffffffffffffffffffffffffffffffffff90939193169081159283156119d7575b505050905061194457565b73ffffffffffffffffffffffffffffffffffffffff93506119fe611a03939561056c6117e9565b611d81565b161415803880806119cc565b91939594909280421115611aa7575085421015611a7957611a77949550611a368183611c01565b73ffffffffffffffffffffffffffffffffffffffff82167f98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5600080a361171d565b565b857f3f0f689c0000000000000000000000000000000000000000000000000000000060005260045260246000fd5b7f932bf3e90000000000000000000000000000000000000000000000000000000060005260045260246000fd5b73ffffffffffffffffffffffffffffffffffffffff169081156111265773ffffffffffffffffffffffffffffffffffffffff169182156110f75760207f8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925918360005260018252604060002085600052825280604060002055604051908152a3565b9291927f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a083118015611bde575b611bd557611bb5600093602095604051948594859094939260ff6060936080840197845216602083015260408201520152565b838052039060015afa15611bc95760005190565b6040513d6000823e3d90fd5b50505050600090565b5060ff8216601b8114159081611bf5575b50611b82565b601c9150141538611bef565b73ffffffffffffffffffffffffffffffffffffffff1680600052600860205260406000208260005260205260ff60406000205416611c7d576000526008602052604060002090600052602052604060002060017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00825416179055565b507f3dc3491c0000000000000000000000000000000000000000000000000000000060005260045260246000fd5b60ff8114611d2d5760ff811690601f8211611d03576040805192611ccf82856115cb565b602084527fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe060208501920136833783525290565b7fb3512b0c0000000000000000000000000000000000000000000000000000000060005260046000fd5b50604051611d4781611d40816005611529565b03826115cb565b90565b60ff8114611d6e5760ff811690601f8211611d03576040805192611ccf82856115cb565b50604051611d4781611d40816006611529565b9160408114611dfb5760418103611df3578060401015611dc457806020116102685781359060401161026857611d47926040602084013593013560f81c90611b55565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052603260045260246000fd5b505050600090565b908160201161026857611d4792602082359201359260207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0820110611e41575b5061200b565b60207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff9181959395030160031b1b169138611e3b565b90917f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08411611f135790611ed160209460009493604051948594859094939260ff6060936080840197845216602083015260408201520152565b838052039060015afa15611bc95760005173ffffffffffffffffffffffffffffffffffffffff811615611f075790600090600090565b50600090600190600090565b50505060009160039190565b9190916004811015611fdc5780611f3557509050565b600060018203611f69577ff645eedf0000000000000000000000000000000000000000000000000000000060005260046000fd5b5060028103611fa057827ffce698f70000000000000000000000000000000000000000000000000000000060005260045260246000fd5b9091600360009214611fb0575050565b602492507fd78bce0c000000000000000000000000000000000000000000000000000000008252600452fd5b7f4e487b7100000000000000000000000000000000000000000000000000000000600052602160045260246000fd5b91907f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8216917f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08311611bd55760ff1c601b0180601b116116bf57611bb560009360ff936020966040519586951690859094939260ff606093608084019784521660208301526040820152015256";

export const WRAPPED_CHIRAL_RUNTIME_BYTECODE = "0x6080806040526004361015610025575b50361561001b57600080fd5b61002361163b565b005b60003560e01c90816306fdde031461120b57508063095ea7b3146111c757806318160ddd1461118b57806323b872dd14610fe75780632e1a7d4d14610e00578063313ce56714610dc65780633644e51514610d855780635a049a7014610cc557806370a0823114610c605780637ecebe0014610bfb5780637f2eecc314610ba257806384b0196e14610a6b57806388b7ab63146109b457806395d89b4114610893578063a0cc6a681461083a578063a9059cbb146107eb578063b7b72899146106fa578063cf09299514610657578063d0e30db014610625578063d505accf1461046a578063d916948714610411578063dd62ed3e14610381578063e3ee160e146102e5578063e94a01021461026d5763ef55bec614610145573861000f565b346102685761015336611440565b979190979692969593953373ffffffffffffffffffffffffffffffffffffffff85160361023a576100239861023592848761022c886102008e8e8e60405196879560208701998a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de888521660208701521660408501526060840152608083015260a08201520152565b037fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe081018352826115cb565b51902085611912565b611a0f565b7ffc911f38000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b600080fd5b346102685760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685773ffffffffffffffffffffffffffffffffffffffff6102b961132d565b1660005260086020526040600020602435600052602052602060ff604060002054166040519015158152f35b346102685761002361022c6102356102006102ff36611440565b9399949895839b888a98839b94968e8e60405196879560208701998a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a226788521660208701521660408501526060840152608083015260a08201520152565b346102685760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576103b861132d565b73ffffffffffffffffffffffffffffffffffffffff6103d5611350565b9116600052600160205273ffffffffffffffffffffffffffffffffffffffff604060002091166000526020526020604060002054604051908152f35b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685760206040517f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a15974298152f35b346102685760e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576104a161132d565b6104a9611350565b604435906064359260843560ff81168103610268578442116105f7576105b26105a973ffffffffffffffffffffffffffffffffffffffff92838516978860005260076020526040600020918254926001840190556040519160208301937f6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c985528b6040850152878a1660608501528a608085015260a084015260c083015260c0825261055660e0836115cb565b6105a460c4359360a4359351902061056c6117e9565b604291604051917f19010000000000000000000000000000000000000000000000000000000000008352600283015260228201522090565b611e77565b90929192611f1f565b168481036105c557506100239350611ad4565b84907f4b800e460000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b847f627913020000000000000000000000000000000000000000000000000000000060005260045260246000fd5b60007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761002361163b565b346102685761002361023561066b366113a1565b9060409892989793979694965160208101906106f1816102008d8d8d8d8d8d8a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a226788521660208701521660408501526060840152608083015260a08201520152565b519020846119a7565b346102685760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761073161132d565b602435906044359067ffffffffffffffff821161026857826107c49161075e6107bf943690600401611373565b60409591955195602087017f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429815273ffffffffffffffffffffffffffffffffffffffff851697886040820152866060820152606081526106f16080826115cb565b611c01565b7f1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81600080a3005b346102685760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761082f61082561132d565b602435903361171d565b602060405160018152f35b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685760206040517f7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a22678152f35b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685760405160006004546108d3816114d6565b80845290600181169081156109725750600114610913575b61090f836108fb818503826115cb565b6040519182916020835260208301906112ce565b0390f35b600460009081527f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b939250905b808210610958575090915081016020016108fb6108eb565b919260018160209254838588010152019101909291610940565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff001660208086019190915291151560051b840190910191506108fb90506108eb565b34610268576109c2366113a1565b96909591959492943373ffffffffffffffffffffffffffffffffffffffff84160361023a57610023976102359160405160208101906106f1816102008d8d8d8d8d8d8a9273ffffffffffffffffffffffffffffffffffffffff60c09592989796938160e087019a7fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de888521660208701521660408501526060840152608083015260a08201520152565b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261026857610b44610ac67f0000000000000000000000000000000000000000000000000000000000000000611cab565b610aef7f0000000000000000000000000000000000000000000000000000000000000000611d4a565b6020610b5260405192610b0283856115cb565b6000845260003681376040519586957f0f00000000000000000000000000000000000000000000000000000000000000875260e08588015260e08701906112ce565b9085820360408701526112ce565b466060850152306080850152600060a085015283810360c085015281808451928381520193019160005b828110610b8b57505050500390f35b835185528695509381019392810192600101610b7c565b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685760206040517fd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de88152f35b346102685760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685773ffffffffffffffffffffffffffffffffffffffff610c4761132d565b1660005260076020526020604060002054604051908152f35b346102685760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685773ffffffffffffffffffffffffffffffffffffffff610cac61132d565b1660005260006020526020604060002054604051908152f35b346102685760a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261026857610cfc61132d565b602435906044359060ff8216820361026857826107c4916107bf60405160208101907f158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429825273ffffffffffffffffffffffffffffffffffffffff84169687604083015285606083015260608252610d746080836115cb565b608435926064359251902085611912565b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576020610dbe6117e9565b604051908152f35b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261026857602060405160128152f35b346102685760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576004353315610fb857600033815280602052604081205491808310610f86578083338452836020520360408320558060025403600255816040518281527fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60203392a36040518181527f7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b6560203392a28180808084335af13d15610f81573d67ffffffffffffffff8111610f545760405190610f12601f82017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe016602001836115cb565b81528360203d92013e5b15610f25575080f35b7fc32a072300000000000000000000000000000000000000000000000000000000825233600452602452604490fd5b6024847f4e487b710000000000000000000000000000000000000000000000000000000081526041600452fd5b610f1c565b6064927fe450d38c00000000000000000000000000000000000000000000000000000000835233600452602452604452fd5b7f96c6fd1e00000000000000000000000000000000000000000000000000000000600052600060045260246000fd5b346102685760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761101e61132d565b611026611350565b6044359073ffffffffffffffffffffffffffffffffffffffff831692836000526001602052604060002073ffffffffffffffffffffffffffffffffffffffff33166000526020526040600020547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff81106110a6575b5061082f935061171d565b8381106111555784156111265733156110f75761082f946000526001602052604060002073ffffffffffffffffffffffffffffffffffffffff3316600052602052836040600020910390558461109b565b7f94280d6200000000000000000000000000000000000000000000000000000000600052600060045260246000fd5b7fe602df0500000000000000000000000000000000000000000000000000000000600052600060045260246000fd5b83907ffb8f41b2000000000000000000000000000000000000000000000000000000006000523360045260245260445260646000fd5b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576020600254604051908152f35b346102685760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126102685761082f61120161132d565b6024359033611ad4565b346102685760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360112610268576000600354611248816114d6565b8084529060018116908115610972575060011461126f5761090f836108fb818503826115cb565b600360009081527fc2575a0e9e593c00f959f8c92f12db2869c3395a3b0502d05e2516446f71f85b939250905b8082106112b4575090915081016020016108fb6108eb565b91926001816020925483858801015201910190929161129c565b919082519283825260005b8481106113185750507fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f8460006020809697860101520116010190565b806020809284010151828286010152016112d9565b6004359073ffffffffffffffffffffffffffffffffffffffff8216820361026857565b6024359073ffffffffffffffffffffffffffffffffffffffff8216820361026857565b9181601f840112156102685782359167ffffffffffffffff8311610268576020838186019501011161026857565b60e07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc8201126102685760043573ffffffffffffffffffffffffffffffffffffffff81168103610268579160243573ffffffffffffffffffffffffffffffffffffffff81168103610268579160443591606435916084359160a4359160c4359067ffffffffffffffff82116102685761143c91600401611373565b9091565b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc6101209101126102685760043573ffffffffffffffffffffffffffffffffffffffff81168103610268579060243573ffffffffffffffffffffffffffffffffffffffff81168103610268579060443590606435906084359060a4359060c43560ff81168103610268579060e435906101043590565b90600182811c9216801561151f575b60208310146114f057565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052602260045260246000fd5b91607f16916114e5565b60009291815491611539836114d6565b808352926001811690811561158f575060011461155557505050565b60009081526020812093945091925b838310611575575060209250010190565b600181602092949394548385870101520191019190611564565b905060209495507fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0091509291921683830152151560051b010190565b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff82111761160c57604052565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052604160045260246000fd5b33156116ee576002543481018091116116bf5760025560003381528060205260408120348154019055604051903482527fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60203393a36040513481527fe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c60203392a2565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601160045260246000fd5b7fec442f0500000000000000000000000000000000000000000000000000000000600052600060045260246000fd5b73ffffffffffffffffffffffffffffffffffffffff16908115610fb85773ffffffffffffffffffffffffffffffffffffffff169182156116ee5760008281528060205260408120548281106117b65791604082827fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef958760209652828652038282205586815280845220818154019055604051908152a3565b6064937fe450d38c0000000000000000000000000000000000000000000000000000000083949352600452602452604452fd5b73ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000163014806118e9575b15611851577f000000000000000000000000000000000000000000000000000000000000000090565b60405160208101907f8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f82527f000000000000000000000000000000000000000000000000000000000000000060408201527f000000000000000000000000000000000000000000000000000000000000000060608201524660808201523060a082015260a081526118e360c0826115cb565b51902090565b507f00000000000000000000000000000000000000000000000000000000000000004614611828565b909373ffffffffffffffffffffffffffffffffffffffff9091168015939092841561196e575b50505050905061194457565b7f836647ef0000000000000000000000000000000000000000000000000000000060005260046000fd5b73ffffffffffffffffffffffffffffffffffffffff945061199561199a949661056c6117e9565b611b55565b1614158038808080611938565b73ffffffffffffffffffffffffffffffffffffffff90939193169081159283156119d7575b505050905061194457565b73ffffffffffffffffffffffffffffffffffffffff93506119fe611a03939561056c6117e9565b611d81565b161415803880806119cc565b91939594909280421115611aa7575085421015611a7957611a77949550611a368183611c01565b73ffffffffffffffffffffffffffffffffffffffff82167f98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5600080a361171d565b565b857f3f0f689c0000000000000000000000000000000000000000000000000000000060005260045260246000fd5b7f932bf3e90000000000000000000000000000000000000000000000000000000060005260045260246000fd5b73ffffffffffffffffffffffffffffffffffffffff169081156111265773ffffffffffffffffffffffffffffffffffffffff169182156110f75760207f8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925918360005260018252604060002085600052825280604060002055604051908152a3565b9291927f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a083118015611bde575b611bd557611bb5600093602095604051948594859094939260ff6060936080840197845216602083015260408201520152565b838052039060015afa15611bc95760005190565b6040513d6000823e3d90fd5b50505050600090565b5060ff8216601b8114159081611bf5575b50611b82565b601c9150141538611bef565b73ffffffffffffffffffffffffffffffffffffffff1680600052600860205260406000208260005260205260ff60406000205416611c7d576000526008602052604060002090600052602052604060002060017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00825416179055565b507f3dc3491c0000000000000000000000000000000000000000000000000000000060005260045260246000fd5b60ff8114611d2d5760ff811690601f8211611d03576040805192611ccf82856115cb565b602084527fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe060208501920136833783525290565b7fb3512b0c0000000000000000000000000000000000000000000000000000000060005260046000fd5b50604051611d4781611d40816005611529565b03826115cb565b90565b60ff8114611d6e5760ff811690601f8211611d03576040805192611ccf82856115cb565b50604051611d4781611d40816006611529565b9160408114611dfb5760418103611df3578060401015611dc457806020116102685781359060401161026857611d47926040602084013593013560f81c90611b55565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052603260045260246000fd5b505050600090565b908160201161026857611d4792602082359201359260207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0820110611e41575b5061200b565b60207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff9181959395030160031b1b169138611e3b565b90917f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08411611f135790611ed160209460009493604051948594859094939260ff6060936080840197845216602083015260408201520152565b838052039060015afa15611bc95760005173ffffffffffffffffffffffffffffffffffffffff811615611f075790600090600090565b50600090600190600090565b50505060009160039190565b9190916004811015611fdc5780611f3557509050565b600060018203611f69577ff645eedf0000000000000000000000000000000000000000000000000000000060005260046000fd5b5060028103611fa057827ffce698f70000000000000000000000000000000000000000000000000000000060005260045260246000fd5b9091600360009214611fb0575050565b602492507fd78bce0c000000000000000000000000000000000000000000000000000000008252600452fd5b7f4e487b7100000000000000000000000000000000000000000000000000000000600052602160045260246000fd5b91907f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff8216917f7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a08311611bd55760ff1c601b0180601b116116bf57611bb560009360ff936020966040519586951690859094939260ff606093608084019784521660208301526040820152015256";

export const WRAPPED_CHIRAL_TYPED_DATA = {
  "TransferWithAuthorization": [
    {
      "name": "from",
      "type": "address"
    },
    {
      "name": "to",
      "type": "address"
    },
    {
      "name": "value",
      "type": "uint256"
    },
    {
      "name": "validAfter",
      "type": "uint256"
    },
    {
      "name": "validBefore",
      "type": "uint256"
    },
    {
      "name": "nonce",
      "type": "bytes32"
    }
  ],
  "ReceiveWithAuthorization": [
    {
      "name": "from",
      "type": "address"
    },
    {
      "name": "to",
      "type": "address"
    },
    {
      "name": "value",
      "type": "uint256"
    },
    {
      "name": "validAfter",
      "type": "uint256"
    },
    {
      "name": "validBefore",
      "type": "uint256"
    },
    {
      "name": "nonce",
      "type": "bytes32"
    }
  ],
  "CancelAuthorization": [
    {
      "name": "authorizer",
      "type": "address"
    },
    {
      "name": "nonce",
      "type": "bytes32"
    }
  ]
};
