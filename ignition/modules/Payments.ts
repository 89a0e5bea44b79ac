/** Payments: one transaction to many seeders. */
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';

export default buildModule('Payments', (module) => ({
  payments: module.contract('Payments'),
}));
