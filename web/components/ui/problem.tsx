'use client';
/** What went wrong, in a sentence, with the next step and a code that can be quoted. Never a stack, never a secret. */
import { type AppError, type ErrorCode, fromProblem, isAppError } from '@chiral/protocol/errors';
import type { ReactNode } from 'react';
import { useVoice } from '@/lib/i18n/context.tsx';
import { Code, Notice } from './layout.tsx';

/** Anything thrown, or problem details out of a snapshot → its code, and the words of whoever threw it. */
export function describe(error: unknown): { code: ErrorCode | 'UNKNOWN'; detail: string; byWallet: boolean } {
  const known: AppError | undefined = isAppError(error)
    ? error
    : !(error instanceof Error) && typeof error === 'object' && error !== null && 'code' in error
      ? fromProblem(error, 500)
      : undefined;
  if (known) return { code: known.code, detail: known.message, byWallet: known.details.wallet === true };
  return { code: 'UNKNOWN', detail: error instanceof Error ? error.message : String(error), byWallet: false };
}

export function Problem({ error, actions }: { error: unknown; actions?: ReactNode }) {
  const { t } = useVoice();
  const { code, detail, byWallet } = describe(error);
  // A person's own no is not a fault.
  if (code === 'CANCELLED')
    return (
      <Notice tone="warn" title={byWallet ? t('problem.declined') : t('error.CANCELLED')} actions={actions}>
        {byWallet ? t('problem.declinedNext') : t('next.CANCELLED')}
      </Notice>
    );
  return (
    <Notice tone="bad" title={t(`error.${code}`)} actions={actions}>
      <p>{t(`next.${code}`)}</p>
      <details className="mt-2">
        <summary className="text-xs text-soft underline">{t('problem.details')}</summary>
        <p className="mt-1 text-xs break-words text-soft">
          <Code>{code}</Code> <span lang="en">{detail}</span>
        </p>
      </details>
    </Notice>
  );
}
