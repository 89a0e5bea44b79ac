/** What pages are put together from. Looks only: no words of its own, no state. */
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

export function PageHead({ title, lead, children }: { title: string; lead?: string; children?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-4 pt-8 pb-8 sm:pt-12">
      <div className="max-w-2xl">
        <h1 className="font-display text-[1.75rem] leading-9 font-semibold tracking-[-0.02em] sm:text-2xl">{title}</h1>
        {lead ? <p className="mt-2 text-base text-soft">{lead}</p> : null}
      </div>
      {children}
    </div>
  );
}

export function Panel({
  title,
  lead,
  actions,
  children,
  className = '',
  flush = false,
}: {
  title?: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
  className?: string;
  /** The contents reach the edges: tables. */
  flush?: boolean;
}) {
  const Tag = title ? 'section' : 'div';
  return (
    <Tag
      aria-label={title}
      className={`min-w-0 rounded-panel border border-line bg-surface ${flush ? '' : 'p-4 sm:p-6'} ${className}`}
    >
      {title || actions ? (
        <div
          className={`flex flex-wrap items-start justify-between gap-3 ${flush ? 'px-4 pt-4 pb-3 sm:px-6 sm:pt-6' : children ? 'mb-4' : ''}`}
        >
          <div>
            {title ? <h2 className="text-lg font-semibold tracking-[-0.01em]">{title}</h2> : null}
            {lead ? <p className="mt-1 text-sm text-soft">{lead}</p> : null}
          </div>
          {actions}
        </div>
      ) : null}
      {children}
    </Tag>
  );
}

/** Figures side by side, hairlines between. */
export function Stats({ children, className = '' }: { children: ReactNode; className?: string }) {
  return (
    <dl className={`flex flex-wrap gap-px overflow-hidden rounded-panel border border-line bg-line ${className}`}>
      {children}
    </dl>
  );
}

export function Stat({ label, value, note }: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <div className="min-w-0 grow basis-36 bg-surface p-4 sm:basis-44 sm:px-6 sm:py-5">
      <dt className="text-sm text-soft">{label}</dt>
      <dd className={typeof value === 'string' ? 'figure mt-1 text-xl break-words' : 'mt-1.5 text-base'}>{value}</dd>
      {note ? <dd className="mt-1 text-xs text-soft">{note}</dd> : null}
    </div>
  );
}

const TONES = {
  plain: 'bg-sunk text-ink',
  accent: 'bg-accent-wash text-accent',
  good: 'bg-good-wash text-good',
  warn: 'bg-warn-wash text-warn',
  bad: 'bg-bad-wash text-bad',
} as const;
export type Tone = keyof typeof TONES;

export function Tag({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex h-6 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}

export function Notice({
  tone = 'accent',
  title,
  children,
  actions,
}: {
  tone?: Exclude<Tone, 'plain'>;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  const icon: IconName = tone === 'good' ? 'check' : tone === 'accent' ? 'info' : 'warning';
  return (
    <div role={tone === 'bad' ? 'alert' : 'status'} className={`flex gap-3 rounded-panel p-4 ${TONES[tone]}`}>
      <Icon name={icon} className="mt-0.5 size-5" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        {children ? <div className="mt-1 text-sm text-ink">{children}</div> : null}
        {actions ? <div className="mt-3 flex flex-wrap gap-2">{actions}</div> : null}
      </div>
    </div>
  );
}

/** A place with nothing in it: what would stand here, and the step that fills it. */
export function Empty({
  icon = 'file',
  title,
  children,
  actions,
}: {
  icon?: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center px-4 py-10 text-center">
      <span className="mb-4 grid size-12 place-items-center rounded-full bg-sunk text-soft">
        <Icon name={icon} />
      </span>
      <p className="text-lg font-semibold">{title}</p>
      {children ? <div className="mt-1 max-w-md text-sm text-soft">{children}</div> : null}
      {actions ? <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div> : null}
    </div>
  );
}

/** How far something is. `share` from 0 to 1; undefined while nobody can tell. */
export function Bar({
  share,
  label,
  tone = 'accent',
}: {
  share: number | undefined;
  label: string;
  tone?: 'accent' | 'good';
}) {
  const percent = share === undefined ? undefined : Math.min(100, Math.max(0, share * 100));
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent === undefined ? undefined : Math.floor(percent)}
      className="h-2 overflow-hidden rounded-full bg-sunk"
    >
      <div
        className={`h-full rounded-full transition-[width] duration-200 ${tone === 'good' ? 'bg-good' : 'bg-accent'} ${percent === undefined ? 'w-1/4 animate-pulse' : ''}`}
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}

/** A command to type, or any other literal text. */
export function Code({ children }: { children: ReactNode }) {
  return <code className="rounded bg-sunk px-1.5 py-0.5 font-mono text-[0.85em] break-all">{children}</code>;
}

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'right';
}

/** The first column names its row. Scrolls inside itself where it is wider than the screen. */
export function DataTable<Row>({
  label,
  columns,
  rows,
  rowKey,
}: {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row, index: number) => string;
}) {
  return (
    // What scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll container needs focus to be scrolled by keys
    <div tabIndex={0} className="overflow-x-auto">
      <table aria-label={label} className="w-full border-collapse text-sm">
        <thead>
          <tr>
            {columns.map(({ head, align }) => (
              <th
                key={head}
                scope="col"
                className={`border-b border-line px-3 py-2 font-medium whitespace-nowrap text-soft first:pl-4 last:pr-4 sm:first:pl-6 sm:last:pr-6 ${align === 'right' ? 'text-right' : 'text-left'}`}
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={rowKey(row, index)} className="border-b border-line last:border-0">
              {columns.map(({ head, cell, align }, i) => {
                const className = `tabular px-3 py-3 font-normal whitespace-nowrap first:pl-4 last:pr-4 sm:first:pl-6 sm:last:pr-6 ${align === 'right' ? 'text-right' : 'text-left'}`;
                return i === 0 ? (
                  <th key={head} scope="row" className={className}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={head} className={className}>
                    {cell(row)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
