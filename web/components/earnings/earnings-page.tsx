'use client';
/** Earnings: what one's own node delivered, was promised and was paid, peer by peer and over time; and what this tab earned. */
import type { EarningsAnswer, LedgerRow, SettleAnswer, StatusAnswer } from '@chiral/protocol/api';
import { addUp } from '@chiral/protocol/earnings';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { NoNode, useOwnNode } from '@/components/own-node.tsx';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import { Chart } from '@/components/ui/chart.tsx';
import { Copy } from '@/components/ui/copy.tsx';
import { type Column, DataTable, Empty, PageHead, Panel, Stat, Stats } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import type { OwnerApi } from '@/lib/api/client.ts';
import { keyOf } from '@/lib/get/keys.ts';
import { PROTOCOLS } from '@/lib/get/offers.ts';
import { useHome } from '@/lib/home.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useEngineSnapshot, usePeer } from '@/lib/peer/context.tsx';

import { Breakdown } from './breakdown.tsx';

/** How far back the chart looks, blocks. */
const CHART_BLOCKS = 5_000;

export function EarningsPage() {
  const { t } = useVoice();
  const own = useOwnNode();
  return (
    <>
      <PageHead title={t('earnings.title')} lead={t('earnings.lead')} />
      {own ? (
        <NodeEarnings api={own.api} status={own.status} />
      ) : (
        <Panel flush>
          <NoNode />
        </Panel>
      )}
      <TabEarnings />
    </>
  );
}

function NodeEarnings({ api, status }: { api: OwnerApi; status: StatusAnswer }) {
  const { t, format } = useVoice();
  const toast = useToast();
  const cache = useQueryClient();
  const ledger = useQuery({
    queryKey: ['owner', 'ledger'],
    queryFn: () => api.get<LedgerRow[]>('/ledger'),
    refetchInterval: 3_000,
  });
  const earned = useQuery({
    queryKey: ['owner', 'earnings'],
    queryFn: () => api.get<EarningsAnswer>('/earnings'),
    refetchInterval: 3_000,
  });
  const settle = useMutation({
    mutationFn: () => api.post<SettleAnswer>('/settle', {}),
    onSuccess: ({ rows }) => {
      const wei = rows.reduce((sum, row) => sum + BigInt(row.settledWei), 0n);
      toast(rows.length > 0 ? t('earnings.settled', { wei: format.money(wei) }) : t('earnings.nothingToSettle'));
      return cache.invalidateQueries({ queryKey: ['owner'] });
    },
  });
  if (ledger.error) return <Problem error={ledger.error} />;
  const sold = ledger.data?.filter(({ direction }) => direction === 'out') ?? [];
  const sum = (pick: (row: LedgerRow) => string) => sold.reduce((total, row) => total + BigInt(pick(row)), 0n);
  const delivered = sum((row) => row.deliveredWei);
  const authorized = sum((row) => row.authorizedWei);
  const settled = sum((row) => row.settledWei);
  const columns: Column<LedgerRow>[] = [
    { head: t('earnings.buyer'), cell: ({ peer }) => <Copy text={peer} label={t('earnings.buyer')} /> },
    { head: t('sellers.bytes'), align: 'right', cell: ({ bytes }) => format.bytes(bytes) },
    { head: t('earnings.delivered'), align: 'right', cell: ({ deliveredWei }) => format.money(deliveredWei) },
    { head: t('earnings.promised'), align: 'right', cell: ({ authorizedWei }) => format.money(authorizedWei) },
    { head: t('earnings.paid'), align: 'right', cell: ({ settledWei }) => format.money(settledWei) },
  ];
  return (
    <div className="flex flex-col gap-6">
      <Stats>
        <Stat label={t('earnings.delivered')} value={format.money(delivered)} note={t('earnings.deliveredText')} />
        <Stat label={t('earnings.promised')} value={format.money(authorized)} note={t('earnings.promisedText')} />
        <Stat label={t('earnings.paid')} value={format.money(settled)} note={t('earnings.paidText')} />
        <Stat
          label={t('earnings.open')}
          value={format.money(status.unsettledWei)}
          note={
            <Button
              size="small"
              className="mt-1"
              busy={settle.isPending}
              disabled={BigInt(status.unsettledWei) === 0n}
              onClick={() => settle.mutate()}
            >
              {t('earnings.settle')}
            </Button>
          }
        />
      </Stats>
      {settle.error ? <Problem error={settle.error} /> : null}
      <SettledChart seller={status.wallet} contract={status.chain.contract} />
      {sold.length > 0 ? (
        <Breakdown
          files={(earned.data?.files ?? []).map(({ cid, wei, ...row }) => ({ ...row, key: cid, wei: BigInt(wei) }))}
          ways={(earned.data?.protocols ?? [])
            .filter(({ protocol }) => (PROTOCOLS as readonly string[]).includes(protocol))
            .map(({ protocol, bytes, wei }) => ({
              key: protocol,
              bytes,
              wei: BigInt(wei),
            }))}
          peers={<DataTable label={t('earnings.peers')} columns={columns} rows={sold} rowKey={({ peer }) => peer} />}
        />
      ) : (
        <Panel flush>
          <Empty
            icon="share"
            title={t('earnings.none')}
            actions={<ButtonLink href="/share">{t('nav.share')}</ButtonLink>}
          >
            {t('earnings.noneText')}
          </Empty>
        </Panel>
      )}
    </div>
  );
}

/** Paid out to this node's wallet, added up, as the chain tells it. */
function SettledChart({ seller, contract }: { seller: string; contract: string }) {
  const { t, format } = useVoice();
  const { chain } = useHome();
  const paid = useQuery({
    queryKey: ['chain', 'settled', seller, contract],
    queryFn: async () => {
      const [{ readBlock, recentLogs }, { deedOf, eventTopic }] = await Promise.all([
        import('@/lib/chain/blocks.ts'),
        import('@/lib/chain/payments.ts'),
      ]);
      const topics = [eventTopic('Settled'), `0x${seller.slice(2).toLowerCase().padStart(64, '0')}`];
      const logs = await recentLogs(chain!, contract, CHART_BLOCKS, topics);
      const numbers = [...new Set(logs.map((log) => log.blockNumber))];
      const times = new Map(
        await Promise.all(
          numbers.map(async (number) => [number, (await readBlock(chain!, number)).timestampMs] as const),
        ),
      );
      let total = 0n;
      return logs.flatMap((log) => {
        const deed = deedOf(log);
        if (deed?.kind !== 'settled') return [];
        total += deed.wei;
        return [{ atMs: times.get(log.blockNumber)!, wei: total }];
      });
    },
    enabled: chain !== undefined,
    refetchInterval: 15_000,
  });
  if (!paid.data || paid.data.length === 0) return null;
  const first = paid.data[0]!;
  // From nothing to the first payment, and level from the last one until now.
  const leadMs = Math.max(1, Math.round((Date.now() - first.atMs) / 12));
  const points = [
    { atMs: first.atMs - leadMs, value: 0 },
    ...paid.data.map(({ atMs, wei }) => ({ atMs, value: Number(wei) })),
  ];
  points.push({ atMs: Math.max(Date.now(), points.at(-1)!.atMs + 1), value: points.at(-1)!.value });
  return (
    <Panel title={t('earnings.chart')} lead={t('earnings.chartText')}>
      <Chart
        stepped
        points={points}
        label={t('earnings.chart')}
        formatValue={(value) => format.money(BigInt(Math.round(value)))}
        formatTime={(ms) => format.date(ms)}
      />
    </Panel>
  );
}

function TabEarnings() {
  const { t, format } = useVoice();
  const toast = useToast();
  const { engine } = usePeer(false);
  const snapshot = useEngineSnapshot(engine);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  if (!engine || !snapshot) return null;
  const { earnedWei, receivableWei, claimedWei } = snapshot.money;
  const open = receivableWei > claimedWei ? receivableWei - claimedWei : 0n;
  return (
    <section aria-label={t('earnings.tab')} className="mt-10">
      <h2 className="mb-4 text-lg font-semibold">{t('earnings.tab')}</h2>
      <Stats>
        <Stat label={t('earnings.delivered')} value={format.money(earnedWei)} note={t('earnings.deliveredText')} />
        <Stat label={t('earnings.promised')} value={format.money(receivableWei)} note={t('earnings.promisedText')} />
        <Stat
          label={t('earnings.paid')}
          value={format.money(claimedWei)}
          note={
            <Button
              size="small"
              className="mt-1"
              busy={isBusy}
              disabled={open === 0n}
              onClick={async () => {
                setBusy(true);
                setError(undefined);
                try {
                  const { wei } = await engine.claim();
                  toast(t('earnings.settled', { wei: format.money(wei) }));
                } catch (caught) {
                  setError(caught);
                } finally {
                  setBusy(false);
                }
              }}
            >
              {t('earnings.settle')}
            </Button>
          }
        />
      </Stats>
      {error ? (
        <div className="mt-4">
          <Problem error={error} />
        </div>
      ) : null}
      {snapshot.sales.length > 0 ? (
        <div className="mt-6">
          <Breakdown
            files={addUp(snapshot.sales, ({ cid }) => cid).map((row) => ({
              ...row,
              name: keyOf(row.key)?.name || snapshot.files.find(({ cid }) => cid === row.key)?.name || '',
            }))}
            peers={addUp(snapshot.sales, ({ peer }) => peer)}
            ways={addUp(snapshot.sales, ({ protocol }) => protocol)}
          />
        </div>
      ) : null}
    </section>
  );
}
