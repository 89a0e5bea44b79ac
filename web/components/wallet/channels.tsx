'use client';
/** Money that this tab set aside, seller by seller, and the way back: asked for once, taken after a wait. */
import { useEffect, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Copy } from '@/components/ui/copy.tsx';
import { type Column, DataTable } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import type { ChannelSnapshot, Engine } from '@/lib/engine/types.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

/** The time now, told once a second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function TabChannels({ engine, channels }: { engine: Engine; channels: readonly ChannelSnapshot[] }) {
  const { t, format } = useVoice();
  const toast = useToast();
  const now = useNow();
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<unknown>();
  const withdraw = async (id: string) => {
    setBusy(id);
    setError(undefined);
    try {
      const { state } = await engine.withdraw(id);
      toast(state === 'begun' ? t('aside.begun') : t('aside.finished'));
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(undefined);
    }
  };
  const columns: Column<ChannelSnapshot>[] = [
    { head: t('sellers.seller'), cell: ({ receiver }) => <Copy text={receiver} label={t('sellers.seller')} /> },
    { head: t('aside.put'), align: 'right', cell: ({ balanceWei }) => format.money(balanceWei) },
    { head: t('meter.authorized'), align: 'right', cell: ({ promisedWei }) => format.money(promisedWei) },
    { head: t('meter.settled'), align: 'right', cell: ({ settledWei }) => format.money(settledWei) },
    {
      head: t('aside.back'),
      align: 'right',
      cell: ({ balanceWei, promisedWei }) => format.money(balanceWei > promisedWei ? balanceWei - promisedWei : 0n),
    },
    {
      head: t('aside.action'),
      align: 'right',
      cell: ({ id, closing, withdrawableAtMs, balanceWei, promisedWei }) => {
        const waitMs = closing && withdrawableAtMs !== undefined ? withdrawableAtMs - now : 0;
        if (waitMs > 0)
          return (
            <span className="text-soft">{t('aside.wait', { time: format.duration(Math.ceil(waitMs / 1000)) })}</span>
          );
        return (
          <Button
            size="small"
            busy={busy === id}
            disabled={!closing && balanceWei <= promisedWei}
            onClick={() => void withdraw(id)}
          >
            {closing ? t('aside.finish') : t('aside.begin')}
          </Button>
        );
      },
    },
  ];
  return (
    <>
      <DataTable label={t('aside.title')} columns={columns} rows={channels} rowKey={({ id }) => id} />
      {error ? (
        <div className="p-4 sm:p-6">
          <Problem error={error} />
        </div>
      ) : null}
    </>
  );
}
