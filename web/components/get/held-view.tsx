'use client';
/** A file that is here whole already: it opens at once, and costs nothing. */
import { useMemo, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { shorten } from '@/components/ui/copy.tsx';
import { Panel, Tag } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import type { Due, Engine, FileRow } from '@/lib/engine/types.ts';
import { fragmentOf, type Target } from '@/lib/get/target.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { BackLink } from './back-link.tsx';
import { DuePanel } from './due-panel.tsx';
import { FileView } from './file-view.tsx';
import { useInside } from './use-inside.ts';

export function HeldView({
  engine,
  target,
  file,
  due,
}: {
  engine: Engine;
  target: Target;
  file: FileRow;
  due: Due | undefined;
}) {
  const { t, format } = useVoice();
  const toast = useToast();
  const [error, setError] = useState<unknown>();
  const { cid, name, mime, size } = file;
  const inside = useInside(engine, target, cid, mime, true);
  const shown = (inside.state === 'open' && inside.file.name) || name || shorten(cid, 12, 8);
  const url = useMemo(() => engine.url(cid), [engine, cid]);
  const attempt = async (work: () => Promise<unknown>, said?: string) => {
    setError(undefined);
    try {
      await work();
      if (said) toast(said);
    } catch (caught) {
      setError(caught);
    }
  };
  return (
    <div className="pt-8 sm:pt-10">
      <BackLink target={target} />
      <div className="mt-4 mb-6 flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="font-display text-xl font-semibold tracking-[-0.02em] break-words sm:text-2xl">{shown}</h1>
        <Tag tone="good">{t('get.here')}</Tag>
      </div>
      <div className="flex max-w-4xl flex-col gap-6">
        <FileView inside={inside} url={url} name={shown} mime={mime} size={size} />
        {due ? <DuePanel engine={engine} due={due} text={t('due.text')} /> : null}
        <Panel>
          <p className="figure text-xl">{format.bytes(size)}</p>
          <p className="mt-1 text-sm text-soft">{t('transfer.checked')}</p>
          <div className="mt-5 flex flex-wrap gap-2">
            <Button
              look={due ? 'plain' : 'filled'}
              icon="get"
              onClick={() => attempt(() => engine.save(cid), t('transfer.saved'))}
            >
              {t('transfer.save')}
            </Button>
            <Button
              look="quiet"
              icon="copy"
              onClick={() =>
                attempt(
                  () => navigator.clipboard.writeText(`${location.origin}${location.pathname}${fragmentOf(target)}`),
                  t('transfer.linkCopied'),
                )
              }
            >
              {t('transfer.copyLink')}
            </Button>
            <Button
              look="quiet"
              onClick={() =>
                attempt(async () => {
                  await engine.remove(cid);
                  location.hash = '#/';
                })
              }
            >
              {t('transfer.remove')}
            </Button>
          </div>
          {error ? (
            <div className="mt-5">
              <Problem error={error} />
            </div>
          ) : null}
        </Panel>
      </div>
    </div>
  );
}
