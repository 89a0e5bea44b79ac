'use client';
/** Mining in the tab: the downloads that it pays for by working, or how to come by one. It starts no peer. */
import { WorkPanel } from '@/components/get/work-panel.tsx';
import { Panel } from '@/components/ui/layout.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useEngineSnapshot, usePeer } from '@/lib/peer/context.tsx';

export function TabWork() {
  const { t } = useVoice();
  const { engine, downloads } = usePeer(false);
  const snapshot = useEngineSnapshot(engine);
  const working = (snapshot?.transfers ?? []).flatMap((transfer) => {
    const { work, state } = transfer;
    // Whole, or stopped: the page of the file itself tells the rest.
    return work && state !== 'done' && state !== 'paused' && state !== 'failed' ? [{ transfer, work }] : [];
  });
  /** A download goes by what was asked for: its name, or the hash of its bytes. */
  const stop = (cid: string) => {
    const hash = snapshot?.files.find((file) => file.cid === cid)?.sha256;
    for (const target of [cid, ...(hash ? [hash] : [])]) downloads.pause(target);
  };
  return (
    <Panel title={t('mine.tab')} lead={working.length > 0 ? t('mine.tabText') : t('mine.tabNone')}>
      <div className={`grid gap-4 sm:grid-cols-2 ${working.length > 0 ? '' : 'hidden'}`}>
        {working.map(({ transfer, work }) => (
          <div key={transfer.cid} className="min-w-0">
            <p className="mb-2 truncate text-sm font-medium">{transfer.name}</p>
            <WorkPanel transfer={transfer} work={work} isRunning onStop={() => stop(transfer.cid)} />
          </div>
        ))}
      </div>
    </Panel>
  );
}
