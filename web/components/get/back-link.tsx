'use client';
/** The way out of a file: to the folder it was opened from, or to another link. */
import type { Target } from '@/lib/get/target.ts';
import { fragmentOf } from '@/lib/get/target.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

export function BackLink({ target }: { target: Target }) {
  const { t } = useVoice();
  return (
    <a
      href={target.folder ? fragmentOf({ id: target.folder }) : '#/'}
      className="text-sm text-soft underline-offset-4 hover:underline"
    >
      ← {target.folder ? t('folder.back') : t('get.another')}
    </a>
  );
}
