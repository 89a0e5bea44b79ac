/**
 * A key in memory as the chain client's sender: counts its nonces by the node's pending ones, and bids more for a transaction
 * that block after block passes by, since a claim that is not mined before a withdrawal's delay ends is lost (Flood & Loot,
 * arXiv 2006.08513). State: what was sent and is still waited for; after a restart a transaction of before keeps its bid.
 */
import { type BaseWallet, isError, type JsonRpcApiProvider, parseUnits, type TransactionRequest } from 'ethers';
import type { Sender } from './sender.ts';

/** Each bid offers this many times the tip of the one before, thousandths; nodes take a replacement from 1100 on. */
const RAISE_PERMILLE = 2000n;
/** Bids after the first: at most 32 times the tip that the node named. */
const MAX_RAISES = 5;
/** Where the node names no tip, the second bid begins here. */
const LEAST_TIP_WEI = parseUnits('1', 'gwei');
/** Transactions remembered. */
const MAX_SENT = 1_000;

interface Sent {
  readonly transaction: TransactionRequest & { nonce: number };
  bid: Bid;
  readonly hashes: string[];
}

/** Wei for each unit of gas. A chain before London knows one price, which is then both. */
interface Bid {
  readonly tipWei: bigint;
  readonly maxWei: bigint;
  readonly isLegacy: boolean;
}

const toFields = ({ tipWei, maxWei, isLegacy }: Bid): TransactionRequest =>
  isLegacy ? { type: 0, gasPrice: maxWei } : { type: 2, maxPriorityFeePerGas: tipWei, maxFeePerGas: maxWei };

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

export function createKeySender(wallet: BaseWallet, provider: JsonRpcApiProvider): Sender {
  /** By the hash of the first bid. */
  const sent = new Map<string, Sent>();

  async function market(): Promise<Bid> {
    const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
    if (maxFeePerGas === null) return { tipWei: gasPrice ?? 0n, maxWei: gasPrice ?? 0n, isLegacy: true };
    return { tipWei: maxPriorityFeePerGas ?? 0n, maxWei: maxFeePerGas, isLegacy: false };
  }

  /** Above the last bid by what replaces it, and never below what the market asks now. */
  function raised(last: Bid, now: Bid): Bid {
    const tipWei = larger((larger(last.tipWei, LEAST_TIP_WEI) * RAISE_PERMILLE) / 1000n, now.tipWei);
    if (last.isLegacy) return { ...last, tipWei, maxWei: tipWei };
    const base = larger(last.maxWei - last.tipWei, now.maxWei - now.tipWei);
    return { isLegacy: false, tipWei, maxWei: larger(base + tipWei, (last.maxWei * RAISE_PERMILLE) / 1000n) };
  }

  return {
    address: wallet.address,
    async send({ to, data, valueWei, gasLimit }) {
      const [nonce, bid, gas] = await Promise.all([
        provider.getTransactionCount(wallet.address, 'pending'),
        market(),
        gasLimit(),
      ]);
      const transaction = { to, data, value: valueWei, nonce, gasLimit: gas };
      const { hash } = await wallet.sendTransaction({ ...transaction, ...toFields(bid) });
      const oldest = sent.keys().next().value;
      if (oldest !== undefined && sent.size >= MAX_SENT) sent.delete(oldest);
      sent.set(hash, { transaction, bid, hashes: [hash] });
      return hash;
    },
    async raise(hash) {
      const entry = sent.get(hash);
      if (!entry || entry.hashes.length > MAX_RAISES) return entry?.hashes ?? [hash];
      const bid = raised(entry.bid, await market());
      try {
        const again = await wallet.sendTransaction({ ...entry.transaction, ...toFields(bid) });
        entry.bid = bid;
        entry.hashes.push(again.hash);
      } catch (error) {
        // It was mined a moment ago, or the wallet cannot pay for more: what was sent stands.
        if (!isError(error, 'NONCE_EXPIRED') && !isError(error, 'INSUFFICIENT_FUNDS')) throw error;
      }
      return entry.hashes;
    },
    done: (hash) => void sent.delete(hash),
  };
}
