'use client';
/** A download under way or done: the file itself, how far it is, what it costs, where each part came from and from whom. */
import { useMemo, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Copy, shorten } from '@/components/ui/copy.tsx';
import { Bar, type Column, DataTable, Panel, Tag, type Tone } from '@/components/ui/layout.tsx';
import { describe, Problem } from '@/components/ui/problem.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import { GenesisNotice } from '@/components/wallet/genesis-notice.tsx';
import { WalletDialog } from '@/components/wallet/wallet-dialog.tsx';
import type {
  Due,
  Engine,
  MoneySnapshot,
  ProtocolName,
  SellerSnapshot,
  SellerState,
  TransferSnapshot,
  TransferState,
} from '@/lib/engine/types.ts';
import { PROTOCOLS } from '@/lib/get/offers.ts';
import { fragmentOf, type Target } from '@/lib/get/target.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { decimalOf, parseChi } from '@/lib/i18n/format.ts';
import { usePeer } from '@/lib/peer/context.tsx';
import { useSettings } from '@/lib/settings.ts';
import { useWallet } from '@/lib/wallet/context.tsx';
import { BackLink } from './back-link.tsx';
import { CapField } from './cap-field.tsx';
import { ChunkMap } from './chunk-map.tsx';
import { DuePanel } from './due-panel.tsx';
import { FileView } from './file-view.tsx';
import { MoneyMeter } from './money-meter.tsx';
import { ProtocolTag } from './protocol.tsx';
import { useEmptyPurse } from './use-empty-purse.ts';
import { useInside } from './use-inside.ts';
import { usePay } from './use-pay.ts';
import { WorkPanel } from './work-panel.tsx';

const TONES: Record<TransferState, Tone> = {
  searching: 'accent',
  confirming: 'warn',
  opening: 'accent',
  downloading: 'accent',
  complete: 'good',
  verified: 'warn',
  done: 'good',
  paused: 'plain',
  failed: 'bad',
};
const SELLER_TONES: Record<SellerState, Tone> = {
  joining: 'plain',
  active: 'good',
  choked: 'warn',
  banned: 'bad',
  lost: 'plain',
  refused: 'plain',
};

export function TransferView({
  engine,
  target,
  transfer,
  due,
  money,
}: {
  engine: Engine;
  target: Target;
  transfer: TransferSnapshot;
  due: Due | undefined;
  money: MoneySnapshot;
}) {
  const { t, format } = useVoice();
  const toast = useToast();
  const { downloads } = usePeer(true);
  const [error, setError] = useState<unknown>();
  const { wallet } = useWallet();
  const {
    download,
    isBusy,
    step,
    error: payError,
    isChoosing,
    stopChoosing,
    pay,
    startFree,
  } = usePay(engine, target.id);
  const purse = useEmptyPurse();
  const [capText, setCapText] = useState<string>();
  const { cid, name, mime, size, heldBytes, state, bytesPerSecond, sellers, chunks, version, work } = transfer;
  const share = size === 0 ? 1 : heldBytes / size;
  // All bytes may be here before the whole of them is checked.
  const isWhole = state === 'complete' || state === 'verified' || state === 'done';
  const isRunning = download?.isRunning ?? false;
  const inside = useInside(engine, target, cid, mime, heldBytes > 0);
  const shown = (inside.state === 'open' && inside.file.name) || name || shorten(cid, 12, 8);
  const url = useMemo(() => engine.url(cid), [engine, cid]);
  const { paysAfter } = useSettings();
  /** To be paid now: what more there is comes after that. */
  const owing = isRunning ? undefined : due;
  const fault = error ?? payError ?? (state === 'failed' ? transfer.problem : undefined);
  const waitsForPay = owing !== undefined && fault !== undefined && describe(fault).code === 'CHOKED';
  const problem = waitsForPay ? undefined : fault;
  const link = typeof location === 'undefined' ? '' : `${location.origin}${location.pathname}${fragmentOf(target)}`;

  const reached = problem !== undefined && describe(problem).code === 'SPENDING_CAP';

  const attempt = async (work: () => Promise<unknown>, said?: string) => {
    setError(undefined);
    try {
      await work();
      if (said) toast(said);
    } catch (caught) {
      setError(caught);
    }
  };
  // To raise the limit is why one is here, so it starts a step higher.
  const higher = transfer.maxWei === undefined ? '' : decimalOf(transfer.maxWei + transfer.maxWei / 4n, 'up');
  const shownCap =
    capText ?? (reached ? higher : transfer.maxWei === undefined ? '' : decimalOf(transfer.maxWei, 'up'));
  const cap = shownCap.trim() === '' ? undefined : parseChi(shownCap);
  const options = { target: target.id, ...(cap !== undefined && { maxWei: cap }) };

  return (
    <div className="pt-8 sm:pt-10">
      <BackLink target={target} />
      <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="font-display text-xl font-semibold tracking-[-0.02em] break-words sm:text-2xl">{shown}</h1>
        <span role="status">
          <Tag tone={waitsForPay ? 'warn' : TONES[state]}>{waitsForPay ? t('due.tag') : t(`transfer.${state}`)}</Tag>
        </span>
      </div>

      <div className="mt-6 grid items-start gap-6 min-[900px]:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-6">
          {heldBytes > 0 || isRunning ? (
            <FileView inside={inside} url={url} name={shown} mime={mime} size={size} />
          ) : null}
          {owing ? (
            <DuePanel
              engine={engine}
              due={owing}
              text={
                isWhole
                  ? t('due.text')
                  : t(waitsForPay ? 'due.textPart' : 'due.textPaused', {
                      here: format.bytes(heldBytes),
                      all: format.bytes(size),
                    })
              }
              {...(!isWhole && { onPaid: () => startFree({ ...options, after: true }) })}
            />
          ) : null}
          <Panel>
            <div className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-1">
              <p className="figure text-xl">
                {isWhole
                  ? format.bytes(size)
                  : t('transfer.of', { here: format.bytes(heldBytes), all: format.bytes(size) })}
              </p>
              <p className="tabular text-sm text-soft">
                {isWhole
                  ? download?.done
                    ? t('transfer.took', { time: format.duration(download.done.seconds) })
                    : t('transfer.checked')
                  : bytesPerSecond > 0
                    ? t('transfer.speed', {
                        rate: format.rate(bytesPerSecond),
                        left: format.duration((size - heldBytes) / bytesPerSecond),
                      })
                    : isRunning
                      ? t(heldBytes > 0 ? 'transfer.nextPart' : 'transfer.noSpeed')
                      : waitsForPay
                        ? t('due.goesOn', { sum: format.money(owing.wei, 'up') })
                        : t('transfer.left', { size: format.bytes(size - heldBytes) })}
              </p>
            </div>
            <div className="mt-3">
              <Bar share={share} label={t('transfer.progress')} tone={isWhole ? 'good' : 'accent'} />
            </div>
            {isWhole || isBusy ? null : (
              <CapField
                className="mt-5 max-w-60"
                text={shownCap}
                isWrong={shownCap.trim() !== '' && cap === undefined}
                onText={setCapText}
              />
            )}
            {/* What has no border stands with its words at the edge. */}
            <div className={`mt-5 flex flex-wrap gap-2 ${waitsForPay ? '-ml-4' : ''}`}>
              {isWhole ? (
                <Button
                  look={owing ? 'plain' : 'filled'}
                  icon="get"
                  onClick={() => attempt(() => engine.save(cid), t('transfer.saved'))}
                >
                  {t('transfer.save')}
                </Button>
              ) : isRunning ? (
                <Button onClick={() => downloads.pause(target.id)}>{t('transfer.pause')}</Button>
              ) : waitsForPay ? null : paysAfter || due ? (
                <Button look={owing ? 'plain' : 'filled'} onClick={() => startFree({ ...options, after: true })}>
                  {t('transfer.resume')}
                </Button>
              ) : (
                <>
                  <Button look="filled" busy={isBusy} onClick={() => void pay(options)}>
                    {step === 'wallet'
                      ? t('get.waitWallet')
                      : step === 'network'
                        ? t('get.waitNetwork')
                        : wallet
                          ? t('transfer.resume')
                          : t('transfer.connectResume')}
                  </Button>
                  {wallet || isBusy ? null : (
                    <Button look="quiet" onClick={() => startFree(options)}>
                      {t('get.startWithout')}
                    </Button>
                  )}
                  {purse && !isBusy ? (
                    <Button onClick={() => startFree({ target: target.id, work: true })}>
                      {t(work ? 'work.resume' : 'work.pay')}
                    </Button>
                  ) : null}
                </>
              )}
              <Button
                look="quiet"
                icon="copy"
                onClick={() => attempt(() => navigator.clipboard.writeText(link), t('transfer.linkCopied'))}
              >
                {t('transfer.copyLink')}
              </Button>
              {isRunning ? null : (
                <Button
                  look="quiet"
                  onClick={() =>
                    attempt(async () => {
                      await engine.remove(cid);
                      downloads.forget(target.id);
                      location.hash = '#/';
                    })
                  }
                >
                  {t('transfer.remove')}
                </Button>
              )}
            </div>
            {problem ? (
              <div className="mt-5">
                <Problem error={problem} />
              </div>
            ) : null}
          </Panel>
          <Panel title={t('map.title')} lead={t('map.text')}>
            <ChunkMap chunks={chunks} version={version} />
          </Panel>
        </div>
        <div className="flex flex-col gap-6">
          <GenesisNotice />
          {work ? (
            <WorkPanel
              transfer={transfer}
              work={work}
              isRunning={isRunning}
              onStop={() => downloads.pause(target.id)}
            />
          ) : null}
          <MoneyMeter money={money} cost={transfer.costWei} cap={transfer.maxWei} />
        </div>
      </div>

      <Panel flush title={t('sellers.title')} lead={t('sellers.text')} className="mt-6 overflow-hidden">
        <SellerTable sellers={sellers} isWhole={isWhole} isRunning={isRunning} />
      </Panel>

      <details className="mt-6 text-sm text-soft">
        <summary className="underline underline-offset-4">{t('problem.details')}</summary>
        <p className="mt-2">
          {t('transfer.technicalName')} <Copy text={cid} shown={cid} label={t('transfer.technicalName')} />
        </p>
      </details>
      <WalletDialog open={isChoosing} onClose={stopChoosing} onConnected={(given) => void pay(options, given)} />
    </div>
  );
}

function SellerTable({
  sellers,
  isWhole,
  isRunning,
}: {
  sellers: readonly SellerSnapshot[];
  isWhole: boolean;
  isRunning: boolean;
}) {
  const { t, format } = useVoice();
  /** Who was sending sends nothing once the download stopped. */
  const idle = isWhole ? 'finished' : isRunning ? undefined : 'idle';
  const total = (seller: SellerSnapshot) => Object.values(seller.bytes).reduce((sum, bytes) => sum + bytes, 0);
  const columns: Column<SellerSnapshot>[] = [
    {
      head: t('sellers.seller'),
      cell: (seller) => <Copy text={seller.wallet} label={t('sellers.seller')} />,
    },
    {
      head: t('sellers.state'),
      cell: ({ state, badChunks }) => (
        <span className="inline-flex items-center gap-2">
          {idle && state === 'active' ? (
            <Tag tone={isWhole ? 'good' : 'plain'}>{t(`sellers.${idle}`)}</Tag>
          ) : (
            <Tag tone={SELLER_TONES[state]}>{t(`sellers.${state}`)}</Tag>
          )}
          {badChunks > 0 ? <span className="text-xs text-bad">{t('sellers.bad', { count: badChunks })}</span> : null}
        </span>
      ),
    },
    {
      head: t('sellers.way'),
      cell: ({ bytes }) => (
        <span className="inline-flex gap-3">
          {PROTOCOLS.filter((name: ProtocolName) => (bytes[name] ?? 0) > 0).map((name) => (
            <ProtocolTag key={name} protocol={name} />
          ))}
        </span>
      ),
    },
    { head: t('sellers.bytes'), align: 'right', cell: (seller) => format.bytes(total(seller)) },
    { head: t('sellers.price'), align: 'right', cell: ({ weiPerMiB }) => format.perGigabyte(weiPerMiB) },
    { head: t('sellers.cost'), align: 'right', cell: ({ costWei }) => format.money(costWei, 'up') },
    { head: t('meter.owed'), align: 'right', cell: ({ owedWei }) => format.money(owedWei, 'up') },
    { head: t('meter.authorized'), align: 'right', cell: ({ authorizedWei }) => format.money(authorizedWei) },
    { head: t('meter.settled'), align: 'right', cell: ({ settledWei }) => format.money(settledWei) },
  ];
  if (sellers.length === 0) return <p className="px-4 pb-6 text-sm text-soft sm:px-6">{t('sellers.none')}</p>;
  return <DataTable label={t('sellers.title')} columns={columns} rows={sellers} rowKey={({ peer }) => peer} />;
}
