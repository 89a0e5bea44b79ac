'use client';
/** Which wallet. One press connects; what the wallet asks, it asks itself. */
import { useState } from 'react';
import { Spinner } from '@/components/ui/button.tsx';
import { Dialog } from '@/components/ui/dialog.tsx';
import { Icon } from '@/components/ui/icon.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';
import type { ConnectedWallet } from '@/lib/wallet/types.ts';

export function WalletDialog({
  open,
  onClose,
  onConnected,
}: {
  open: boolean;
  onClose: () => void;
  /** Goes on with what needed a wallet. */
  onConnected?: (wallet: ConnectedWallet) => void;
}) {
  const { t } = useVoice();
  const { isAwake, wallets, connect } = useWallet(open);
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<unknown>();
  const close = () => {
    setError(undefined);
    onClose();
  };
  return (
    <Dialog open={open} onClose={close} title={t('wallet.choose')}>
      {!isAwake ? (
        <p className="flex justify-center py-6 text-accent">
          <Spinner className="size-6" />
        </p>
      ) : wallets.length === 0 ? (
        <div className="text-sm text-soft">
          <p>{t('wallet.none')}</p>
          <a
            href="https://metamask.io/download/"
            target="_blank"
            rel="noreferrer"
            className="mt-3 inline-flex items-center gap-1.5 font-medium text-accent underline"
          >
            {t('wallet.install')} <Icon name="out" className="size-4" />
          </a>
          <p className="mt-3">{t('wallet.noneFree')}</p>
        </div>
      ) : (
        <ul className="flex flex-col gap-2">
          {wallets.map((connector) => (
            <li key={connector.uid}>
              <button
                type="button"
                disabled={busy !== undefined}
                onClick={async () => {
                  setBusy(connector.uid);
                  setError(undefined);
                  try {
                    const wallet = await connect(connector);
                    close();
                    onConnected?.(wallet);
                  } catch (caught) {
                    setError(caught);
                  } finally {
                    setBusy(undefined);
                  }
                }}
                className="flex h-14 w-full items-center gap-3 rounded-control border border-edge px-4 text-left font-medium hover:bg-sunk"
              >
                {connector.icon ? (
                  // biome-ignore lint/performance/noImgElement: an icon that the wallet brings as data
                  <img src={connector.icon.trim()} alt="" className="size-7 rounded-md" />
                ) : (
                  <Icon name="wallet" className="size-7" />
                )}
                <span className="min-w-0 flex-1 truncate">{connector.name}</span>
                {busy === connector.uid ? <Spinner /> : null}
              </button>
            </li>
          ))}
        </ul>
      )}
      {busy ? <p className="mt-4 text-sm text-soft">{t('wallet.lookInWallet')}</p> : null}
      {error ? (
        <div className="mt-4">
          <Problem error={error} />
        </div>
      ) : null}
      <p className="mt-4 text-xs text-soft">{t('wallet.promise')}</p>
    </Dialog>
  );
}
