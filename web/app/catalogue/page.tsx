import { CataloguePage } from '@/components/catalogue/catalogue-page.tsx';

export default function Page() {
  return <CataloguePage />;
}
