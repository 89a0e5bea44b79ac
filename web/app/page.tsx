import { GetPage } from '@/components/get/get-page.tsx';

export default function Page() {
  return <GetPage />;
}
