/** Payments: one transaction to many seeders. */
import { PAYMENTS_ABI, PAYMENTS_CREATION_BYTECODE } from '@chiral/protocol/generated/payments';
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';
import { artifactOf } from '../artifact.ts';

export default buildModule('Payments', (module) => ({
  payments: module.contract('Payments', artifactOf('Payments', PAYMENTS_ABI, PAYMENTS_CREATION_BYTECODE)),
}));
