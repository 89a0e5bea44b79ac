/** What a transaction should offer. */
import type { Block, BlockHeader } from '@ethereumjs/block';
import { childBaseFee } from '../../consensus/validate.ts';
import { effectiveTip, feesOf } from '../../txpool/rules.ts';
import { createBreather } from '../breathe.ts';
import { type MethodTable, type RpcContext, view } from '../context.ts';
import { INVALID_PARAMS, RpcError } from '../errors.ts';
import { toQuantity } from '../format.ts';

/**
 * The tip we suggest on a chain that has none to learn from, wei per gas. Not zero, which confuses MetaMask; so little that a
 * transfer costs 21 billion wei, less than a ten-millionth of a CHI.
 */
export const DEFAULT_TIP_WEI = 1_000_000n;
/** Blocks whose tips the suggestion looks at, and which of their sorted tips it takes, per cent. */
const TIP_BLOCKS = 20;
const TIP_PERCENTILE = 60;
/** Blocks in one fee history. */
const MAX_HISTORY = 1_024n;
const MAX_PERCENTILES = 100;

export const feeMethods: MethodTable = {
  eth_maxPriorityFeePerGas: (context) => toQuantity(suggestTip(context)),
  eth_gasPrice: (context) => toQuantity(nextBaseFeeOf(context) + suggestTip(context)),

  async eth_feeHistory(context, params) {
    const { chain } = context;
    const asked = params.quantity(0);
    const percentiles = readPercentiles(params.at(2));
    const ref = params.block(1);
    const newest = (await view(context, ref === 'pending' ? 'latest' : ref)).block.header.number;
    const wanted = asked > MAX_HISTORY ? MAX_HISTORY : asked;
    const blocks = wanted > newest + 1n ? newest + 1n : wanted;
    if (blocks === 0n) return { oldestBlock: '0x0', gasUsedRatio: [] };
    const breathe = createBreather(context.limits.callMs);
    const history: BlockHeader[] = [];
    const reward: string[][] = [];
    for (let number = newest - blocks + 1n; number <= newest; number++) {
      await breathe();
      history.push(chain.canonicalHeader(number)!);
      if (percentiles) reward.push(rewards(context, chain.canonicalBlock(number)!, percentiles));
    }
    const next = childBaseFee(chain.spec, history.at(-1)!) ?? 0n;
    return {
      oldestBlock: toQuantity(newest - blocks + 1n),
      baseFeePerGas: [...history.map(({ baseFeePerGas }) => baseFeePerGas ?? 0n), next].map(toQuantity),
      gasUsedRatio: history.map(({ gasUsed, gasLimit }) => Number(gasUsed) / Number(gasLimit)),
      ...(percentiles && { reward }),
    };
  },
};

function nextBaseFeeOf({ chain }: RpcContext): bigint {
  return childBaseFee(chain.spec, chain.head.block.header) ?? 0n;
}

/** The tip that 60 % of the recent transactions did not exceed. */
function suggestTip({ chain, pool }: RpcContext): bigint {
  const tips: bigint[] = [];
  const { number } = chain.head.block.header;
  for (let back = 0; back < TIP_BLOCKS && number - BigInt(back) > 0n; back++) {
    const block = chain.canonicalBlock(number - BigInt(back));
    if (block) tips.push(...tipsOf(block));
  }
  tips.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const suggested = tips[Math.floor(((tips.length - 1) * TIP_PERCENTILE) / 100)] ?? DEFAULT_TIP_WEI;
  const floor = pool.minTipWei > DEFAULT_TIP_WEI ? pool.minTipWei : DEFAULT_TIP_WEI;
  return suggested > floor ? suggested : floor;
}

function tipsOf(block: Block): bigint[] {
  const baseFee = block.header.baseFeePerGas ?? 0n;
  return block.transactions.map((tx) => effectiveTip(feesOf(tx), baseFee));
}

/** Tips at the given percentiles of the block's gas. */
function rewards({ chain }: RpcContext, block: Block, percentiles: readonly number[]): string[] {
  const receipts = chain.receipts(block.hash()) ?? [];
  const tips = tipsOf(block);
  const paid = receipts
    .map((receipt, i) => ({ tip: tips[i]!, gas: receipt.cumulativeGas - (receipts[i - 1]?.cumulativeGas ?? 0n) }))
    .sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  return percentiles.map((percentile) => {
    const threshold = (Number(block.header.gasUsed) * percentile) / 100;
    let gas = 0n;
    for (const { tip, gas: own } of paid) {
      gas += own;
      if (Number(gas) >= threshold) return toQuantity(tip);
    }
    return toQuantity(paid.at(-1)?.tip ?? 0n);
  });
}

function readPercentiles(value: unknown): number[] | undefined {
  if (value === undefined || value === null) return undefined;
  const fits = Array.isArray(value) && value.length <= MAX_PERCENTILES;
  const ascending =
    fits && value.every((p, i) => typeof p === 'number' && p >= 0 && p <= 100 && (i === 0 || p >= value[i - 1]));
  if (!ascending) throw new RpcError(INVALID_PARAMS, 'invalid reward percentile');
  return value.length > 0 ? (value as number[]) : undefined;
}
