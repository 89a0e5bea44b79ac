'use client';
/** Stands where the chain would be: the page knows no node of it to ask. */
import { ButtonLink } from '@/components/ui/button.tsx';
import { Empty } from '@/components/ui/layout.tsx';
import { useHome } from '@/lib/home.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';
import type { Provider } from '@/lib/wallet/switch.ts';

/** A way to read the chain: the one that the site or the person named, else the wallet's own. */
export function useChainReader(): Provider | undefined {
  const { chain } = useHome();
  const { wallet, isOnChain } = useWallet();
  return chain ?? (isOnChain ? wallet : undefined);
}

export function NoChain() {
  const { t } = useVoice();
  return (
    <Empty icon="info" title={t('chain.none')} actions={<ButtonLink href="/settings">{t('nav.settings')}</ButtonLink>}>
      {t('chain.noneText')}
    </Empty>
  );
}
