'use client';
/** A line that rises, drawn as SVG: values over time, with a table of the same for those who do not see it. */
import { useEffect, useId, useRef, useState } from 'react';

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

/** CSS pixels; the width is that of the place. */
const HEIGHT = 220;
const BOTTOM = 24;
const TOP = 20;

/** 1, 2 or 5 times a power of ten, at or above `value`. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999_999) ?? value;
}

export function Chart({
  points,
  label,
  formatValue,
  formatTime,
  stepped = false,
}: {
  points: readonly Point[];
  label: string;
  formatValue: (value: number) => string;
  formatTime: (ms: number) => string;
  /** A total that jumps rather than a rate that flows. */
  stepped?: boolean;
}) {
  const id = useId();
  const frame = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    resized.observe(frame.current!);
    return () => resized.disconnect();
  }, []);
  const from = points[0]?.atMs ?? 0;
  const to = points.at(-1)?.atMs ?? 1;
  const top = niceCeiling(Math.max(...points.map(({ value }) => value)));
  const x = (ms: number) => (to === from ? 1 : (ms - from) / (to - from)) * width;
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const line = points
    .map(({ atMs, value }, i) => {
      if (i === 0) return `M${x(atMs)} ${y(value)}`;
      return stepped ? `H${x(atMs)}V${y(value)}` : `L${x(atMs)} ${y(value)}`;
    })
    .join('');
  const area = `${line}V${y(0)}H${x(from)}Z`;
  return (
    <figure ref={frame}>
      <svg width={width} height={HEIGHT} role="img" aria-labelledby={id} className="block max-w-full">
        <title id={id}>{label}</title>
        {[0, 0.5, 1].map((share) => (
          <line key={share} x1={0} x2={width} y1={y(top * share)} y2={y(top * share)} stroke="var(--line)" />
        ))}
        <path d={area} fill="var(--accent-wash)" />
        <path d={line} fill="none" stroke="var(--accent)" strokeWidth="2" strokeLinejoin="round" />
        {/* Over the line, and with a rim, so that they can be read wherever it goes. */}
        {[0.5, 1].map((share) => (
          <text
            key={share}
            x={0}
            y={y(top * share) - 4}
            fontSize="12"
            fill="var(--soft)"
            stroke="var(--surface)"
            strokeWidth="4"
            strokeLinejoin="round"
            paintOrder="stroke"
          >
            {formatValue(top * share)}
          </text>
        ))}
        <text x={0} y={HEIGHT - 6} fontSize="12" fill="var(--soft)">
          {formatTime(from)}
        </text>
        <text x={width} y={HEIGHT - 6} fontSize="12" fill="var(--soft)" textAnchor="end">
          {formatTime(to)}
        </text>
      </svg>
      <div className="sr-only">
        <table>
          <caption>{label}</caption>
          <tbody>
            {points.slice(-50).map(({ atMs, value }) => (
              <tr key={atMs}>
                <th scope="row">{formatTime(atMs)}</th>
                <td>{formatValue(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
