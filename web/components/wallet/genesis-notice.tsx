'use client';
/** The chain behind the wallet is not the chain that this browser knew, or not the one that the page reads: what to press. */
import { Button } from '@/components/ui/button.tsx';
import { Notice } from '@/components/ui/layout.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';

export function GenesisNotice() {
  const { t } = useVoice();
  const { genesis, acceptGenesis, walletName } = useWallet();
  if (genesis.kind === 'same') return null;
  const wallet = walletName ?? t('wallet.yourWallet');
  return (
    <div className="mb-5">
      {genesis.kind === 'restarted' ? (
        <Notice
          tone="warn"
          title={t('genesis.restarted')}
          actions={
            <Button size="small" onClick={acceptGenesis}>
              {t('genesis.done')}
            </Button>
          }
        >
          {t('genesis.restartedText', { wallet })}
        </Notice>
      ) : (
        <Notice tone="warn" title={t('genesis.elsewhere')}>
          {t('genesis.elsewhereText', { wallet })}
        </Notice>
      )}
    </div>
  );
}
