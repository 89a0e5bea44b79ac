'use client';
/** An address that names no page. */
import { ButtonLink } from '@/components/ui/button.tsx';
import { Empty } from '@/components/ui/layout.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';

export function Lost() {
  const { t } = useVoice();
  return (
    <div className="pt-20">
      <h1 className="sr-only">{t('lost.title')}</h1>
      <Empty
        icon="info"
        title={t('lost.title')}
        actions={
          <ButtonLink look="filled" href="/">
            {t('nav.get')}
          </ButtonLink>
        }
      >
        {t('lost.text')}
      </Empty>
    </div>
  );
}
