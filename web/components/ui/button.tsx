'use client';
/** The four buttons. A busy one keeps its words and its width, says so to screen readers, and cannot be pressed. */
import Link from 'next/link';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

const LOOKS = {
  filled: 'bg-ink text-paper hover:opacity-90 border-transparent',
  plain: 'bg-surface text-ink border-edge hover:bg-sunk',
  quiet: 'bg-transparent text-ink border-transparent hover:bg-sunk',
  danger: 'bg-surface text-bad border-bad hover:bg-bad-wash',
} as const;

const SIZES = { large: 'h-12 px-6 text-base', normal: 'h-11 px-4 text-sm', small: 'h-9 px-3 text-sm' } as const;

interface Look {
  look?: keyof typeof LOOKS;
  size?: keyof typeof SIZES;
  icon?: IconName;
  children?: ReactNode;
  className?: string;
}

const classes = ({ look = 'plain', size = 'normal', className = '' }: Look) =>
  `inline-flex items-center justify-center gap-2 rounded-control border font-medium whitespace-nowrap transition-colors select-none disabled:opacity-50 ${LOOKS[look]} ${SIZES[size]} ${className}`;

export function Button({
  look,
  size,
  icon,
  busy = false,
  children,
  className,
  disabled,
  ...rest
}: Look & ButtonHTMLAttributes<HTMLButtonElement> & { busy?: boolean }) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={classes({
        ...(look && { look }),
        ...(size && { size }),
        ...(className && { className }),
      })}
    >
      {busy ? <Spinner /> : icon ? <Icon name={icon} className="size-4.5" /> : null}
      {children}
    </button>
  );
}

export function ButtonLink({ href, icon, children, ...look }: Look & { href: string }) {
  return (
    <Link href={href} className={classes(look)}>
      {icon ? <Icon name={icon} className="size-4.5" /> : null}
      {children}
    </Link>
  );
}

export function Spinner({ className = 'size-4' }: { className?: string }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" fill="none" className={`shrink-0 animate-spin ${className}`}>
      <circle cx="8" cy="8" r="6" stroke="currentColor" strokeWidth="2" opacity="0.25" />
      <path d="M14 8a6 6 0 0 0-6-6" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
