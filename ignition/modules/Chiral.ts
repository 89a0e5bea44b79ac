/**
 * Everything, on a chain whose genesis block has nothing: `hardhat ignition deploy ignition/modules/Chiral.ts --network
 * localhost --parameters ignition/parameters/dev.json`. The collectors are not here: they serve BatchSettlement at the
 * standard's address only, where a genesis block puts all three.
 */
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';
import batchSettlementModule from './BatchSettlement.ts';
import fairExchangeModule from './FairExchange.ts';
import paymentsModule from './Payments.ts';
import wrappedChiralModule from './WrappedChiral.ts';

export default buildModule('Chiral', (module) => {
  const { batchSettlement } = module.useModule(batchSettlementModule);
  const { fairExchange } = module.useModule(fairExchangeModule);
  const { payments } = module.useModule(paymentsModule);
  const { wrappedChiral } = module.useModule(wrappedChiralModule);
  const multicall3 = module.contract('Multicall3');
  return { batchSettlement, fairExchange, payments, wrappedChiral, multicall3 };
});
