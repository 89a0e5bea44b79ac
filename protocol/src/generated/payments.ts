/**
 * Generated from contracts/Payments.sol by `npm run generate`; do not edit. Exports:
 * PAYMENTS_ABI: its ABI.
 * PAYMENTS_CREATION_BYTECODE: what a deployment sends.
 * PAYMENTS_RUNTIME_BYTECODE: what lies at its address.
 */
export const PAYMENTS_ABI = [
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "bytesLength",
        "type": "uint256"
      }
    ],
    "name": "Payments_BadRows",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "payee",
        "type": "address"
      }
    ],
    "name": "Payments_NoCredit",
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
    "name": "Payments_TransferFailed",
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
    "name": "Payments_ValueMismatch",
    "type": "error"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "payee",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "uint256",
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "Credited",
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
        "internalType": "bytes32",
        "name": "contentRoot",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "bytes",
        "name": "rows",
        "type": "bytes"
      }
    ],
    "name": "Paid",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "address",
        "name": "payee",
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
        "name": "amount",
        "type": "uint256"
      }
    ],
    "name": "Withdrawn",
    "type": "event"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "payee",
        "type": "address"
      }
    ],
    "name": "credits",
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
            "internalType": "bytes32",
            "name": "contentRoot",
            "type": "bytes32"
          },
          {
            "internalType": "bytes",
            "name": "rows",
            "type": "bytes"
          }
        ],
        "internalType": "struct Download[]",
        "name": "downloads",
        "type": "tuple[]"
      }
    ],
    "name": "payMany",
    "outputs": [],
    "stateMutability": "payable",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "address",
        "name": "to",
        "type": "address"
      }
    ],
    "name": "withdraw",
    "outputs": [],
    "stateMutability": "nonpayable",
    "type": "function"
  }
] as const;

export const PAYMENTS_CREATION_BYTECODE = "0x60808060405234601557610592908161001b8239f35b600080fdfe608080604052600436101561001357600080fd5b60003560e01c90816351cff8d9146102d55750806398b14976146100ad5763fe5ff4681461004057600080fd5b346100a85760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100a85760043573ffffffffffffffffffffffffffffffffffffffff81168091036100a85760005260006020526020604060002054604051908152f35b600080fd5b60207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100a85760043567ffffffffffffffff81116100a857366023820112156100a857806004013567ffffffffffffffff81116100a8576024820191602436918360051b0101116100a8576000906000925b818410610165578234810361013457005b7f03707098000000000000000000000000000000000000000000000000000000006000523460045260245260446000fd5b610170848383610480565b6020810135907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1813603018212156100a8570193843567ffffffffffffffff81116100a857602086019080360382136100a857801580156102c9575b61029c5760005b8181106102665750849596507f0fe887afda52ee268fde8e77537b945146daf956a6d2544bac67c1408b7e205361020e848697600197610480565b359282604051916020835281602084015260408301376000604084830101526040817fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f339601168101030190a301929190610123565b8061028f6029928a9994979598969901936020603486013560801c80920195013560601c6104ef565b01959294919390956101d3565b7f5ea1e17a0000000000000000000000000000000000000000000000000000000060005260045260246000fd5b506029810615156101cc565b346100a85760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100a8576004359073ffffffffffffffffffffffffffffffffffffffff8216908183036100a8573360005260006020526040600020549283156104525760008085819493868395338552846020528460408120558381527fd1c19fbcd4551a5edfb66d43d2e337c04837afda3482b42bdf569a8fccdae5fb60203392a35af13d1561044d573d67ffffffffffffffff811161041e57604051907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0603f81601f8401160116820182811067ffffffffffffffff82111761041e576040528152600060203d92013e5b156103ee57005b7f1d99bcba0000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b7f4e487b7100000000000000000000000000000000000000000000000000000000600052604160045260246000fd5b6103e7565b7f68bb91f6000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b91908110156104c05760051b810135907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc1813603018212156100a8570190565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052603260045260246000fd5b60008080808585617530f161058e5773ffffffffffffffffffffffffffffffffffffffff1690816000526000602052604060002080549180830180931161055f577f9c9e0cdb1670e88302408e5b941dc636f63a3293204694bb68910fcf3d9305f39260209255604051908152a2565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601160045260246000fd5b505056";

export const PAYMENTS_RUNTIME_BYTECODE = "0x608080604052600436101561001357600080fd5b60003560e01c90816351cff8d9146102d55750806398b14976146100ad5763fe5ff4681461004057600080fd5b346100a85760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100a85760043573ffffffffffffffffffffffffffffffffffffffff81168091036100a85760005260006020526020604060002054604051908152f35b600080fd5b60207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100a85760043567ffffffffffffffff81116100a857366023820112156100a857806004013567ffffffffffffffff81116100a8576024820191602436918360051b0101116100a8576000906000925b818410610165578234810361013457005b7f03707098000000000000000000000000000000000000000000000000000000006000523460045260245260446000fd5b610170848383610480565b6020810135907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1813603018212156100a8570193843567ffffffffffffffff81116100a857602086019080360382136100a857801580156102c9575b61029c5760005b8181106102665750849596507f0fe887afda52ee268fde8e77537b945146daf956a6d2544bac67c1408b7e205361020e848697600197610480565b359282604051916020835281602084015260408301376000604084830101526040817fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f339601168101030190a301929190610123565b8061028f6029928a9994979598969901936020603486013560801c80920195013560601c6104ef565b01959294919390956101d3565b7f5ea1e17a0000000000000000000000000000000000000000000000000000000060005260045260246000fd5b506029810615156101cc565b346100a85760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100a8576004359073ffffffffffffffffffffffffffffffffffffffff8216908183036100a8573360005260006020526040600020549283156104525760008085819493868395338552846020528460408120558381527fd1c19fbcd4551a5edfb66d43d2e337c04837afda3482b42bdf569a8fccdae5fb60203392a35af13d1561044d573d67ffffffffffffffff811161041e57604051907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0603f81601f8401160116820182811067ffffffffffffffff82111761041e576040528152600060203d92013e5b156103ee57005b7f1d99bcba0000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b7f4e487b7100000000000000000000000000000000000000000000000000000000600052604160045260246000fd5b6103e7565b7f68bb91f6000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b91908110156104c05760051b810135907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc1813603018212156100a8570190565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052603260045260246000fd5b60008080808585617530f161058e5773ffffffffffffffffffffffffffffffffffffffff1690816000526000602052604060002080549180830180931161055f577f9c9e0cdb1670e88302408e5b941dc636f63a3293204694bb68910fcf3d9305f39260209255604051908152a2565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601160045260246000fd5b505056";
