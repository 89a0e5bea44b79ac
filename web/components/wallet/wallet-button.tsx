'use client';
/** The wallet in the corner: connect, see which account, leave. */
import Link from 'next/link';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { shorten } from '@/components/ui/copy.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';
import { WalletDialog } from './wallet-dialog.tsx';

export function WalletButton() {
  const { t } = useVoice();
  const [isOpen, setOpen] = useState(false);
  const { wallet, isConnecting, isOnChain } = useWallet(isOpen);
  if (wallet)
    return (
      <Link
        href="/wallet"
        className="inline-flex h-11 items-center gap-2 rounded-control border border-line bg-surface px-3 text-sm hover:bg-sunk"
      >
        <span aria-hidden="true" className={`size-2 rounded-full ${isOnChain ? 'bg-good' : 'bg-warn'}`} />
        <span className="font-mono text-xs">{shorten(wallet.address)}</span>
        <span className="sr-only">{isOnChain ? t('wallet.onChain') : t('wallet.offChain')}</span>
      </Link>
    );
  return (
    <>
      <Button busy={isConnecting} onClick={() => setOpen(true)}>
        {t('wallet.connect')}
      </Button>
      <WalletDialog open={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}
