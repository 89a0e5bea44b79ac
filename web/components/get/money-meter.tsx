'use client';
/** Money of this browser, in one place: what this file costs, and what is owed, promised, paid out and at risk in all. */
import { Bar, Panel } from '@/components/ui/layout.tsx';
import type { MoneySnapshot } from '@/lib/engine/types.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

export function MoneyMeter({ money, cost, cap }: { money: MoneySnapshot; cost: bigint; cap: bigint | undefined }) {
  const { t, format } = useVoice();
  const rows = [
    [t('meter.owed'), t('meter.owedText'), money.owedWei],
    [t('meter.authorized'), t('meter.authorizedText'), money.authorizedWei],
    ...(money.workedWei > 0n ? [[t('meter.worked'), t('meter.workedText'), money.workedWei] as const] : []),
    [t('meter.settled'), t('meter.settledText'), money.settledWei],
    [t('meter.worst'), t('meter.worstText'), money.worstCaseWei],
    [t('meter.locked'), t('meter.lockedText'), money.lockedWei],
  ] as const;
  return (
    <Panel>
      <p className="text-sm text-soft">{t('meter.cost')}</p>
      <p className="figure mt-1 text-2xl tracking-[-0.02em]">{format.money(cost, 'up')}</p>
      {cap !== undefined && cap > 0n ? (
        <>
          <p className="mt-1 mb-3 text-sm text-soft">{t('meter.cap', { cap: format.money(cap) })}</p>
          <Bar share={Number((cost * 10_000n) / cap) / 10_000} label={t('meter.capLabel')} />
        </>
      ) : null}
      <h2 className="mt-6 text-sm font-medium">{t('meter.all')}</h2>
      <dl className="mt-1 divide-y divide-line">
        {rows.map(([name, text, wei]) => (
          <div key={name} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 py-2.5">
            <dt className="text-sm">{name}</dt>
            <dd className="tabular text-sm font-medium whitespace-nowrap">{format.money(wei)}</dd>
            <dd className="col-span-2 text-xs text-soft">{text}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
