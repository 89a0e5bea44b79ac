'use client';
/** Wallet: the account, the network it is on, the money set aside for sellers and how to get it back; and the own node's purse. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { NoNode, useOwnNode } from '@/components/own-node.tsx';
import { Button, ButtonLink } from '@/components/ui/button.tsx';
import { Copy } from '@/components/ui/copy.tsx';
import { Empty, PageHead, Panel, Stat, Stats, Tag } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useHome } from '@/lib/home.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useEngineSnapshot, usePeer } from '@/lib/peer/context.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';
import { TabChannels } from './channels.tsx';
import { GenesisNotice } from './genesis-notice.tsx';
import { NodePurse } from './node-purse.tsx';
import { WalletDialog } from './wallet-dialog.tsx';

/** How often balances are read, milliseconds: about one block of a development chain. */
const BALANCE_EVERY_MS = 4_000;

export function WalletPage() {
  const { t } = useVoice();
  const own = useOwnNode();
  return (
    <>
      <PageHead title={t('wallet.title')} lead={t('wallet.lead')} />
      <GenesisNotice />
      <div className="flex flex-col gap-6">
        <Account />
        <Aside />
        <Panel flush title={t('wallet.node')} lead={t('wallet.nodeText')}>
          {own ? <NodePurse api={own.api} /> : <NoNode />}
        </Panel>
      </div>
    </>
  );
}

function Account() {
  const { t, format } = useVoice();
  const { chain, rpcUrl } = useHome();
  const { wallet, walletName, isOnChain, disconnect, enterChain } = useWallet();
  const [isOpen, setOpen] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const reader = chain ?? (isOnChain ? wallet : undefined);
  const balance = useQuery({
    queryKey: ['balance', rpcUrl, wallet?.address],
    queryFn: async () =>
      BigInt((await reader!.request({ method: 'eth_getBalance', params: [wallet!.address, 'latest'] })) as string),
    enabled: reader !== undefined && wallet !== undefined,
    refetchInterval: BALANCE_EVERY_MS,
  });
  if (!wallet)
    return (
      <Panel>
        <Empty
          icon="wallet"
          title={t('wallet.notConnected')}
          actions={
            <Button look="filled" onClick={() => setOpen(true)}>
              {t('wallet.connect')}
            </Button>
          }
        >
          {t('wallet.promise')}
        </Empty>
        <WalletDialog open={isOpen} onClose={() => setOpen(false)} />
      </Panel>
    );
  return (
    <div>
      <Stats>
        <Stat
          label={t('wallet.balance')}
          value={balance.data === undefined ? '–' : format.money(balance.data)}
          note={
            balance.data === 0n ? (
              <>
                {t('wallet.empty')}
                <ButtonLink size="small" href="/mine" className="mt-2">
                  {t('purse.mine')}
                </ButtonLink>
              </>
            ) : undefined
          }
        />
        <Stat
          label={walletName ?? t('wallet.yourWallet')}
          value={<Copy text={wallet.address} label={t('wallet.address')} />}
          note={
            <button type="button" onClick={disconnect} className="underline underline-offset-4">
              {t('wallet.disconnect')}
            </button>
          }
        />
        <Stat
          label={t('wallet.network')}
          value={<Tag tone={isOnChain ? 'good' : 'warn'}>{isOnChain ? t('wallet.onChain') : t('wallet.offChain')}</Tag>}
          note={
            isOnChain ? undefined : (
              <Button
                size="small"
                busy={isBusy}
                className="mt-2"
                onClick={async () => {
                  setBusy(true);
                  setError(undefined);
                  try {
                    await enterChain(wallet);
                  } catch (caught) {
                    setError(caught);
                  } finally {
                    setBusy(false);
                  }
                }}
              >
                {t('wallet.addNetwork')}
              </Button>
            )
          }
        />
      </Stats>
      {error || balance.error ? (
        <div className="mt-4">
          <Problem error={error ?? balance.error} />
        </div>
      ) : null}
    </div>
  );
}

function Aside() {
  const { t, format } = useVoice();
  const { engine, error, state } = usePeer(true);
  const snapshot = useEngineSnapshot(engine);
  const channels = snapshot?.channels.filter(({ role }) => role === 'payer') ?? [];
  return (
    <Panel flush title={t('aside.title')} lead={t('aside.text')} className="overflow-hidden">
      {snapshot && channels.length > 0 ? (
        <>
          <p className="px-4 pb-4 text-sm sm:px-6">{t('aside.sum', { wei: format.money(snapshot.money.lockedWei) })}</p>
          <TabChannels engine={engine!} channels={channels} />
        </>
      ) : state === 'failed' ? (
        <div className="p-4 sm:p-6">
          <Problem error={error} />
        </div>
      ) : state === 'elsewhere' ? (
        <p className="px-4 pb-6 text-sm text-soft sm:px-6">{t('peer.elsewhereText')}</p>
      ) : !snapshot ? (
        <p className="px-4 pb-6 text-sm text-soft sm:px-6">{t('peer.starting')}</p>
      ) : (
        <Empty icon="wallet" title={t('aside.none')} actions={<ButtonLink href="/">{t('nav.get')}</ButtonLink>}>
          {t('aside.noneText')}
        </Empty>
      )}
    </Panel>
  );
}
