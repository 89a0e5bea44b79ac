'use client';
/** Everything that pages share, in the order in which one needs the other. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { HomeProvider } from '@/lib/home.tsx';
import { LanguageProvider } from '@/lib/i18n/context.tsx';
import { PeerProvider } from '@/lib/peer/context.tsx';
import { WalletProvider } from '@/lib/wallet/context.tsx';
import { Toasts } from './ui/toasts.tsx';

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: 1 } } }));
  return (
    <QueryClientProvider client={client}>
      <LanguageProvider>
        <Toasts>
          <HomeProvider>
            <WalletProvider>
              <PeerProvider>{children}</PeerProvider>
            </WalletProvider>
          </HomeProvider>
        </Toasts>
      </LanguageProvider>
    </QueryClientProvider>
  );
}
