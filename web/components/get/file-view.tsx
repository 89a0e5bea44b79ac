'use client';
/** The file as far as it can be shown: played as it is, or what is inside, or why that is not to be had. */
import { Notice } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { Player } from './player.tsx';
import type { Inside } from './use-inside.ts';

export function FileView({
  inside,
  url,
  name,
  mime,
  size,
}: {
  inside: Inside;
  url: string;
  name: string;
  mime: string;
  size: number;
}) {
  const { t } = useVoice();
  switch (inside.state) {
    case 'plain':
      return <Player url={url} name={name} mime={mime} size={size} />;
    case 'open':
      return <Player url={url} name={inside.file.name || name} mime={inside.file.mime} size={inside.file.size} />;
    case 'locked':
      return (
        <Notice tone="warn" title={t('secret.locked')}>
          {t('secret.lockedText')}
        </Notice>
      );
    case 'wrong':
      return <Problem error={inside.error} />;
    case 'waiting':
      return null;
  }
}
