'use client';
/** This tab in the middle, its neighbours around it, the line by how they are reached. The table beside it says the same. */
import type { NetworkSnapshot } from '@/lib/engine/types.ts';
import { useVoice } from '@/lib/i18n/context.tsx';

const SIZE = 320;
const CENTER = SIZE / 2;
const RADIUS = 116;
const DASHES = { ws: undefined, 'webrtc-direct': '6 4', other: '1 5' } as const;

export function PeerMap({ peers }: { peers: NetworkSnapshot['peers'] }) {
  const { t, format } = useVoice();
  const kinds = [...new Set(peers.map(({ transport }) => transport))];
  return (
    <figure className="p-6">
      <svg
        viewBox={`0 0 ${SIZE} ${SIZE}`}
        role="img"
        aria-label={t('network.map', { count: format.number(peers.length) })}
        className="mx-auto w-full max-w-72"
      >
        {peers.map(({ peer, transport }, i) => {
          const angle = (i / peers.length) * 2 * Math.PI;
          const [x, y] = [CENTER + RADIUS * Math.cos(angle), CENTER + RADIUS * Math.sin(angle)];
          return (
            <g key={`${peer}${transport}`}>
              <line
                x1={CENTER}
                y1={CENTER}
                x2={x}
                y2={y}
                stroke="var(--edge)"
                strokeWidth="1.5"
                strokeDasharray={DASHES[transport]}
              />
              <circle cx={x} cy={y} r="7" fill="var(--ink)" />
              <text x={x} y={y - 14} fontSize="11" fill="var(--soft)" textAnchor="middle" fontFamily="var(--font-mono)">
                {peer.slice(-6)}
              </text>
            </g>
          );
        })}
        <circle cx={CENTER} cy={CENTER} r="12" fill="var(--accent)" />
      </svg>
      <figcaption className="mt-2 flex flex-wrap justify-center gap-x-4 gap-y-1 text-xs text-soft">
        {kinds.map((kind) => (
          <span key={kind} className="inline-flex items-center gap-2">
            <svg aria-hidden="true" width="24" height="4">
              <line
                x1="0"
                x2="24"
                y1="2"
                y2="2"
                stroke="var(--edge)"
                strokeWidth="1.5"
                strokeDasharray={DASHES[kind]}
              />
            </svg>
            {t(`transport.${kind}`)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
