'use client';
/** What is on offer from here: its link, its price, and a way to stop. */
import type { FileRow } from '@chiral/protocol/api';
import { Button } from '@/components/ui/button.tsx';
import { Panel, Tag } from '@/components/ui/layout.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import { keyOf } from '@/lib/get/keys.ts';
import { fragmentOf } from '@/lib/get/target.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

const linkTo = (cid: string, key?: string) => `${location.origin}/${fragmentOf({ id: cid, ...(key && { key }) })}`;

export function Shared({ files, onStop }: { files: readonly FileRow[]; onStop: (cid: string) => Promise<void> }) {
  const { t, format } = useVoice();
  const toast = useToast();
  if (files.length === 0) return <p className="text-sm text-soft">{t('share.none')}</p>;
  return (
    <Panel title={t('share.list')}>
      <ul className="divide-y divide-line">
        {files
          .map((file) => ({ ...file, ...keyOf(file.cid) }))
          .map(({ cid, name, size, offer, key, listed }) => (
            <li key={cid} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-4 first:pt-0 last:pb-0">
              <div className="min-w-0 flex-1 basis-48">
                <p className="truncate font-medium">{name || cid}</p>
                <p className="tabular mt-0.5 flex flex-wrap items-center gap-2 text-sm text-soft">
                  {format.bytes(size)}
                  <Tag>
                    {offer!.weiPerMiB === '0'
                      ? t('get.free')
                      : t('get.perGb', { price: format.perGigabyte(offer!.weiPerMiB) })}
                  </Tag>
                  {key ? <Tag tone="good">{t('share.encrypted')}</Tag> : null}
                  {listed === undefined ? null : <Tag tone="accent">{t('share.isListed')}</Tag>}
                </p>
              </div>
              <Button
                size="small"
                icon="copy"
                onClick={() =>
                  void navigator.clipboard.writeText(linkTo(cid, key)).then(() => toast(t('transfer.linkCopied')))
                }
              >
                {t('transfer.copyLink')}
              </Button>
              <Button size="small" look="quiet" onClick={() => void onStop(cid)}>
                {t('share.stop')}
              </Button>
            </li>
          ))}
      </ul>
    </Panel>
  );
}
