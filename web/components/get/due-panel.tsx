'use client';
/** What a download owes after the fact, seller by seller, and the one button that pays all of them. */
import { Button } from '@/components/ui/button.tsx';
import { Copy } from '@/components/ui/copy.tsx';
import { Panel } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import { WalletDialog } from '@/components/wallet/wallet-dialog.tsx';
import type { Due, Engine } from '@/lib/engine/types.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';
import type { ConnectedWallet } from '@/lib/wallet/types.ts';
import { useEnter } from './use-pay.ts';

export function DuePanel({
  engine,
  due,
  text,
  onPaid,
}: {
  engine: Engine;
  due: Due;
  /** What it is for, and what follows. */
  text: string;
  onPaid?: () => void;
}) {
  const { t, format } = useVoice();
  const toast = useToast();
  const { wallet } = useWallet();
  const { step, error, isChoosing, stopChoosing, enter } = useEnter();
  const sum = format.money(due.wei, 'up');
  const pay = (given?: ConnectedWallet) =>
    enter(async (paying) => {
      engine.setWallet(paying);
      const { wei } = await engine.pay(due.cid);
      toast(t('due.paid', { sum: format.money(wei) }));
      onPaid?.();
    }, given);
  return (
    <Panel title={t('due.title')} lead={text}>
      <p className="figure text-xl">{sum}</p>
      <ul className="mt-3 divide-y divide-line border-y border-line">
        {due.sellers.map(({ peer, wallet, wei }) => (
          <li key={peer} className="flex items-center justify-between gap-4 py-2 text-sm">
            <Copy text={wallet} label={t('sellers.seller')} />
            <span className="tabular font-medium">{format.money(wei, 'up')}</span>
          </li>
        ))}
      </ul>
      <Button
        look="filled"
        className="mt-5 h-auto min-h-11 py-2 whitespace-normal"
        busy={step !== undefined || due.isPaying}
        onClick={() => void pay()}
      >
        {step === 'wallet'
          ? t('get.waitWallet')
          : step === 'network'
            ? t('get.waitNetwork')
            : due.isPaying
              ? t('due.paying')
              : wallet
                ? t('due.pay', { sum })
                : t('due.connect', { sum })}
      </Button>
      {error ? (
        <div className="mt-5">
          <Problem error={error} />
        </div>
      ) : null}
      <WalletDialog open={isChoosing} onClose={stopChoosing} onConnected={(given) => void pay(given)} />
    </Panel>
  );
}
