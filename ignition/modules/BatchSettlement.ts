/**
 * BatchSettlement where no genesis block has put it. It takes no parameters: its bytes are the same everywhere.
 * At another address than the standard's, stock x402 clients and the two collectors do not find it; our own do.
 */
import { BATCH_SETTLEMENT_ABI, BATCH_SETTLEMENT_CREATION_BYTECODE } from '@chiral/protocol/generated/batch-settlement';
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';
import { artifactOf } from '../artifact.ts';

export default buildModule('BatchSettlement', (module) => ({
  batchSettlement: module.contract(
    'BatchSettlement',
    artifactOf('BatchSettlement', BATCH_SETTLEMENT_ABI, BATCH_SETTLEMENT_CREATION_BYTECODE),
  ),
}));
