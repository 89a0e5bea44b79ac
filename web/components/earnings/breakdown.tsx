'use client';
/** What was earned, by file, by buyer or by way: bars to compare, and the figures beside them. */
import { useState } from 'react';
import { ProtocolTag } from '@/components/get/protocol.tsx';
import { Copy } from '@/components/ui/copy.tsx';
import { Choice } from '@/components/ui/field.tsx';
import { type Column, DataTable, Panel } from '@/components/ui/layout.tsx';
import type { ProtocolName } from '@/lib/engine/types.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

export interface Earned {
  /** CID, peer or protocol. */
  readonly key: string;
  /** Of a file; empty where nobody knows it any more. */
  readonly name?: string;
  readonly bytes: number;
  readonly wei: bigint;
}

const VIEWS = ['files', 'peers', 'ways'] as const;
type View = (typeof VIEWS)[number];

/** @param props.peers shown as they are given, where more is known of each than what was delivered */
export function Breakdown({
  files,
  ways,
  peers,
}: {
  files: readonly Earned[];
  ways: readonly Earned[];
  peers: readonly Earned[] | React.ReactNode;
}) {
  const { t } = useVoice();
  const [view, setView] = useState<View>('files');
  return (
    <Panel flush className="overflow-hidden">
      <div className="px-4 pt-4 pb-3 sm:px-6 sm:pt-6">
        <Choice
          label={t('earnings.by')}
          value={view}
          onChange={setView}
          options={VIEWS.map((value) => ({ value, label: t(`earnings.${value}`) }))}
        />
      </div>
      {view === 'files' ? (
        <Rows rows={files} view="files" />
      ) : view === 'ways' ? (
        <Rows rows={ways} view="ways" />
      ) : isRows(peers) ? (
        <Rows rows={peers} view="peers" />
      ) : (
        peers
      )}
    </Panel>
  );
}

const isRows = (value: readonly Earned[] | React.ReactNode): value is readonly Earned[] => Array.isArray(value);

function Rows({ rows, view }: { rows: readonly Earned[]; view: View }) {
  const { t, format } = useVoice();
  const most = rows.reduce((max, { wei }) => (wei > max ? wei : max), 0n);
  const total = rows.reduce((sum, { wei }) => sum + wei, 0n);
  /** Thousandths of `whole`, as a part of one. */
  const part = (wei: bigint, whole: bigint) => (whole === 0n ? 0 : Number((wei * 1000n) / whole) / 1000);
  const columns: Column<Earned>[] = [
    {
      head: t(view === 'files' ? 'earnings.file' : view === 'ways' ? 'earnings.way' : 'earnings.buyer'),
      cell: ({ key, name }) =>
        view === 'ways' ? (
          <ProtocolTag protocol={key as ProtocolName} />
        ) : name ? (
          <bdi className="inline-block max-w-72 truncate align-bottom" title={name}>
            {name}
          </bdi>
        ) : (
          <Copy text={key} label={t(view === 'files' ? 'earnings.file' : 'earnings.buyer')} />
        ),
    },
    {
      head: t('earnings.share'),
      cell: ({ wei }) => (
        <span className="flex items-center gap-3">
          <span aria-hidden="true" className="block h-2 w-24 overflow-hidden rounded-full bg-sunk sm:w-40">
            <span className="block h-full rounded-full bg-accent" style={{ width: `${part(wei, most) * 100}%` }} />
          </span>
          {format.percent(part(wei, total))}
        </span>
      ),
    },
    { head: t('sellers.bytes'), align: 'right', cell: ({ bytes }) => format.bytes(bytes) },
    { head: t('earnings.delivered'), align: 'right', cell: ({ wei }) => format.money(wei) },
  ];
  return <DataTable label={t(`earnings.${view}`)} columns={columns} rows={rows} rowKey={({ key }) => key} />;
}
