'use client';
/**
 * Every part of the file as a square in the colour of the way it came. Drawn on a canvas, since a film has thousands; the legend
 * beside it says the same in words and counts.
 */
import { useEffect, useRef, useState } from 'react';
import type { ChunkMap as Chunks, ProtocolName } from '@/lib/engine/types.ts';
import { PROTOCOLS } from '@/lib/get/offers.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { ProtocolTag } from './protocol.tsx';

/** A square and the gap to the next, CSS pixels; smaller when there are too many for the height. */
const LARGEST = 14;
const SMALLEST = 4;
const MAX_HEIGHT = 176;

/** How many came which way; index 0 not here, 1 here before, 2… by protocol. */
export function countChunks({ count, protocol }: Chunks): number[] {
  const counts = new Array<number>(2 + PROTOCOLS.length).fill(0);
  for (let i = 0; i < count; i += 1) counts[protocol[i]!] = (counts[protocol[i]!] ?? 0) + 1;
  return counts;
}

export function ChunkMap({ chunks, version }: { chunks: Chunks; version: number }) {
  const { t, format } = useVoice();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [theme, setTheme] = useState('');

  useEffect(() => {
    const element = canvas.current?.parentElement;
    if (!element) return;
    const resized = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    resized.observe(element);
    const root = document.documentElement;
    const painted = new MutationObserver(() => setTheme(root.dataset.theme ?? ''));
    painted.observe(root, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      resized.disconnect();
      painted.disconnect();
    };
  }, []);

  // The arrays are live: `version` says that they changed, `theme` that the colours did.
  // biome-ignore lint/correctness/useExhaustiveDependencies: both are reasons to draw and are read through other ways
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context || width === 0) return;
    let step = LARGEST;
    while (step > SMALLEST && Math.ceil(chunks.count / Math.floor(width / step)) * step > MAX_HEIGHT) step -= 1;
    const columns = Math.max(1, Math.floor(width / step));
    const height = Math.ceil(chunks.count / columns) * step;
    const scale = window.devicePixelRatio || 1;
    element.width = width * scale;
    element.height = height * scale;
    element.style.height = `${height}px`;
    context.scale(scale, scale);
    const style = getComputedStyle(document.documentElement);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const colors = [color('--sunk'), color('--edge'), ...PROTOCOLS.map((name) => color(`--${name}`))];
    const gap = step > 6 ? 2 : 1;
    for (let i = 0; i < chunks.count; i += 1) {
      context.fillStyle = colors[chunks.protocol[i]!] ?? colors[0]!;
      context.fillRect((i % columns) * step, Math.floor(i / columns) * step, step - gap, step - gap);
    }
  }, [chunks, version, width, theme]);

  const counts = countChunks(chunks);
  const here = chunks.count - counts[0]!;
  return (
    <div>
      <div>
        <canvas
          ref={canvas}
          role="img"
          aria-label={t('map.summary', { here: format.number(here), count: format.number(chunks.count) })}
          className="block w-full"
        />
      </div>
      <ul className="mt-4 flex flex-wrap gap-x-5 gap-y-2">
        {PROTOCOLS.map((protocol: ProtocolName, index) =>
          counts[index + 2]! > 0 ? (
            <li key={protocol}>
              <ProtocolTag protocol={protocol} note={format.percent(counts[index + 2]! / chunks.count)} />
            </li>
          ) : null,
        )}
        {counts[1]! > 0 ? (
          <li className="inline-flex items-center gap-2 text-sm">
            <span aria-hidden="true" className="size-3 rounded-[3px] bg-edge" /> {t('map.before')}
            <span className="tabular text-soft">{format.percent(counts[1]! / chunks.count)}</span>
          </li>
        ) : null}
        {counts[0]! > 0 ? (
          <li className="inline-flex items-center gap-2 text-sm">
            <span aria-hidden="true" className="size-3 rounded-[3px] border border-line bg-sunk" /> {t('map.missing')}
            <span className="tabular text-soft">{format.percent(counts[0]! / chunks.count)}</span>
          </li>
        ) : null}
      </ul>
    </div>
  );
}
