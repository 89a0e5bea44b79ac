import { ExplorerPage } from '@/components/explorer/explorer-page.tsx';

export default function Page() {
  return <ExplorerPage />;
}
