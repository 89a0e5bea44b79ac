'use client';
/** Mine: how fast blocks are found, by whom, and what it pays; and the one command that starts it on one's own machine. */
import { useQuery } from '@tanstack/react-query';
import { NoChain, useChainReader } from '@/components/no-chain.tsx';
import { useOwnNode } from '@/components/own-node.tsx';
import { Chart, type Point } from '@/components/ui/chart.tsx';
import { Copy, shorten } from '@/components/ui/copy.tsx';
import { Code, type Column, DataTable, PageHead, Panel, Stat, Stats } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { type ChainBlock, latestBlocks } from '@/lib/chain/blocks.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';
import { TabWork } from './tab-work.tsx';

/** Blocks that averages are taken over. */
const WINDOW = 60;
const EVERY_MS = 3_000;
/** Blocks that one point of the chart is averaged over: a single one says more about luck. */
const SMOOTH = 8;
/** Reward of a block since Constantinople, wei. */
const REWARD_WEI = 2n * 10n ** 18n;

export function MinePage() {
  const { t } = useVoice();
  const chain = useChainReader();
  return (
    <>
      <PageHead title={t('mine.title')} lead={t('mine.lead')} />
      <div className="flex flex-col gap-6">
        {chain ? (
          <Figures />
        ) : (
          <Panel flush>
            <NoChain />
          </Panel>
        )}
        <TabWork />
        <HowTo />
      </div>
    </>
  );
}

function Figures() {
  const { t, format } = useVoice();
  const chain = useChainReader()!;
  const { wallet } = useWallet();
  const own = useOwnNode();
  const blocks = useQuery({
    queryKey: ['chain', 'blocks', WINDOW],
    queryFn: () => latestBlocks(chain, WINDOW),
    refetchInterval: EVERY_MS,
  });
  if (blocks.error) return <Problem error={blocks.error} />;
  if (!blocks.data) return <p className="text-sm text-soft">{t('chain.asking')}</p>;
  const newest = blocks.data[0]!;
  const oldest = blocks.data.findLast(({ number }) => number > 0) ?? newest;
  // Block 0 has the time that its file says, not one at which anybody worked.
  const seconds = (newest.timestampMs - oldest.timestampMs) / 1000 / Math.max(1, newest.number - oldest.number);
  const mine = new Set(
    [wallet?.address, own?.status.wallet].flatMap((address) => (address ? [address.toLowerCase()] : [])),
  );
  const found = blocks.data.filter(({ miner }) => mine.has(miner.toLowerCase())).length;
  const points = rates(blocks.data);
  const columns: Column<{ miner: string; count: number }>[] = [
    {
      head: t('mine.miner'),
      cell: ({ miner }) => (
        <span className="inline-flex items-center gap-2">
          <Copy text={miner} label={t('mine.miner')} /> {mine.has(miner.toLowerCase()) ? t('mine.you') : ''}
        </span>
      ),
    },
    { head: t('mine.blocks'), align: 'right', cell: ({ count }) => format.number(count) },
    { head: t('mine.share'), align: 'right', cell: ({ count }) => format.percent(count / blocks.data.length) },
    { head: t('mine.reward'), align: 'right', cell: ({ count }) => format.money(REWARD_WEI * BigInt(count)) },
  ];
  return (
    <>
      <Stats>
        <Stat
          label={t('mine.rate')}
          value={seconds > 0 ? format.hashrate(Number(newest.difficulty) / seconds) : '–'}
          note={t('mine.rateText')}
        />
        <Stat
          label={t('mine.blockTime')}
          value={format.duration(seconds)}
          note={t('mine.over', { count: blocks.data.length })}
        />
        <Stat label={t('mine.difficulty')} value={format.number(Number(newest.difficulty))} />
        <Stat
          label={t('mine.yours')}
          value={format.number(found)}
          note={found > 0 ? format.money(REWARD_WEI * BigInt(found)) : t('mine.over', { count: blocks.data.length })}
        />
      </Stats>
      {points.length > 1 ? (
        <Panel title={t('mine.chart')} lead={t('mine.chartText')}>
          <Chart
            points={points}
            label={t('mine.chart')}
            formatValue={(value) => format.hashrate(value)}
            formatTime={(ms) => format.time(ms)}
          />
        </Panel>
      ) : null}
      <Panel
        flush
        title={t('mine.who')}
        lead={t('mine.over', { count: blocks.data.length })}
        className="overflow-hidden"
      >
        <DataTable label={t('mine.who')} columns={columns} rows={byMiner(blocks.data)} rowKey={({ miner }) => miner} />
      </Panel>
    </>
  );
}

/** Hashes per second that the whole network must have tried, from the difficulty and the time between blocks. */
export function rates(blocks: readonly ChainBlock[]): Point[] {
  return blocks
    .flatMap((block, i) => {
      const older = blocks[i + SMOOTH];
      if (!older?.number || older.timestampMs === block.timestampMs) return [];
      const seconds = (block.timestampMs - older.timestampMs) / 1000;
      const work = blocks.slice(i, i + SMOOTH).reduce((sum, { difficulty }) => sum + Number(difficulty), 0);
      return [{ atMs: block.timestampMs, value: work / seconds }];
    })
    .toReversed();
}

function byMiner(blocks: readonly ChainBlock[]): { miner: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { miner } of blocks) counts.set(miner, (counts.get(miner) ?? 0) + 1);
  return [...counts].map(([miner, count]) => ({ miner, count })).sort((a, b) => b.count - a.count);
}

function HowTo() {
  const { t } = useVoice();
  const { wallet } = useWallet();
  const own = useOwnNode();
  const address = wallet?.address ?? own?.status.wallet;
  const command = `npm run chiral -- chain --mine --etherbase ${address ?? '0x…'}`;
  return (
    <Panel title={t('mine.start')} lead={t('mine.startText')}>
      <p className="rounded-control bg-sunk p-4">
        {address ? <Copy text={command} shown={command} label={t('mine.command')} /> : <Code>{command}</Code>}
      </p>
      <p className="mt-3 text-sm text-soft">
        {address ? t('mine.paysTo', { address: shorten(address) }) : t('mine.connectFirst')}
      </p>
    </Panel>
  );
}
