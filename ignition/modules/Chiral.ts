/**
 * Everything, on a chain whose genesis block has nothing: `hardhat ignition deploy ignition/modules/Chiral.ts --network
 * localhost --parameters ignition/parameters/dev.json`. The collectors are not here: they serve BatchSettlement at the
 * standard's address only, where a genesis block puts all three.
 */
import { MULTICALL3_ABI, MULTICALL3_CREATION_BYTECODE } from '@chiral/protocol/generated/multicall3';
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';
import { artifactOf } from '../artifact.ts';
import batchSettlementModule from './BatchSettlement.ts';
import fairExchangeModule from './FairExchange.ts';
import paymentsModule from './Payments.ts';
import wrappedChiralModule from './WrappedChiral.ts';

export default buildModule('Chiral', (module) => {
  const { batchSettlement } = module.useModule(batchSettlementModule);
  const { fairExchange } = module.useModule(fairExchangeModule);
  const { payments } = module.useModule(paymentsModule);
  const { wrappedChiral } = module.useModule(wrappedChiralModule);
  const multicall3 = module.contract(
    'Multicall3',
    artifactOf('Multicall3', MULTICALL3_ABI, MULTICALL3_CREATION_BYTECODE),
  );
  return { batchSettlement, fairExchange, payments, wrappedChiral, multicall3 };
});
