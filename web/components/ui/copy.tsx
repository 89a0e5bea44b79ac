'use client';
/** A long name cut in the middle, whole for screen readers and in the clipboard. */
import { useState } from 'react';
import { useVoice } from '@/lib/i18n/context.tsx';
import { Icon } from './icon.tsx';

/** `0x1234…abcd` */
export const shorten = (text: string, head = 6, tail = 4): string =>
  text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;

export function Copy({ text, shown, label }: { text: string; shown?: string; label: string }) {
  const { t } = useVoice();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    // Refused where the page is not served securely: then the text can still be selected.
    await navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => {},
    );
  };
  return (
    <button
      type="button"
      onClick={copy}
      onBlur={() => setCopied(false)}
      title={text}
      className="inline-flex max-w-full items-center gap-1.5 rounded font-mono text-[0.92em] hover:text-accent"
    >
      <span className={shown === text ? 'text-left break-all' : 'truncate'}>{shown ?? shorten(text)}</span>
      <span className="sr-only">{copied ? t('copy.done') : t('copy.copy', { what: label })}</span>
      <Icon name={copied ? 'check' : 'copy'} className="size-3.5" />
    </button>
  );
}
