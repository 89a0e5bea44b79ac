/**
 * Where the genesis block of our chains has the contracts. `genesis/generate.ts` puts them here; node, web and scripts look here.
 * On a chain whose genesis is another's, Ignition says where it deployed them (ignition/modules/Chiral.ts).
 * WrappedChiral is not among them: it has a constructor, so it is always deployed.
 */
import { BATCH_SETTLEMENT_ADDRESS } from './payment.ts';

export const CONTRACT_ADDRESSES = {
  /** The first three: where x402 has them on every chain. */
  BatchSettlement: BATCH_SETTLEMENT_ADDRESS,
  ERC3009DepositCollector: '0x4020806089470a89826cB9fB1f4059150b550004',
  Permit2DepositCollector: '0x4020425FAf3B746C082C2f942b4E5159887B0005',
  /** Where libraries look for it on every chain. */
  Multicall3: '0xcA11bde05977b3631167028862bE2a173976CA11',
  /** Ours: c41 reads CHI to a friendly eye, and nobody has their keys. */
  Payments: '0xc410000000000000000000000000000000000001',
  FairExchange: '0xc410000000000000000000000000000000000002',
} as const;
