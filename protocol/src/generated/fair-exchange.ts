/**
 * Generated from contracts/FairExchange.sol by `npm run generate`; do not edit. Exports:
 * FAIR_EXCHANGE_ABI: its ABI.
 * FAIR_EXCHANGE_CREATION_BYTECODE: what a deployment sends.
 * FAIR_EXCHANGE_RUNTIME_BYTECODE: what lies at its address.
 * FAIR_EXCHANGE_TYPED_DATA: EIP-712 types that it hashes.
 */
export const FAIR_EXCHANGE_ABI = [
  {
    "inputs": [],
    "name": "FairExchange_AlreadyDisputed",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "FairExchange_AlreadyReturned",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "FairExchange_AlreadyRevealed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint32",
        "name": "leafBytes",
        "type": "uint32"
      }
    ],
    "name": "FairExchange_BadLeafBytes",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "FairExchange_LeafIsGood",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint64",
        "name": "index",
        "type": "uint64"
      },
      {
        "internalType": "uint256",
        "name": "count",
        "type": "uint256"
      }
    ],
    "name": "FairExchange_NoSuchLeaf",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "FairExchange_NotCiphertext",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "FairExchange_NotContent",
    "type": "error"
  },
  {
    "inputs": [],
    "name": "FairExchange_NotRevealed",
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
    "name": "FairExchange_NotSeller",
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
    "name": "FairExchange_TooLate",
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
    "name": "FairExchange_TransferFailed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "closedAt",
        "type": "uint256"
      }
    ],
    "name": "FairExchange_WindowClosed",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "closesAt",
        "type": "uint256"
      }
    ],
    "name": "FairExchange_WindowOpen",
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
        "name": "bond",
        "type": "uint256"
      }
    ],
    "name": "FairExchange_WrongBond",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "depth",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "expected",
        "type": "uint256"
      }
    ],
    "name": "FairExchange_WrongDepth",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "keyHash",
        "type": "bytes32"
      }
    ],
    "name": "FairExchange_WrongKey",
    "type": "error"
  },
  {
    "inputs": [
      {
        "internalType": "uint256",
        "name": "length",
        "type": "uint256"
      },
      {
        "internalType": "uint256",
        "name": "expected",
        "type": "uint256"
      }
    ],
    "name": "FairExchange_WrongLength",
    "type": "error"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "terms",
        "type": "bytes32"
      }
    ],
    "name": "BondReturned",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "terms",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "uint64",
        "name": "leaf",
        "type": "uint64"
      }
    ],
    "name": "Disputed",
    "type": "event"
  },
  {
    "anonymous": false,
    "inputs": [
      {
        "indexed": true,
        "internalType": "bytes32",
        "name": "terms",
        "type": "bytes32"
      },
      {
        "indexed": true,
        "internalType": "address",
        "name": "buyer",
        "type": "address"
      },
      {
        "indexed": false,
        "internalType": "bytes32",
        "name": "key",
        "type": "bytes32"
      },
      {
        "indexed": false,
        "internalType": "uint40",
        "name": "closesAt",
        "type": "uint40"
      }
    ],
    "name": "Revealed",
    "type": "event"
  },
  {
    "inputs": [],
    "name": "SALE_TYPEHASH",
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
            "name": "buyer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "seller",
            "type": "address"
          },
          {
            "internalType": "bytes32",
            "name": "keyHash",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "ciphertextRoot",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "contentRoot",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "length",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "leafBytes",
            "type": "uint32"
          },
          {
            "internalType": "uint40",
            "name": "deadline",
            "type": "uint40"
          },
          {
            "internalType": "uint40",
            "name": "disputeWindow",
            "type": "uint40"
          },
          {
            "internalType": "uint128",
            "name": "bond",
            "type": "uint128"
          }
        ],
        "internalType": "struct Sale",
        "name": "sale",
        "type": "tuple"
      },
      {
        "internalType": "bytes32",
        "name": "key",
        "type": "bytes32"
      },
      {
        "components": [
          {
            "internalType": "uint64",
            "name": "index",
            "type": "uint64"
          },
          {
            "internalType": "bytes",
            "name": "ciphertext",
            "type": "bytes"
          },
          {
            "internalType": "bytes32[]",
            "name": "ciphertextPath",
            "type": "bytes32[]"
          },
          {
            "internalType": "bytes32",
            "name": "contentLeaf",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32[]",
            "name": "contentPath",
            "type": "bytes32[]"
          }
        ],
        "internalType": "struct LeafProof",
        "name": "proof",
        "type": "tuple"
      }
    ],
    "name": "dispute",
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
            "name": "buyer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "seller",
            "type": "address"
          },
          {
            "internalType": "bytes32",
            "name": "keyHash",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "ciphertextRoot",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "contentRoot",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "length",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "leafBytes",
            "type": "uint32"
          },
          {
            "internalType": "uint40",
            "name": "deadline",
            "type": "uint40"
          },
          {
            "internalType": "uint40",
            "name": "disputeWindow",
            "type": "uint40"
          },
          {
            "internalType": "uint128",
            "name": "bond",
            "type": "uint128"
          }
        ],
        "internalType": "struct Sale",
        "name": "sale",
        "type": "tuple"
      }
    ],
    "name": "getTerms",
    "outputs": [
      {
        "internalType": "bytes32",
        "name": "",
        "type": "bytes32"
      }
    ],
    "stateMutability": "pure",
    "type": "function"
  },
  {
    "inputs": [
      {
        "internalType": "bytes32",
        "name": "terms",
        "type": "bytes32"
      }
    ],
    "name": "isMet",
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
        "internalType": "bytes32",
        "name": "terms",
        "type": "bytes32"
      }
    ],
    "name": "outcomes",
    "outputs": [
      {
        "internalType": "uint40",
        "name": "closesAt",
        "type": "uint40"
      },
      {
        "internalType": "bool",
        "name": "disputed",
        "type": "bool"
      },
      {
        "internalType": "bool",
        "name": "bondReturned",
        "type": "bool"
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
            "name": "buyer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "seller",
            "type": "address"
          },
          {
            "internalType": "bytes32",
            "name": "keyHash",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "ciphertextRoot",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "contentRoot",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "length",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "leafBytes",
            "type": "uint32"
          },
          {
            "internalType": "uint40",
            "name": "deadline",
            "type": "uint40"
          },
          {
            "internalType": "uint40",
            "name": "disputeWindow",
            "type": "uint40"
          },
          {
            "internalType": "uint128",
            "name": "bond",
            "type": "uint128"
          }
        ],
        "internalType": "struct Sale",
        "name": "sale",
        "type": "tuple"
      }
    ],
    "name": "returnBond",
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
            "name": "buyer",
            "type": "address"
          },
          {
            "internalType": "address",
            "name": "seller",
            "type": "address"
          },
          {
            "internalType": "bytes32",
            "name": "keyHash",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "ciphertextRoot",
            "type": "bytes32"
          },
          {
            "internalType": "bytes32",
            "name": "contentRoot",
            "type": "bytes32"
          },
          {
            "internalType": "uint64",
            "name": "length",
            "type": "uint64"
          },
          {
            "internalType": "uint32",
            "name": "leafBytes",
            "type": "uint32"
          },
          {
            "internalType": "uint40",
            "name": "deadline",
            "type": "uint40"
          },
          {
            "internalType": "uint40",
            "name": "disputeWindow",
            "type": "uint40"
          },
          {
            "internalType": "uint128",
            "name": "bond",
            "type": "uint128"
          }
        ],
        "internalType": "struct Sale",
        "name": "sale",
        "type": "tuple"
      },
      {
        "internalType": "bytes32",
        "name": "key",
        "type": "bytes32"
      }
    ],
    "name": "reveal",
    "outputs": [],
    "stateMutability": "payable",
    "type": "function"
  }
] as const;

export const FAIR_EXCHANGE_CREATION_BYTECODE = "0x608080604052346015576110d6908161001b8239f35b600080fdfe6080604052600436101561001257600080fd5b60003560e01c8063301a168714610b7157806338476eda14610a19578063511e1982146109c0578063704233e714610404578063723679281461035e5780639fd90321146100da5763d4356e721461006957600080fd5b346100d55760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d5576004356000526000602052606060406000205460ff6040519164ffffffffff81168352818160281c161515602084015260301c1615156040820152f35b600080fd5b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161016081126100d557610140136100d5576101443561011a610c3f565b73ffffffffffffffffffffffffffffffffffffffff610137610d6b565b1633036103305764ffffffffff61014c610dfd565b164210156102f4576fffffffffffffffffffffffffffffffff61016d610db1565b1634036102a95761017d82610f3c565b80600052600060205264ffffffffff6040600020541661027f576101043564ffffffffff8116908181036100d5575064ffffffffff4216019164ffffffffff83116102505760407fdacd9f2975239bf72acd7e3f3945f1754c14ef198ff7456c2a3229b99b6c304a9183600052600060205264ffffffffff82600020951694857fffffffffffffffffffffffffffffffffffffffffffffffffffffff000000000082541617905573ffffffffffffffffffffffffffffffffffffffff610241610d8e565b169482519182526020820152a3005b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601160045260246000fd5b7f14bd8e590000000000000000000000000000000000000000000000000000000060005260046000fd5b6fffffffffffffffffffffffffffffffff6102c2610db1565b7f4211635600000000000000000000000000000000000000000000000000000000600052346004521660245260446000fd5b64ffffffffff610302610dfd565b7facadd10a000000000000000000000000000000000000000000000000000000006000521660045260246000fd5b7fbf0c7dfb000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b346100d55760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d557600435600052600060205260206040600020604051906103ac82610bb3565b549064ffffffffff821690818152604060ff808560281c16159485158785015260301c16151591015280151591826103fc575b50816103f1575b506040519015158152f35b9050421015826103e6565b9150836103df565b346100d5577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161018081126100d557610140136100d557610144356101643567ffffffffffffffff81116100d557806004019060a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc82360301126100d55761048d610c3f565b9283600052600060205264ffffffffff604060002060ff604051916104b183610bb3565b548381168352818160281c161515602084015260301c16151560408201526104d881610e11565b51168042101561099357506104ec81610f3c565b63ffffffff6104f9610f92565b169161400083141580610987575b61094c5767ffffffffffffffff61051c610dd1565b16838101809111610250577fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff810190811161025057831561091d578390049261056485610de8565b9267ffffffffffffffff841691858310156108d9577fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff86018681116102505783036108d3576105b1610dd1565b8184029184830414841517156102505767ffffffffffffffff1690810390811161025057935b6024840194806105e7878a610fa5565b90500361089757506000955b806001881b10610866575060448401948661060e878a610ff6565b90500361085b57608485019680610625898b610ff6565b90500361081f575090610639849289610fa5565b90604051908280830191833777ffffffffffffffff0000000000000000000000000000000060206000858560025afa946000519760005260801b1682905b8282106108005750505091602060006106a7936106af979560025afa16966106a16000519861104a565b89610ff6565b929091611080565b606435036107d6576106c960646106d09301359486610ff6565b9185611080565b608435036107ac57146107825760206107447fa3e4f08c406f6a222731df17680924a935c88d5a2641b3564679b99b6dcb78949284600052600083526040600020650100000000007fffffffffffffffffffffffffffffffffffffffffffffffffffff00ffffffffff825416179055610de8565b67ffffffffffffffff60405191168152a2610780610760610d8e565b6fffffffffffffffffffffffffffffffff610779610db1565b1690610e7d565b005b7fa6f4db520000000000000000000000000000000000000000000000000000000060005260046000fd5b7f2104d3ea0000000000000000000000000000000000000000000000000000000060005260046000fd5b7f6760a2b00000000000000000000000000000000000000000000000000000000060005260046000fd5b6020818152604060002083511883528997509190910190600101610677565b610829888a610ff6565b90507f38b2ff9a0000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b86610829878a610ff6565b957fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff811461025057600101956105f3565b6108a18689610fa5565b90507f9532baa50000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b936105d7565b8567ffffffffffffffff6108ec89610de8565b7f8a91ee1e000000000000000000000000000000000000000000000000000000006000521660045260245260446000fd5b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601260045260246000fd5b63ffffffff610959610f92565b7f77319bf5000000000000000000000000000000000000000000000000000000006000521660045260246000fd5b50610400831415610507565b7f2427b2e90000000000000000000000000000000000000000000000000000000060005260045260246000fd5b346100d55760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d55760206040517f326dd196b2e7ea305bef66921317255ba235524f5b52788d23e8efb4220ca83c8152f35b346100d5576101407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d5576000610a53610c3f565b808252816020526040822060405190610a6b82610bb3565b5464ffffffffff8116825260ff8160281c161515602083015260ff604083019160301c1615158152610a9c82610e11565b51610b495764ffffffffff905116804210610b1e5750808252816020526040822066010000000000007fffffffffffffffffffffffffffffffffffffffffffffffffff00ffffffffffff8254161790557fd3b84dd9d4a510581ab7ecc93969d2c51fa638bb22131eb6d59df654a40793718280a2610b1b610760610d6b565b80f35b7fb9eaa483000000000000000000000000000000000000000000000000000000008352600452602482fd5b6004837fa06aef7e000000000000000000000000000000000000000000000000000000008152fd5b346100d5576101407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d5576020610bab610c3f565b604051908152f35b6060810190811067ffffffffffffffff821117610bcf57604052565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052604160045260246000fd5b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff821117610bcf57604052565b60405160208101907f326dd196b2e7ea305bef66921317255ba235524f5b52788d23e8efb4220ca83c825260043573ffffffffffffffffffffffffffffffffffffffff81168091036100d557604082015260243573ffffffffffffffffffffffffffffffffffffffff81168091036100d5576060820152604435608082015260643560a082015260843560c082015260a43567ffffffffffffffff81168091036100d55760e082015260c43563ffffffff81168091036100d55761010082015260e43564ffffffffff81168091036100d5576101208201526101043564ffffffffff81168091036100d557610140820152610124356fffffffffffffffffffffffffffffffff81168091036100d5576101608201526101608152610d6561018082610bfe565b51902090565b60243573ffffffffffffffffffffffffffffffffffffffff811681036100d55790565b60043573ffffffffffffffffffffffffffffffffffffffff811681036100d55790565b610124356fffffffffffffffffffffffffffffffff811681036100d55790565b60a43567ffffffffffffffff811681036100d55790565b3567ffffffffffffffff811681036100d55790565b60e43564ffffffffff811681036100d55790565b64ffffffffff81511615610e535760200151610e2957565b7fdd2af6010000000000000000000000000000000000000000000000000000000060005260046000fd5b7f1cd37f6d0000000000000000000000000000000000000000000000000000000060005260046000fd5b8115610f3857600080808085855af13d15610f33573d67ffffffffffffffff8111610bcf5760405190610ed860207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f8401160183610bfe565b8152600060203d92013e5b15610eec575050565b73ffffffffffffffffffffffffffffffffffffffff907f78486a03000000000000000000000000000000000000000000000000000000006000521660045260245260446000fd5b610ee3565b5050565b6040516020810191825260208152610f55604082610bfe565b519020604435809103610f655750565b7fc4b580c80000000000000000000000000000000000000000000000000000000060005260045260246000fd5b60c43563ffffffff811681036100d55790565b9035907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1813603018212156100d5570180359067ffffffffffffffff82116100d5576020019181360383136100d557565b9035907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1813603018212156100d5570180359067ffffffffffffffff82116100d557602001918160051b360383136100d557565b1561105157565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052600160045260246000fd5b93926001929060051b81015b8082106110a15750505061109f9061104a565b565b919460208660059593951b16908152602084359118526020600060408160025afa169160206000519560011c9101909161108c56";

export const FAIR_EXCHANGE_RUNTIME_BYTECODE = "0x6080604052600436101561001257600080fd5b60003560e01c8063301a168714610b7157806338476eda14610a19578063511e1982146109c0578063704233e714610404578063723679281461035e5780639fd90321146100da5763d4356e721461006957600080fd5b346100d55760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d5576004356000526000602052606060406000205460ff6040519164ffffffffff81168352818160281c161515602084015260301c1615156040820152f35b600080fd5b7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161016081126100d557610140136100d5576101443561011a610c3f565b73ffffffffffffffffffffffffffffffffffffffff610137610d6b565b1633036103305764ffffffffff61014c610dfd565b164210156102f4576fffffffffffffffffffffffffffffffff61016d610db1565b1634036102a95761017d82610f3c565b80600052600060205264ffffffffff6040600020541661027f576101043564ffffffffff8116908181036100d5575064ffffffffff4216019164ffffffffff83116102505760407fdacd9f2975239bf72acd7e3f3945f1754c14ef198ff7456c2a3229b99b6c304a9183600052600060205264ffffffffff82600020951694857fffffffffffffffffffffffffffffffffffffffffffffffffffffff000000000082541617905573ffffffffffffffffffffffffffffffffffffffff610241610d8e565b169482519182526020820152a3005b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601160045260246000fd5b7f14bd8e590000000000000000000000000000000000000000000000000000000060005260046000fd5b6fffffffffffffffffffffffffffffffff6102c2610db1565b7f4211635600000000000000000000000000000000000000000000000000000000600052346004521660245260446000fd5b64ffffffffff610302610dfd565b7facadd10a000000000000000000000000000000000000000000000000000000006000521660045260246000fd5b7fbf0c7dfb000000000000000000000000000000000000000000000000000000006000523360045260246000fd5b346100d55760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d557600435600052600060205260206040600020604051906103ac82610bb3565b549064ffffffffff821690818152604060ff808560281c16159485158785015260301c16151591015280151591826103fc575b50816103f1575b506040519015158152f35b9050421015826103e6565b9150836103df565b346100d5577ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc360161018081126100d557610140136100d557610144356101643567ffffffffffffffff81116100d557806004019060a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc82360301126100d55761048d610c3f565b9283600052600060205264ffffffffff604060002060ff604051916104b183610bb3565b548381168352818160281c161515602084015260301c16151560408201526104d881610e11565b51168042101561099357506104ec81610f3c565b63ffffffff6104f9610f92565b169161400083141580610987575b61094c5767ffffffffffffffff61051c610dd1565b16838101809111610250577fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff810190811161025057831561091d578390049261056485610de8565b9267ffffffffffffffff841691858310156108d9577fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff86018681116102505783036108d3576105b1610dd1565b8184029184830414841517156102505767ffffffffffffffff1690810390811161025057935b6024840194806105e7878a610fa5565b90500361089757506000955b806001881b10610866575060448401948661060e878a610ff6565b90500361085b57608485019680610625898b610ff6565b90500361081f575090610639849289610fa5565b90604051908280830191833777ffffffffffffffff0000000000000000000000000000000060206000858560025afa946000519760005260801b1682905b8282106108005750505091602060006106a7936106af979560025afa16966106a16000519861104a565b89610ff6565b929091611080565b606435036107d6576106c960646106d09301359486610ff6565b9185611080565b608435036107ac57146107825760206107447fa3e4f08c406f6a222731df17680924a935c88d5a2641b3564679b99b6dcb78949284600052600083526040600020650100000000007fffffffffffffffffffffffffffffffffffffffffffffffffffff00ffffffffff825416179055610de8565b67ffffffffffffffff60405191168152a2610780610760610d8e565b6fffffffffffffffffffffffffffffffff610779610db1565b1690610e7d565b005b7fa6f4db520000000000000000000000000000000000000000000000000000000060005260046000fd5b7f2104d3ea0000000000000000000000000000000000000000000000000000000060005260046000fd5b7f6760a2b00000000000000000000000000000000000000000000000000000000060005260046000fd5b6020818152604060002083511883528997509190910190600101610677565b610829888a610ff6565b90507f38b2ff9a0000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b86610829878a610ff6565b957fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff811461025057600101956105f3565b6108a18689610fa5565b90507f9532baa50000000000000000000000000000000000000000000000000000000060005260045260245260446000fd5b936105d7565b8567ffffffffffffffff6108ec89610de8565b7f8a91ee1e000000000000000000000000000000000000000000000000000000006000521660045260245260446000fd5b7f4e487b7100000000000000000000000000000000000000000000000000000000600052601260045260246000fd5b63ffffffff610959610f92565b7f77319bf5000000000000000000000000000000000000000000000000000000006000521660045260246000fd5b50610400831415610507565b7f2427b2e90000000000000000000000000000000000000000000000000000000060005260045260246000fd5b346100d55760007ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d55760206040517f326dd196b2e7ea305bef66921317255ba235524f5b52788d23e8efb4220ca83c8152f35b346100d5576101407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d5576000610a53610c3f565b808252816020526040822060405190610a6b82610bb3565b5464ffffffffff8116825260ff8160281c161515602083015260ff604083019160301c1615158152610a9c82610e11565b51610b495764ffffffffff905116804210610b1e5750808252816020526040822066010000000000007fffffffffffffffffffffffffffffffffffffffffffffffffff00ffffffffffff8254161790557fd3b84dd9d4a510581ab7ecc93969d2c51fa638bb22131eb6d59df654a40793718280a2610b1b610760610d6b565b80f35b7fb9eaa483000000000000000000000000000000000000000000000000000000008352600452602482fd5b6004837fa06aef7e000000000000000000000000000000000000000000000000000000008152fd5b346100d5576101407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126100d5576020610bab610c3f565b604051908152f35b6060810190811067ffffffffffffffff821117610bcf57604052565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052604160045260246000fd5b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff821117610bcf57604052565b60405160208101907f326dd196b2e7ea305bef66921317255ba235524f5b52788d23e8efb4220ca83c825260043573ffffffffffffffffffffffffffffffffffffffff81168091036100d557604082015260243573ffffffffffffffffffffffffffffffffffffffff81168091036100d5576060820152604435608082015260643560a082015260843560c082015260a43567ffffffffffffffff81168091036100d55760e082015260c43563ffffffff81168091036100d55761010082015260e43564ffffffffff81168091036100d5576101208201526101043564ffffffffff81168091036100d557610140820152610124356fffffffffffffffffffffffffffffffff81168091036100d5576101608201526101608152610d6561018082610bfe565b51902090565b60243573ffffffffffffffffffffffffffffffffffffffff811681036100d55790565b60043573ffffffffffffffffffffffffffffffffffffffff811681036100d55790565b610124356fffffffffffffffffffffffffffffffff811681036100d55790565b60a43567ffffffffffffffff811681036100d55790565b3567ffffffffffffffff811681036100d55790565b60e43564ffffffffff811681036100d55790565b64ffffffffff81511615610e535760200151610e2957565b7fdd2af6010000000000000000000000000000000000000000000000000000000060005260046000fd5b7f1cd37f6d0000000000000000000000000000000000000000000000000000000060005260046000fd5b8115610f3857600080808085855af13d15610f33573d67ffffffffffffffff8111610bcf5760405190610ed860207fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f8401160183610bfe565b8152600060203d92013e5b15610eec575050565b73ffffffffffffffffffffffffffffffffffffffff907f78486a03000000000000000000000000000000000000000000000000000000006000521660045260245260446000fd5b610ee3565b5050565b6040516020810191825260208152610f55604082610bfe565b519020604435809103610f655750565b7fc4b580c80000000000000000000000000000000000000000000000000000000060005260045260246000fd5b60c43563ffffffff811681036100d55790565b9035907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1813603018212156100d5570180359067ffffffffffffffff82116100d5576020019181360383136100d557565b9035907fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe1813603018212156100d5570180359067ffffffffffffffff82116100d557602001918160051b360383136100d557565b1561105157565b7f4e487b7100000000000000000000000000000000000000000000000000000000600052600160045260246000fd5b93926001929060051b81015b8082106110a15750505061109f9061104a565b565b919460208660059593951b16908152602084359118526020600060408160025afa169160206000519560011c9101909161108c56";

export const FAIR_EXCHANGE_TYPED_DATA = {
  "Sale": [
    {
      "name": "buyer",
      "type": "address"
    },
    {
      "name": "seller",
      "type": "address"
    },
    {
      "name": "keyHash",
      "type": "bytes32"
    },
    {
      "name": "ciphertextRoot",
      "type": "bytes32"
    },
    {
      "name": "contentRoot",
      "type": "bytes32"
    },
    {
      "name": "length",
      "type": "uint64"
    },
    {
      "name": "leafBytes",
      "type": "uint32"
    },
    {
      "name": "deadline",
      "type": "uint40"
    },
    {
      "name": "disputeWindow",
      "type": "uint40"
    },
    {
      "name": "bond",
      "type": "uint128"
    }
  ]
};
