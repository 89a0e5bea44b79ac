import { EarningsPage } from '@/components/earnings/earnings-page.tsx';

export default function Page() {
  return <EarningsPage />;
}
