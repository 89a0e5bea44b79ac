/**
 * Numbers, money, sizes and times as the reader's language writes them. Pure. Money is wei as `bigint` or decimal text and never
 * passes through a float; rounding is always down for what one has and up for what one pays.
 */
import { BYTES_PER_MIB } from '@chiral/protocol/price';

const WEI_PER_CHI = 10n ** 18n;
const GIGABYTE = 1_000_000_000n;
const SIZE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
/** Digits of an amount of money that carry meaning. */
const MONEY_DIGITS = 4;

export type Wei = bigint | string;

export interface Format {
  /** `0.00123 CHI`: four significant digits, more for what is above one. */
  money(wei: Wei, round?: 'up' | 'down'): string;
  /** The same without the coin's name. */
  amount(wei: Wei, round?: 'up' | 'down'): string;
  /** All digits. */
  exact(wei: Wei): string;
  /** Wei per MiB → money per gigabyte. */
  perGigabyte(weiPerMiB: Wei): string;
  bytes(bytes: number): string;
  rate(bytesPerSecond: number): string;
  hashrate(hashesPerSecond: number): string;
  number(value: number): string;
  percent(share: number): string;
  /** `2 min`, `1 h 5 min`. */
  duration(seconds: number): string;
  time(ms: number): string;
  date(ms: number): string;
  /** `3 min. ago`, `in 5 min.` */
  ago(ms: number, nowMs?: number): string;
}

/** Wei → decimal text with a point: `digits` significant ones, but never a cut in front of the point. */
export function decimalOf(value: Wei, round: 'up' | 'down' = 'down', digits = MONEY_DIGITS): string {
  const wei = BigInt(value);
  if (wei < 0n) return `-${decimalOf(-wei, round === 'up' ? 'down' : 'up', digits)}`;
  const dropped = Math.min(Math.max(wei.toString().length - digits, 0), 18);
  const step = 10n ** BigInt(dropped);
  const floor = (wei / step) * step;
  const rounded = round === 'up' && floor < wei ? floor + step : floor;
  const rest = (rounded % WEI_PER_CHI).toString().padStart(18, '0').replace(/0+$/, '');
  return `${rounded / WEI_PER_CHI}${rest === '' ? '' : `.${rest}`}`;
}

/** `1,5` or `1.5` → wei; undefined when it is not an amount. */
export function parseChi(text: string): bigint | undefined {
  const match = /^\s*(\d{0,12})(?:[.,](\d{0,18}))?\s*$/.exec(text);
  if (!match || (!match[1] && !match[2])) return undefined;
  return BigInt(match[1] || 0) * WEI_PER_CHI + BigInt((match[2] ?? '').padEnd(18, '0'));
}

/** Price per gigabyte → wei per MiB, rounded up to a whole wei. */
export const perMiB = (weiPerGigabyte: bigint): bigint => (weiPerGigabyte * BYTES_PER_MIB + GIGABYTE - 1n) / GIGABYTE;
/** The other way, rounded down. */
export const perGigabyteWei = (weiPerMiB: Wei): bigint => (BigInt(weiPerMiB) * GIGABYTE) / BYTES_PER_MIB;

/** Made when it is first wanted: a browser takes tens of milliseconds for each, and a first view writes no number. */
function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

export function createFormat(language: string): Format {
  const plain = lazy(() => new Intl.NumberFormat(language));
  const share = lazy(() => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }));
  const clock = lazy(() => new Intl.DateTimeFormat(language, { timeStyle: 'medium' }));
  const day = lazy(() => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }));
  const relative = lazy(() => new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }));
  const point = lazy(
    () =>
      plain()
        .formatToParts(1.5)
        .find(({ type }) => type === 'decimal')?.value ?? '.',
  );
  const units = new Map<string, Intl.NumberFormat>();
  const unit = (value: number, name: string, digits: number) => {
    const key = `${name} ${digits}`;
    let format = units.get(key);
    if (!format) {
      const how = { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits } as const;
      format = new Intl.NumberFormat(language, how);
      units.set(key, format);
    }
    return format.format(value);
  };
  const localized = (text: string) => {
    const [whole = '0', rest] = text.split('.');
    return `${plain().format(BigInt(whole))}${rest ? point() + rest : ''}`;
  };
  const scaled = (value: number) => {
    const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), SIZE_UNITS.length - 1);
    const scaledValue = value / 1000 ** power;
    return { value: scaledValue, unit: SIZE_UNITS[power]!, digits: power === 0 || scaledValue >= 100 ? 0 : 1 };
  };
  const format: Format = {
    amount: (wei, round) => localized(decimalOf(wei, round)),
    money: (wei, round) => `${format.amount(wei, round)} CHI`,
    exact: (wei) => `${localized(decimalOf(wei, 'down', 40))} CHI`,
    perGigabyte: (wei) => format.money(perGigabyteWei(wei), 'up'),
    bytes: (bytes) => {
      const { value, unit: name, digits } = scaled(bytes);
      return unit(value, name, digits);
    },
    rate: (bytes) => {
      const { value, unit: name, digits } = scaled(bytes);
      return unit(value, `${name}-per-second`, digits);
    },
    hashrate: (hashes) => {
      const power = hashes < 1000 ? 0 : Math.min(Math.floor(Math.log10(hashes) / 3), 4);
      const digits = power === 0 ? 0 : 2;
      const number = new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(hashes / 1000 ** power);
      return `${number} ${['', 'k', 'M', 'G', 'T'][power]}H/s`;
    },
    number: (value) => plain().format(value),
    percent: (value) => share().format(value),
    duration: (seconds) => {
      const whole = Math.max(0, Math.round(seconds));
      if (whole < 60) return unit(whole, 'second', 0);
      if (whole < 3600) return unit(Math.round(whole / 60), 'minute', 0);
      const hours = Math.floor(whole / 3600);
      const minutes = Math.round((whole % 3600) / 60);
      return `${unit(hours, 'hour', 0)} ${unit(minutes, 'minute', 0)}`;
    },
    time: (ms) => clock().format(ms),
    date: (ms) => day().format(ms),
    ago: (ms, nowMs = Date.now()) => {
      const seconds = Math.round((ms - nowMs) / 1000);
      const size = Math.abs(seconds);
      if (size < 60) return relative().format(seconds, 'second');
      if (size < 3600) return relative().format(Math.round(seconds / 60), 'minute');
      if (size < 86_400) return relative().format(Math.round(seconds / 3600), 'hour');
      return relative().format(Math.round(seconds / 86_400), 'day');
    },
  };
  return format;
}
