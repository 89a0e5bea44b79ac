'use client';
/** Stands where one's own node would be: how to start it and open the page from it. */
import { Code, Empty } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useHome } from '@/lib/home.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';

/** True once an own node answers. */
export const useOwnNode = () => {
  const { api, status } = useHome();
  return api && status ? { api, status } : undefined;
};

export function NoNode() {
  const { t } = useVoice();
  const { ready, statusError } = useHome();
  if (!ready) return <p className="p-6 text-sm text-soft">{t('node.looking')}</p>;
  return (
    <div>
      {statusError ? (
        <div className="p-4 sm:p-6">
          <Problem error={statusError} />
        </div>
      ) : null}
      <Empty icon="info" title={t('node.none')}>
        <p>{t('node.noneText')}</p>
        <ol className="mt-4 space-y-3 text-left text-ink">
          <li>
            1. {t('node.step1')} <Code>npm run chiral -- up</Code>
          </li>
          <li>2. {t('node.step2')}</li>
        </ol>
      </Empty>
    </div>
  );
}
