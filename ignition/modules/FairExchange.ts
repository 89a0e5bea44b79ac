/** FairExchange: the condition that vouchers for atomic sales name. */
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';

export default buildModule('FairExchange', (module) => ({
  fairExchange: module.contract('FairExchange'),
}));
