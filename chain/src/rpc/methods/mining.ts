/**
 * The desk for getWork miners. There is no method here that starts or stops mining, changes the payout address or the extra
 * data: those are set when the node starts, by whoever starts it.
 */
import { bigIntToBytes, bytesToHex, setLengthLeft } from '@ethereumjs/util';
import { pause } from '../../pause.ts';
import type { MethodTable, RpcContext } from '../context.ts';
import { RpcError, SERVER_ERROR } from '../errors.ts';
import { toQuantity } from '../format.ts';

/** A reported rate counts this long, milliseconds. */
const RATE_LIFETIME_MS = 60_000;
/** Miners whose rates are kept; a stranger cannot fill the memory with ids. */
const MAX_REPORTERS = 256;
/** Longest wait of `eth_getWork` for the time of its block, milliseconds. */
const MAX_WAIT_MS = 2_000;
/** A claim above this is not believed, hashes per second. */
const MAX_RATE = 10 ** 15;

export const miningMethods: MethodTable = {
  async eth_getWork({ work }) {
    const current = await work.current();
    if (!current) throw new RpcError(SERVER_ERROR, 'no mining work available yet: the node has no payout address');
    // A block may not be ahead of the clock; on a young chain the work waits for its second rather than be refused.
    const aheadMs = Number(current.timestamp) * 1000 - Date.now();
    if (aheadMs > 0) await pause(Math.min(aheadMs, MAX_WAIT_MS), AbortSignal.timeout(MAX_WAIT_MS));
    return [
      bytesToHex(current.sealHash),
      bytesToHex(current.seedHash),
      bytesToHex(setLengthLeft(bigIntToBytes(current.target), 32)),
      toQuantity(current.blockNumber),
    ];
  },

  eth_submitWork: ({ work }, params) => work.submit(params.hash(1), params.data(0, 8), params.hash(2)),

  eth_submitHashrate({ reportedRates }, params) {
    const perSecond = Number(params.quantity(0));
    const id = bytesToHex(params.hash(1));
    if (perSecond > MAX_RATE) return false;
    if (reportedRates.size >= MAX_REPORTERS && !reportedRates.has(id)) forgetOld(reportedRates);
    if (reportedRates.size >= MAX_REPORTERS && !reportedRates.has(id)) return false;
    reportedRates.set(id, { perSecond, atMs: Date.now() });
    return true;
  },

  eth_mining: (context) => context.status.miner()?.mining === true || reported(context) > 0,
  eth_hashrate: (context) =>
    toQuantity(Math.round((context.status.miner()?.stats.hashesPerSecond ?? 0) + reported(context))),

  eth_coinbase({ work }) {
    if (!work.coinbase) throw new RpcError(SERVER_ERROR, 'etherbase must be explicitly specified');
    return work.coinbase.toString();
  },
};

function reported({ reportedRates }: RpcContext): number {
  forgetOld(reportedRates);
  return [...reportedRates.values()].reduce((sum, { perSecond }) => sum + perSecond, 0);
}

function forgetOld(rates: RpcContext['reportedRates']): void {
  const oldest = Date.now() - RATE_LIFETIME_MS;
  for (const [id, { atMs }] of rates) if (atMs < oldest) rates.delete(id);
}
