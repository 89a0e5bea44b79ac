'use client';
/** A download that is paid by working: what the tab is at, how fast, what was counted and what that pays for. Looks; decides nothing. */
import { bytesFor } from '@chiral/protocol/price';
import { Button } from '@/components/ui/button.tsx';
import { Bar, Panel, Tag } from '@/components/ui/layout.tsx';
import type { TransferSnapshot, WorkSnapshot } from '@/lib/engine/types.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

export function WorkPanel({
  transfer,
  work,
  isRunning,
  onStop,
}: {
  transfer: TransferSnapshot;
  work: WorkSnapshot;
  isRunning: boolean;
  onStop: () => void;
}) {
  const { t, format } = useVoice();
  const state = isRunning ? work.state : 'waiting';
  // What the dearest seller that was worked for takes: the file is never promised more than it gets.
  const price = transfer.sellers
    .filter(({ workedWei }) => workedWei > 0n)
    .reduce((most, { weiPerMiB }) => (weiPerMiB > most ? weiPerMiB : most), 0n);
  const bought = price === 0n ? 0n : bytesFor(work.earnedWei, price);
  const rows = [
    [t('work.rate'), state === 'searching' ? format.hashrate(work.hashesPerSecond) : '–'],
    [t('work.shares'), format.number(work.shares)],
    [t('work.earned'), format.money(work.earnedWei)],
    [t('work.bought'), format.bytes(Number(bought))],
  ] as const;
  return (
    <Panel
      title={t('work.title')}
      actions={
        isRunning ? (
          <span role="status">
            <Tag tone={state === 'waiting' ? 'plain' : 'accent'}>{t(`work.${state}`)}</Tag>
          </span>
        ) : undefined
      }
    >
      {state === 'preparing' ? (
        <div className="mb-4">
          <Bar share={work.fraction} label={t('work.preparing')} />
          <p className="mt-2 text-xs text-soft">{t('work.preparingText')}</p>
        </div>
      ) : null}
      <dl className="divide-y divide-line">
        {rows.map(([name, value]) => (
          <div key={name} className="flex items-baseline justify-between gap-3 py-2.5">
            <dt className="text-sm text-soft">{name}</dt>
            <dd className="tabular text-sm font-medium whitespace-nowrap">{value}</dd>
          </div>
        ))}
      </dl>
      {isRunning ? (
        <Button className="mt-4" onClick={onStop}>
          {t('work.stop')}
        </Button>
      ) : null}
    </Panel>
  );
}
