'use client';
/** One block, one transaction, one address. */
import { isAppError } from '@chiral/protocol/errors';
import type { PaidRow } from '@chiral/protocol/paid-rows';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ProtocolTag } from '@/components/get/protocol.tsx';
import { useChainReader } from '@/components/no-chain.tsx';
import { Copy, shorten } from '@/components/ui/copy.tsx';
import { type Column, DataTable, Panel, Tag } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { readBlock, readTransaction } from '@/lib/chain/blocks.ts';
import { calledFunction, type Deed, deedOf } from '@/lib/chain/payments.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { DeedLine } from './deed-line.tsx';
import { linkOf } from './lookup.ts';

function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid gap-x-8 sm:grid-cols-[max-content_minmax(0,1fr)]">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="pt-3 text-sm text-soft sm:py-2.5">{name}</dt>
          <dd className="tabular pb-3 text-sm break-all sm:py-2.5">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function AddressLink({ address }: { address: string }) {
  return (
    <a href={linkOf({ kind: 'address', id: address })} className="font-mono underline">
      {address}
    </a>
  );
}

export function BlockView({ id }: { id: string }) {
  const { t, format } = useVoice();
  const chain = useChainReader()!;
  const asked = useQuery({
    queryKey: ['chain', 'block', id],
    queryFn: () => readBlock(chain, id.startsWith('0x') ? id : Number(id)),
  });
  if (asked.error) return <Problem error={asked.error} />;
  const block = asked.data;
  if (!block) return <p className="text-sm text-soft">{t('chain.asking')}</p>;
  return (
    <div className="flex flex-col gap-6">
      <Panel title={t('explorer.blockNumber', { number: format.number(block.number) })}>
        <Facts
          rows={[
            [t('explorer.time'), format.date(block.timestampMs)],
            [t('explorer.hash'), <Copy key="hash" text={block.hash} shown={block.hash} label={t('explorer.hash')} />],
            [t('mine.miner'), <AddressLink key="miner" address={block.miner} />],
            [t('mine.difficulty'), format.number(Number(block.difficulty))],
            [t('explorer.gas'), `${format.number(Number(block.gasUsed))} / ${format.number(Number(block.gasLimit))}`],
            [
              t('explorer.parent'),
              block.number === 0 ? (
                '–'
              ) : (
                <a key="parent" href={linkOf({ kind: 'block', id: String(block.number - 1) })} className="underline">
                  {format.number(block.number - 1)}
                </a>
              ),
            ],
          ]}
        />
      </Panel>
      <Panel title={t('explorer.transactions')}>
        {block.transactions.length === 0 ? (
          <p className="text-sm text-soft">{t('explorer.emptyBlock')}</p>
        ) : (
          <ul className="space-y-2 text-sm">
            {block.transactions.map((hash) => (
              <li key={hash}>
                <a href={linkOf({ kind: 'transaction', id: hash })} className="font-mono break-all underline">
                  {hash}
                </a>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </div>
  );
}

export function TransactionView({ hash }: { hash: string }) {
  const { t, format } = useVoice();
  const chain = useChainReader()!;
  const asked = useQuery({
    queryKey: ['chain', 'transaction', hash],
    queryFn: () => readTransaction(chain, hash),
    retry: false,
  });
  // The hash may be a block's.
  if (isAppError(asked.error, 'NOT_FOUND')) return <BlockView id={hash} />;
  if (asked.error) return <Problem error={asked.error} />;
  if (!asked.data) return <p className="text-sm text-soft">{t('chain.asking')}</p>;
  const { transaction, receipt } = asked.data;
  const deeds = receipt?.logs.flatMap((log) => {
    const deed = deedOf(log);
    return deed ? [{ deed, index: log.logIndex }] : [];
  });
  const called = calledFunction(transaction.input);
  return (
    <div className="flex flex-col gap-6">
      <Panel title={t('explorer.whatItDid')}>
        {deeds && deeds.length > 0 ? (
          <ul className="space-y-3">
            {deeds.map(({ deed, index }) => (
              <li key={index}>
                <DeedLine deed={deed} />
                {deed.kind === 'paid' ? <PaidRows deed={deed} /> : null}
              </li>
            ))}
          </ul>
        ) : (
          <p>
            {transaction.wei > 0n && transaction.to
              ? t('deed.sent', {
                  payer: shorten(transaction.from),
                  seller: shorten(transaction.to),
                  wei: format.money(transaction.wei),
                })
              : t('explorer.notOurs')}
          </p>
        )}
      </Panel>
      <Panel title={t('explorer.transaction')}>
        <Facts
          rows={[
            [
              t('explorer.state'),
              !receipt ? (
                <Tag key="s">{t('explorer.pending')}</Tag>
              ) : receipt.succeeded ? (
                <Tag key="s" tone="good">
                  {t('explorer.succeeded')}
                </Tag>
              ) : (
                <Tag key="s" tone="bad">
                  {t('explorer.failed')}
                </Tag>
              ),
            ],
            [t('explorer.hash'), <Copy key="hash" text={hash} shown={hash} label={t('explorer.hash')} />],
            [
              t('explorer.block'),
              transaction.blockNumber === undefined ? (
                '–'
              ) : (
                <a
                  key="block"
                  href={linkOf({ kind: 'block', id: String(transaction.blockNumber) })}
                  className="underline"
                >
                  {format.number(transaction.blockNumber)}
                </a>
              ),
            ],
            [t('explorer.from'), <AddressLink key="from" address={transaction.from} />],
            [
              t('explorer.to'),
              transaction.to ? <AddressLink key="to" address={transaction.to} /> : t('explorer.newContract'),
            ],
            [t('purse.amount'), format.exact(transaction.wei)],
            [t('explorer.fee'), receipt ? format.exact(receipt.feeWei) : '–'],
            [t('explorer.call'), called ?? (transaction.input === '0x' ? '–' : shorten(transaction.input, 10, 0))],
          ]}
        />
      </Panel>
    </div>
  );
}

function PaidRows({ deed }: { deed: Deed & { kind: 'paid' } }) {
  const { t, format } = useVoice();
  const columns: Column<PaidRow>[] = [
    { head: t('sellers.seller'), cell: ({ payee }) => <Copy text={payee} label={t('sellers.seller')} /> },
    { head: t('sellers.way'), cell: ({ protocol }) => (protocol ? <ProtocolTag protocol={protocol} /> : '–') },
    { head: t('explorer.parts'), align: 'right', cell: ({ chunks }) => format.number(chunks) },
    { head: t('purse.amount'), align: 'right', cell: ({ wei }) => format.money(wei) },
  ];
  return (
    <div className="mt-3">
      <p className="mb-2 text-xs break-all text-soft">
        {t('explorer.content')} <span className="font-mono">{deed.contentRoot}</span>
      </p>
      <DataTable label={t('explorer.whatItDid')} columns={columns} rows={deed.rows} rowKey={(_row, i) => String(i)} />
    </div>
  );
}

export function AddressView({ address }: { address: string }) {
  const { t, format } = useVoice();
  const chain = useChainReader()!;
  const asked = useQuery({
    queryKey: ['chain', 'address', address],
    queryFn: async () => {
      const [balance, count, code] = (await Promise.all([
        chain.request({ method: 'eth_getBalance', params: [address, 'latest'] }),
        chain.request({ method: 'eth_getTransactionCount', params: [address, 'latest'] }),
        chain.request({ method: 'eth_getCode', params: [address, 'latest'] }),
      ])) as [string, string, string];
      return { balance: BigInt(balance), count: Number(count), isContract: code.length > 2 };
    },
    refetchInterval: 6_000,
  });
  if (asked.error) return <Problem error={asked.error} />;
  if (!asked.data) return <p className="text-sm text-soft">{t('chain.asking')}</p>;
  return (
    <Panel title={asked.data.isContract ? t('explorer.contract') : t('explorer.account')}>
      <Facts
        rows={[
          [t('wallet.address'), <Copy key="a" text={address} shown={address} label={t('wallet.address')} />],
          [t('wallet.balance'), format.exact(asked.data.balance)],
          [t('explorer.sentCount'), format.number(asked.data.count)],
        ]}
      />
    </Panel>
  );
}
