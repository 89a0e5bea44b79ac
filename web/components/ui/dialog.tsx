'use client';
/** A question above the page. The browser's own dialog: focus stays inside, Escape closes, focus returns. */
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useVoice } from '@/lib/i18n/context.tsx';
import { Icon } from './icon.tsx';

export function Dialog({
  open,
  onClose,
  title,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
}) {
  const { t } = useVoice();
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={ref}
      onClose={onClose}
      aria-labelledby={id}
      className="m-auto w-[min(28rem,calc(100vw-2rem))] rounded-panel border border-line bg-surface p-0 text-ink shadow-2xl"
    >
      {open ? (
        <div className="p-5 sm:p-6">
          <div className="mb-4 flex items-start justify-between gap-4">
            <h2 id={id} className="text-lg font-semibold">
              {title}
            </h2>
            <button
              type="button"
              onClick={onClose}
              aria-label={t('action.close')}
              className="-m-2 rounded-control p-2 text-soft hover:bg-sunk hover:text-ink"
            >
              <Icon name="cross" />
            </button>
          </div>
          {children}
        </div>
      ) : null}
    </dialog>
  );
}
