'use client';
/** Network: whom this tab talks to and how, one's own node, and the chain. For those who want to know. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { NoChain, useChainReader } from '@/components/no-chain.tsx';
import { NoNode, useOwnNode } from '@/components/own-node.tsx';
import { Copy } from '@/components/ui/copy.tsx';
import { type Column, DataTable, Empty, PageHead, Panel, Stat, Stats, Tag } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { readBlock } from '@/lib/chain/blocks.ts';
import type { NetworkSnapshot } from '@/lib/engine/types.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useEngineSnapshot, usePeer } from '@/lib/peer/context.tsx';
import { CHAIN_ID } from '@/lib/wallet/chain.ts';
import { PeerMap } from './peer-map.tsx';

type PeerRow = NetworkSnapshot['peers'][number];

export function NetworkPage() {
  const { t } = useVoice();
  const chain = useChainReader();
  return (
    <>
      <PageHead title={t('network.title')} lead={t('network.lead')} />
      <div className="flex flex-col gap-6">
        <Tab />
        <Node />
        <Panel flush={chain === undefined} title={t('network.chain')} lead={t('network.chainText')}>
          {chain ? <Chain /> : <NoChain />}
        </Panel>
      </div>
    </>
  );
}

function Tab() {
  const { t, format } = useVoice();
  const { engine, state, error } = usePeer(true);
  const snapshot = useEngineSnapshot(engine);
  const columns: Column<PeerRow>[] = [
    { head: t('network.peer'), cell: ({ peer }) => <Copy text={peer} label={t('network.peer')} /> },
    { head: t('network.how'), cell: ({ transport }) => t(`transport.${transport}`) },
  ];
  return (
    <Panel flush title={t('network.tab')} lead={t('network.tabText')} className="overflow-hidden">
      {snapshot ? (
        <>
          <dl className="flex flex-wrap gap-x-10 gap-y-3 px-4 pb-5 sm:px-6">
            <Figure label={t('network.connections')}>{format.number(snapshot.network.peers.length)}</Figure>
            <Figure label={t('network.known')}>{format.number(snapshot.network.dhtPeers)}</Figure>
            <Figure label={t('network.you')}>
              <Copy text={snapshot.network.peerId} label={t('network.you')} />
            </Figure>
          </dl>
          {snapshot.network.peers.length > 0 ? (
            <div className="grid items-start border-t border-line min-[900px]:grid-cols-[22rem_minmax(0,1fr)]">
              <PeerMap peers={snapshot.network.peers} />
              <DataTable
                label={t('network.tab')}
                columns={columns}
                rows={snapshot.network.peers}
                rowKey={({ peer }, i) => `${peer}${i}`}
              />
            </div>
          ) : (
            <Empty icon="globe" title={t('network.alone')}>
              {t('network.aloneText')}
            </Empty>
          )}
        </>
      ) : state === 'failed' ? (
        <div className="p-4 sm:p-6">
          <Problem error={error} />
        </div>
      ) : (
        <p className="px-4 pb-6 text-sm text-soft sm:px-6">
          {state === 'elsewhere' ? t('peer.elsewhereText') : t('peer.starting')}
        </p>
      )}
    </Panel>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-sm text-soft">{label}</dt>
      <dd className={typeof children === 'string' ? 'figure mt-0.5 text-lg' : 'mt-1'}>{children}</dd>
    </div>
  );
}

function Node() {
  const { t, format } = useVoice();
  const own = useOwnNode();
  return (
    <Panel flush={!own} title={t('network.node')}>
      {own ? (
        <>
          <dl className="flex flex-wrap gap-x-10 gap-y-3">
            <Figure label={t('network.connections')}>{format.number(own.status.peers)}</Figure>
            <Figure label={t('network.known')}>{format.number(own.status.dhtPeers)}</Figure>
            <Figure label={t('network.files')}>{format.number(own.status.files)}</Figure>
            <Figure label={t('network.uptime')}>{format.duration(own.status.uptimeSeconds)}</Figure>
          </dl>
          <h3 className="mt-6 text-sm font-medium">{t('network.addresses')}</h3>
          <ul className="mt-2 space-y-1 text-sm">
            {own.status.addresses.map((address) => (
              <li key={address}>
                <Copy text={address} shown={address} label={t('network.addresses')} />
              </li>
            ))}
          </ul>
        </>
      ) : (
        <NoNode />
      )}
    </Panel>
  );
}

function Chain() {
  const { t, format } = useVoice();
  const chain = useChainReader()!;
  const asked = useQuery({
    queryKey: ['chain', 'summary'],
    queryFn: async () => {
      const [id, head, peers, gasPrice] = await Promise.all([
        chain.request({ method: 'eth_chainId' }),
        chain.request({ method: 'eth_blockNumber' }),
        // Some nodes keep their neighbours to themselves.
        chain.request({ method: 'net_peerCount' }).catch(() => undefined),
        chain.request({ method: 'eth_gasPrice' }),
      ]);
      const [block, genesis] = await Promise.all([readBlock(chain, Number(head)), readBlock(chain, 0)]);
      return {
        id: Number(id),
        block,
        genesis: genesis.hash,
        peers: peers === undefined ? undefined : Number(peers),
        gasPriceWei: BigInt(gasPrice as string),
      };
    },
    refetchInterval: 4_000,
  });
  if (asked.error) return <Problem error={asked.error} />;
  if (!asked.data) return <p className="text-sm text-soft">{t('chain.asking')}</p>;
  const { id, block, genesis, peers } = asked.data;
  return (
    <>
      <Stats>
        <Stat
          label={t('network.height')}
          value={format.number(block.number)}
          note={format.ago(Math.min(block.timestampMs, Date.now()))}
        />
        <Stat
          label={t('network.chainId')}
          value={String(id)}
          note={id === CHAIN_ID ? undefined : <Tag tone="bad">{t('network.wrongId')}</Tag>}
        />
        <Stat label={t('network.chainPeers')} value={peers === undefined ? '–' : format.number(peers)} />
        <Stat label={t('mine.difficulty')} value={format.number(Number(block.difficulty))} />
      </Stats>
      <p className="mt-4 flex flex-wrap items-center gap-2 text-sm text-soft">
        {t('network.genesis')} <Copy text={genesis} label={t('network.genesis')} />
      </p>
    </>
  );
}
