/** Hardhat Ignition deploys to a node of ours: the third of the tools that people bring, and the way our contracts get to a chain. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesToHex } from '@ethereumjs/util';
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';
import { computeAddress } from 'ethers';
import { PUBLISHED_KEY } from '../published-key.ts';
import { KEYS, testGenesis } from '../testing/fixture.ts';
import { createTestNode, readCounter } from '../testing/node.ts';

test('Ignition deploys a contract, calls it and reads it', async () => {
  await using net = await createTestNode({ mine: { threads: 1 } });
  const { default: hre } = await import('hardhat');
  const { abi, bytecode } = await readCounter();
  const artifact = {
    _format: 'hh3-artifact-1',
    contractName: 'Counter',
    sourceName: 'Counter.sol',
    abi,
    bytecode,
    deployedBytecode: '0x',
    linkReferences: {},
    deployedLinkReferences: {},
  } as const;
  const module = buildModule('Counter', (m) => {
    const counter = m.contract('Counter', artifact);
    m.call(counter, 'add', [7n, 'by Ignition']);
    return { counter };
  });
  const deploymentId = `test-${process.pid}`;
  const network = { network: 'localhost', override: { url: net.url, accounts: [bytesToHex(KEYS[0]!)] } } as Parameters<
    typeof hre.network.create
  >[0];
  const connection = await hre.network.create(network);
  try {
    const config = { requiredConfirmations: 1, blockPollingInterval: 100 };
    const { counter } = await connection.ignition.deploy(module, { deploymentId, config });
    assert.equal(await counter!.count!(), 7n);
  } finally {
    await connection.close();
    await rm(join(hre.config.paths.ignition, 'deployments', deploymentId), { recursive: true, force: true });
  }
});

test('Ignition deploys the contracts of this project from the account that the configuration names', async () => {
  const genesis = testGenesis({ alloc: { [computeAddress(PUBLISHED_KEY)]: { balance: '0xde0b6b3a7640000' } } });
  await using net = await createTestNode({ genesis, mine: { threads: 1 } });
  const { default: hre } = await import('hardhat');
  const { default: module } = await import('../../../ignition/modules/Chiral.ts');
  const deploymentId = `test-chiral-${process.pid}`;
  const connection = await hre.network.create({ network: 'localhost', override: { url: net.url } });
  try {
    const config = { requiredConfirmations: 1, blockPollingInterval: 100 };
    const parameters = { WrappedChiral: { initialWei: 5n } };
    const deployed = await connection.ignition.deploy(module, { deploymentId, config, parameters });
    assert.equal(await deployed.wrappedChiral.getFunction('totalSupply').staticCall(), 5n);
    for (const contract of Object.values(deployed)) {
      assert.ok((await net.rpc('eth_getCode', await contract.getAddress(), 'latest')).length > 100);
    }
  } finally {
    await connection.close();
    await rm(join(hre.config.paths.ignition, 'deployments', deploymentId), { recursive: true, force: true });
  }
});
