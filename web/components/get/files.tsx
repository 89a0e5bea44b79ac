'use client';
/** What this browser has begun or has whole. The peer wakes for it only where something was begun, so that a first visit loads nothing. */
import { useEffect, useState } from 'react';
import { Bar, Panel, Tag } from '@/components/ui/layout.tsx';
import { keyOf } from '@/lib/get/keys.ts';
import { fragmentOf } from '@/lib/get/target.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useEngineSnapshot, usePeer } from '@/lib/peer/context.tsx';
import { hasBegun } from '@/lib/peer/downloads.ts';

export function Files() {
  const { t, format } = useVoice();
  const [wants, setWants] = useState(false);
  useEffect(() => setWants(hasBegun()), []);
  const { engine } = usePeer(wants);
  const snapshot = useEngineSnapshot(engine);
  if (!snapshot || snapshot.files.length === 0) return null;
  return (
    <Panel title={t('get.here')} className="mb-12">
      <ul className="divide-y divide-line">
        {snapshot.files
          .map((file) => ({ ...file, ...keyOf(file.cid) }))
          .map((file) => (
            <li key={file.cid}>
              <a
                href={fragmentOf({ id: file.cid, ...(file.key && { key: file.key }) })}
                className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3"
              >
                <span className="min-w-0 flex-1 truncate font-medium">{file.name || file.cid}</span>
                {snapshot.dues.some(({ cid }) => cid === file.cid) ? <Tag tone="warn">{t('due.tag')}</Tag> : null}
                <span className="tabular text-sm text-soft">
                  {file.complete ? format.bytes(file.size) : format.percent(file.heldChunks / file.totalChunks)}
                </span>
                {file.complete ? null : (
                  <span className="w-full">
                    <Bar share={file.heldChunks / file.totalChunks} label={file.name || file.cid} />
                  </span>
                )}
              </a>
            </li>
          ))}
      </ul>
    </Panel>
  );
}
