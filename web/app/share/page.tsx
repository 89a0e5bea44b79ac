import { SharePage } from '@/components/share/share-page.tsx';

export default function Page() {
  return <SharePage />;
}
