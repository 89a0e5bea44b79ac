/** The Ignition modules deploy on a London chain with blocks of 4.7M gas, and deploy the bytes that the project carries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BATCH_SETTLEMENT_RUNTIME_BYTECODE } from '@chiral/protocol/generated/batch-settlement';
import { FAIR_EXCHANGE_RUNTIME_BYTECODE } from '@chiral/protocol/generated/fair-exchange';
import { PAYMENTS_RUNTIME_BYTECODE } from '@chiral/protocol/generated/payments';
import hre from 'hardhat';
import chiralModule from '../../ignition/modules/Chiral.ts';

test('ignition deploys everything, with its parameters', async () => {
  await hre.tasks.getTask('build').run({ quiet: true, noTests: true });
  const { ethers, ignition } = await hre.network.create();
  const deployed = await ignition.deploy(chiralModule, { parameters: { WrappedChiral: { initialWei: 5n } } });
  const codeOf = async (contract: { getAddress(): Promise<string> }) =>
    ethers.provider.getCode(await contract.getAddress());
  assert.equal(await codeOf(deployed.batchSettlement), BATCH_SETTLEMENT_RUNTIME_BYTECODE);
  assert.equal(await codeOf(deployed.fairExchange), FAIR_EXCHANGE_RUNTIME_BYTECODE);
  assert.equal(await codeOf(deployed.payments), PAYMENTS_RUNTIME_BYTECODE);
  assert.equal(await deployed.wrappedChiral.getFunction('totalSupply').staticCall(), 5n);
});
