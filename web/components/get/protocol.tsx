'use client';
/** A way of transfer: its colour, its shape and its name, the same everywhere. */
import type { ProtocolName } from '@/lib/engine/types.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

const COLORS: Record<ProtocolName, string> = {
  http: 'var(--http)',
  webtorrent: 'var(--webtorrent)',
  bittorrent: 'var(--bittorrent)',
  ed2k: 'var(--ed2k)',
  libp2p: 'var(--libp2p)',
};

export const protocolColor = (protocol: ProtocolName): string => COLORS[protocol];

export function ProtocolTag({ protocol, note }: { protocol: ProtocolName; note?: string }) {
  const { t } = useVoice();
  return (
    <span className="inline-flex items-center gap-2 text-sm font-medium whitespace-nowrap">
      <span aria-hidden="true" className="size-3 rounded-[3px]" style={{ background: COLORS[protocol] }} />
      {t(`protocol.${protocol}`)}
      {note ? <span className="tabular font-normal text-soft">{note}</span> : null}
    </span>
  );
}
