/** The few signs of the page, drawn on a grid of 20 with a line of 1.6. Decoration: the word beside one carries the meaning. */
const PATHS = {
  get: 'M10 3v9m0 0 3.5-3.5M10 12 6.5 8.5M4 16h12',
  share: 'M10 12V3m0 0L6.5 6.5M10 3l3.5 3.5M4 16h12',
  wallet:
    'M3.5 6.5A2 2 0 0 1 5.5 4.5h8a1.5 1.5 0 0 1 1.5 1.5v1M3.5 6.5v7a2 2 0 0 0 2 2h9a2 2 0 0 0 2-2V9a2 2 0 0 0-2-2h-9a2 2 0 0 1-2-.5ZM13.5 11.2h.01',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  check: 'm4.5 10.5 3.5 3.5 7.5-8',
  cross: 'm5 5 10 10M15 5 5 15',
  copy: 'M7.5 7.5v-3a1 1 0 0 1 1-1h7a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-3M4.5 7.5h7a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Z',
  globe: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM3.4 8h13.2M3.4 12h13.2M10 3c-4 4.5-4 9.5 0 14 4-4.5 4-9.5 0-14Z',
  info: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 9.200v4.300M10 6.700h.01',
  warning: 'M10 3.5 2.8 16h14.400L10 3.500ZM10 8.500v3.500M10 14h.01',
  file: 'M5.5 3.500h6l3.5 3.500v9.500h-9.500ZM11.5 3.500V7H15',
  settings: 'M4 6h7m4 0h1M4 14h1m4 0h7M13 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  out: 'M8 5H5v10h10v-3M11 4h5v5m0-5-7 7',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = 'size-5' }: { name: IconName; className?: string }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`shrink-0 ${className}`}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A ring cut down the middle, its halves set off against each other: a thing and its mirror image. */
export function Mark({ className = 'size-7' }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 28 28" fill="none" strokeWidth="4.2" className={`shrink-0 ${className}`}>
      <path d="M12.4 4.600a8 8 0 0 0 0 16" stroke="currentColor" />
      <path d="M15.6 7.400a8 8 0 0 1 0 16" stroke="var(--accent)" />
    </svg>
  );
}
