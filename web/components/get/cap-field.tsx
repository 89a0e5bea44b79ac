'use client';
/** The most that a purchase may cost, CHI, as the reader writes numbers. */
import { Field } from '@/components/ui/field.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';

export function CapField({
  text,
  isWrong,
  onText,
  className,
}: {
  text: string;
  /** What stands there is no sum. */
  isWrong: boolean;
  onText: (text: string) => void;
  className: string;
}) {
  const { t } = useVoice();
  return (
    <Field
      className={className}
      label={t('get.cap')}
      hint={t('get.capHint')}
      fault={isWrong ? t('get.capFault') : undefined}
      suffix="CHI"
      inputMode="decimal"
      value={text}
      onChange={(event) => onText(event.target.value)}
    />
  );
}
