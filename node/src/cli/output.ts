/** What a person at a terminal sees: sizes, tables, one line of progress. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function humanBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Columns padded to their widest cell. */
export function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export interface Progress {
  update(bytes: number, total: number, extra?: string): void;
  /** A line that stays, above the progress. */
  note(text: string): void;
  end(): void;
}

/** One line on standard error, rewritten in place on a terminal, a line every few seconds elsewhere. */
export function createProgress(verb: string): Progress {
  const { stderr } = process;
  const started = Date.now();
  let lastMs = 0;
  let shown = false;
  const clear = () => {
    if (shown) stderr.write('\r\x1b[K');
    shown = false;
  };
  return {
    update(bytes, total, extra = '') {
      const now = Date.now();
      if (now - lastMs < (stderr.isTTY ? 100 : 3000)) return;
      lastMs = now;
      const rate = bytes / Math.max(0.001, (now - started) / 1000);
      const left = rate > 0 ? Math.ceil((total - bytes) / rate) : 0;
      const percent = total > 0 ? Math.floor((bytes / total) * 100) : 100;
      const text = `${verb} ${percent}%  ${humanBytes(bytes)} of ${humanBytes(total)}  ${humanBytes(rate)}/s  ${left} s left  ${extra}`;
      if (stderr.isTTY) {
        clear();
        stderr.write(text.slice(0, (stderr.columns ?? 80) - 1));
        shown = true;
      } else stderr.write(`${text}\n`);
    },
    note(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    end: clear,
  };
}
