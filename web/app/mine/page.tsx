import { MinePage } from '@/components/mine/mine-page.tsx';

export default function Page() {
  return <MinePage />;
}
