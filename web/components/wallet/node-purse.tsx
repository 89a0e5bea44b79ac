'use client';
/** The own node's wallet: what it holds, its channels, sending, and the history that the chain tells. */
import type { HistoryRow, WalletAnswer } from '@chiral/protocol/api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Copy } from '@/components/ui/copy.tsx';
import { Field } from '@/components/ui/field.tsx';
import { type Column, DataTable, Tag } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import type { OwnerApi } from '@/lib/api/client.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { parseChi } from '@/lib/i18n/format.ts';

type Channel = WalletAnswer['channels'][number];

export function NodePurse({ api }: { api: OwnerApi }) {
  const { t, format } = useVoice();
  const toast = useToast();
  const cache = useQueryClient();
  const wallet = useQuery({
    queryKey: ['owner', 'wallet'],
    queryFn: () => api.get<WalletAnswer>('/wallet'),
    refetchInterval: 5_000,
  });
  const history = useQuery({
    queryKey: ['owner', 'history'],
    queryFn: () => api.get<HistoryRow[]>('/wallet/history'),
    refetchInterval: 15_000,
  });
  const withdraw = useMutation({
    mutationFn: (channelId: string) => api.post<{ state: string }>('/withdraw', { channelId }),
    onSuccess: ({ state }) => {
      toast(state === 'begun' ? t('aside.begun') : t('aside.finished'));
      return cache.invalidateQueries({ queryKey: ['owner', 'wallet'] });
    },
  });

  if (wallet.error)
    return (
      <div className="p-4 sm:p-6">
        <Problem error={wallet.error} />
      </div>
    );
  if (!wallet.data) return <p className="px-4 pb-6 text-sm text-soft sm:px-6">{t('node.looking')}</p>;

  const channels: Column<Channel>[] = [
    { head: t('purse.peer'), cell: ({ peer }) => <Copy text={peer} label={t('purse.peer')} /> },
    {
      head: t('purse.role'),
      cell: ({ role, closing }) => (
        <Tag tone={closing ? 'warn' : 'plain'}>{closing ? t('purse.closing') : t(`purse.${role}`)}</Tag>
      ),
    },
    { head: t('aside.put'), align: 'right', cell: ({ balanceWei }) => format.money(balanceWei) },
    { head: t('meter.authorized'), align: 'right', cell: ({ cumulativeWei }) => format.money(cumulativeWei) },
    { head: t('meter.settled'), align: 'right', cell: ({ settledWei }) => format.money(settledWei) },
    {
      head: t('aside.action'),
      align: 'right',
      cell: ({ id, role, closing }) =>
        role === 'payer' ? (
          <Button
            size="small"
            busy={withdraw.isPending && withdraw.variables === id}
            onClick={() => withdraw.mutate(id)}
          >
            {closing ? t('aside.finish') : t('aside.begin')}
          </Button>
        ) : null,
    },
  ];
  const rows: Column<HistoryRow>[] = [
    { head: t('explorer.transaction'), cell: ({ hash }) => <Copy text={hash} label={t('explorer.transaction')} /> },
    { head: t('explorer.block'), cell: ({ blockNumber }) => format.number(blockNumber) },
    { head: t('purse.direction'), cell: ({ direction }) => t(`purse.${direction}`) },
    { head: t('purse.amount'), align: 'right', cell: ({ wei }) => format.money(wei) },
  ];
  return (
    <div>
      <dl className="grid gap-4 px-4 pb-6 sm:grid-cols-2 sm:px-6">
        <div>
          <dt className="text-sm text-soft">{t('wallet.balance')}</dt>
          <dd className="figure mt-1 text-xl">{format.money(wallet.data.balanceWei)}</dd>
        </div>
        <div className="min-w-0">
          <dt className="text-sm text-soft">{t('wallet.address')}</dt>
          <dd className="mt-1">
            <Copy text={wallet.data.address} shown={wallet.data.address} label={t('wallet.address')} />
          </dd>
        </div>
      </dl>
      <SendForm api={api} />
      <h3 className="px-4 pt-6 pb-2 text-sm font-medium sm:px-6">{t('purse.channels')}</h3>
      {wallet.data.channels.length === 0 ? (
        <p className="px-4 pb-6 text-sm text-soft sm:px-6">{t('purse.noChannels')}</p>
      ) : (
        <DataTable
          label={t('purse.channels')}
          columns={channels}
          rows={wallet.data.channels}
          rowKey={({ id, role }) => id + role}
        />
      )}
      {withdraw.error ? (
        <div className="p-4 sm:p-6">
          <Problem error={withdraw.error} />
        </div>
      ) : null}
      <h3 className="px-4 pt-6 pb-2 text-sm font-medium sm:px-6">{t('purse.history')}</h3>
      {history.data && history.data.length > 0 ? (
        <DataTable label={t('purse.history')} columns={rows} rows={history.data} rowKey={({ hash }) => hash} />
      ) : (
        <p className="px-4 pb-6 text-sm text-soft sm:px-6">{t('purse.noHistory')}</p>
      )}
    </div>
  );
}

function SendForm({ api }: { api: OwnerApi }) {
  const { t } = useVoice();
  const toast = useToast();
  const cache = useQueryClient();
  const [to, setTo] = useState('');
  const [amount, setAmount] = useState('');
  const wei = parseChi(amount);
  const isAddress = /^0x[0-9a-fA-F]{40}$/.test(to.trim());
  const send = useMutation({
    mutationFn: () => api.post<{ hash: string }>('/wallet/send', { to: to.trim(), wei: `${wei}` }),
    onSuccess: () => {
      toast(t('purse.sent'));
      setAmount('');
      return cache.invalidateQueries({ queryKey: ['owner'] });
    },
  });
  return (
    <form
      className="border-y border-line px-4 py-5 sm:px-6"
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <div className="grid items-end gap-4 sm:grid-cols-[minmax(0,1fr)_12rem_auto]">
        <Field
          label={t('purse.to')}
          value={to}
          onChange={(event) => setTo(event.target.value)}
          placeholder="0x…"
          autoComplete="off"
          spellCheck={false}
        />
        <Field
          label={t('purse.amount')}
          suffix="CHI"
          inputMode="decimal"
          value={amount}
          onChange={(event) => setAmount(event.target.value)}
        />
        <Button type="submit" busy={send.isPending} disabled={!isAddress || !wei}>
          {t('purse.send')}
        </Button>
      </div>
      {send.error ? (
        <div className="mt-4">
          <Problem error={send.error} />
        </div>
      ) : null}
    </form>
  );
}
