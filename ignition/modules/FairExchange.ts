/** FairExchange: the condition that vouchers for atomic sales name. */
import { FAIR_EXCHANGE_ABI, FAIR_EXCHANGE_CREATION_BYTECODE } from '@chiral/protocol/generated/fair-exchange';
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';
import { artifactOf } from '../artifact.ts';

export default buildModule('FairExchange', (module) => ({
  fairExchange: module.contract(
    'FairExchange',
    artifactOf('FairExchange', FAIR_EXCHANGE_ABI, FAIR_EXCHANGE_CREATION_BYTECODE),
  ),
}));
