'use client';
/** Short news at the edge of the page, read out politely. It leaves by itself; nothing that must be acted on is said here. */
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useVoice } from '@/lib/i18n/context.tsx';
import { Icon } from './icon.tsx';

/** Long enough to read two lines, milliseconds. */
const SHOWN_MS = 6_000;

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad';
}
type Say = (text: string, tone?: Toast['tone']) => void;

const Context = createContext<Say>(() => {});
export const useToast = () => useContext(Context);
let lastId = 0;

export function Toasts({ children }: { children: ReactNode }) {
  const { t } = useVoice();
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const close = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const say = useCallback<Say>(
    (text, tone = 'good') => {
      lastId += 1;
      const id = lastId;
      setToasts((all) => [...all.slice(-2), { id, text, tone }]);
      setTimeout(() => close(id), SHOWN_MS);
    },
    [close],
  );
  const value = useMemo(() => say, [say]);
  return (
    <Context value={value}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-4 bottom-20 z-50 flex flex-col items-center gap-2 min-[1160px]:inset-x-auto min-[1160px]:right-6 min-[1160px]:bottom-6 min-[1160px]:items-end"
      >
        {toasts.map(({ id, text, tone }) => (
          <div
            key={id}
            className="pointer-events-auto flex max-w-sm items-start gap-3 rounded-panel bg-ink px-4 py-3 text-sm text-paper shadow-lg"
          >
            <Icon name={tone === 'good' ? 'check' : 'warning'} className="mt-0.5 size-4" />
            <span className="min-w-0 break-words">{text}</span>
            <button type="button" onClick={() => close(id)} aria-label={t('action.close')} className="-m-1 p-1">
              <Icon name="cross" className="size-4" />
            </button>
          </div>
        ))}
      </div>
    </Context>
  );
}
