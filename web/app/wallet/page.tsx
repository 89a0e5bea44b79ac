import { WalletPage } from '@/components/wallet/wallet-page.tsx';

export default function Page() {
  return <WalletPage />;
}
