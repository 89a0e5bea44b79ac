'use client';
/** Explorer: blocks, transactions, and every payment in the terms of files. It reads the chain and believes nobody else. */
import { useQuery } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import { NoChain, useChainReader } from '@/components/no-chain.tsx';
import { Button } from '@/components/ui/button.tsx';
import { shorten } from '@/components/ui/copy.tsx';
import { type Column, DataTable, Empty, PageHead, Panel } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { type ChainBlock, latestBlocks, recentLogs } from '@/lib/chain/blocks.ts';
import { deedOf, tellOnce } from '@/lib/chain/payments.ts';
import { useHome } from '@/lib/home.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { DeedLine } from './deed-line.tsx';
import { AddressView, BlockView, TransactionView } from './details.tsx';
import { type Lookup, linkOf, parseLookup } from './lookup.ts';

const LATEST = 12;
/** How far back payments are looked for, blocks. */
const PAYMENT_BLOCKS = 2_000;
const MAX_PAYMENTS = 12;
const EVERY_MS = 4_000;

const onHash = (listener: () => void) => {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
};

export function ExplorerPage() {
  const { t } = useVoice();
  const chain = useChainReader();
  const fragment = useSyncExternalStore(
    onHash,
    () => location.hash,
    () => '',
  );
  const lookup = parseLookup(fragment.replace(/^#\/?(block|tx|address)\//, ''));
  return (
    <>
      <PageHead title={t('explorer.title')} lead={t('explorer.lead')} />
      {chain ? (
        <>
          <SearchBox />
          {lookup && fragment !== '' ? <Found lookup={lookup} /> : <Overview />}
        </>
      ) : (
        <Panel flush>
          <NoChain />
        </Panel>
      )}
    </>
  );
}

function SearchBox() {
  const { t } = useVoice();
  const [text, setText] = useState('');
  const [isWrong, setWrong] = useState(false);
  return (
    <form
      className="mb-6"
      onSubmit={(event) => {
        event.preventDefault();
        const lookup = parseLookup(text.trim());
        setWrong(!lookup);
        if (lookup) location.hash = linkOf(lookup);
      }}
    >
      <label htmlFor="lookup" className="sr-only">
        {t('explorer.search')}
      </label>
      <div className="flex gap-2">
        <input
          id="lookup"
          value={text}
          onChange={(event) => setText(event.target.value)}
          placeholder={t('explorer.search')}
          aria-invalid={isWrong || undefined}
          aria-describedby={isWrong ? 'lookup-fault' : undefined}
          autoComplete="off"
          spellCheck={false}
          className="h-11 min-w-0 flex-1 rounded-control border border-edge bg-surface px-3 text-ellipsis placeholder:text-soft"
        />
        <Button type="submit">{t('explorer.go')}</Button>
      </div>
      {isWrong ? (
        <p id="lookup-fault" role="alert" className="mt-2 text-sm text-bad">
          {t('explorer.searchFault')}
        </p>
      ) : null}
    </form>
  );
}

function Found({ lookup }: { lookup: Lookup }) {
  const { t } = useVoice();
  return (
    <>
      <a href="#/" className="mb-4 inline-block text-sm text-soft underline-offset-4 hover:underline">
        ← {t('explorer.back')}
      </a>
      {lookup.kind === 'block' ? (
        <BlockView id={lookup.id} />
      ) : lookup.kind === 'address' ? (
        <AddressView address={lookup.id} />
      ) : (
        <TransactionView hash={lookup.id} />
      )}
    </>
  );
}

function Overview() {
  const { t, format } = useVoice();
  const chain = useChainReader()!;
  const { contract } = useHome();
  const blocks = useQuery({
    queryKey: ['chain', 'blocks', LATEST],
    queryFn: () => latestBlocks(chain, LATEST),
    refetchInterval: EVERY_MS,
  });
  const payments = useQuery({
    queryKey: ['chain', 'payments', contract],
    queryFn: async () => {
      const logs = await recentLogs(chain, contract!, PAYMENT_BLOCKS);
      const byTransaction = Map.groupBy(logs.toReversed(), ({ transactionHash }) => transactionHash);
      return [...byTransaction.values()]
        .flatMap((own) => {
          const deeds = own.toReversed().flatMap((log) => deedOf(log) ?? []);
          return tellOnce(deeds).map((deed) => ({ log: own[0]!, deed }));
        })
        .slice(0, MAX_PAYMENTS);
    },
    enabled: contract !== undefined,
    refetchInterval: EVERY_MS,
  });
  const columns: Column<ChainBlock>[] = [
    {
      head: t('explorer.block'),
      cell: ({ number }) => (
        <a href={linkOf({ kind: 'block', id: String(number) })} className="font-medium text-accent underline">
          {format.number(number)}
        </a>
      ),
    },
    { head: t('explorer.age'), cell: ({ timestampMs }) => format.ago(Math.min(timestampMs, Date.now())) },
    { head: t('explorer.transactions'), align: 'right', cell: ({ transactions }) => transactions.length },
    {
      head: t('mine.miner'),
      cell: ({ miner }) => (
        <a href={linkOf({ kind: 'address', id: miner })} className="font-mono text-xs underline">
          {shorten(miner)}
        </a>
      ),
    },
  ];
  if (blocks.error) return <Problem error={blocks.error} />;
  return (
    <div className="grid items-start gap-6 min-[900px]:grid-cols-2">
      <Panel flush title={t('explorer.payments')} lead={t('explorer.paymentsText')} className="overflow-hidden">
        {payments.error ? (
          <div className="p-4 sm:p-6">
            <Problem error={payments.error} />
          </div>
        ) : payments.data && payments.data.length > 0 ? (
          <ul className="divide-y divide-line border-t border-line">
            {payments.data.map(({ log, deed }) => (
              <li key={`${log.transactionHash}${deed.kind}`}>
                <a
                  href={linkOf({ kind: 'transaction', id: log.transactionHash })}
                  className="block px-4 py-3 text-sm hover:bg-sunk sm:px-6"
                >
                  <DeedLine deed={deed} />
                  <span className="mt-0.5 block text-xs text-soft">
                    {t('explorer.inBlock', { number: format.number(log.blockNumber) })}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        ) : (
          <Empty icon="wallet" title={t('explorer.noPayments')}>
            {t('explorer.noPaymentsText')}
          </Empty>
        )}
      </Panel>
      <Panel flush title={t('explorer.blocks')} className="overflow-hidden">
        {blocks.data ? (
          <DataTable label={t('explorer.blocks')} columns={columns} rows={blocks.data} rowKey={({ hash }) => hash} />
        ) : (
          <p className="px-4 pb-6 text-sm text-soft sm:px-6">{t('chain.asking')}</p>
        )}
      </Panel>
    </div>
  );
}
