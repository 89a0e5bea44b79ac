import { NetworkPage } from '@/components/network/network-page.tsx';

export default function Page() {
  return <NetworkPage />;
}
