'use client';
/**
 * Before a download: what it is, who has it and for how much, and one button. Pressing it connects the wallet, brings it to the
 * network and asks for one confirmation, in that order, skipping what is done; a no at any step leaves everything as it was.
 */
import { isAppError } from '@chiral/protocol/errors';
import { useMemo, useState } from 'react';
import { Button, ButtonLink, Spinner } from '@/components/ui/button.tsx';
import { Copy, shorten } from '@/components/ui/copy.tsx';
import { Choice } from '@/components/ui/field.tsx';
import { Icon } from '@/components/ui/icon.tsx';
import { Bar, Empty, Notice, Panel } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { GenesisNotice } from '@/components/wallet/genesis-notice.tsx';
import { WalletDialog } from '@/components/wallet/wallet-dialog.tsx';
import type { Engine, FileRow, NetworkSnapshot, ProtocolName } from '@/lib/engine/types.ts';
import { defaultCap, groupOffers, type Pick, PROTOCOLS, pickedOffers, priceRange } from '@/lib/get/offers.ts';
import type { Target } from '@/lib/get/target.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { decimalOf, parseChi } from '@/lib/i18n/format.ts';
import { saveSettings, useSettings } from '@/lib/settings.ts';
import { useWallet } from '@/lib/wallet/context.tsx';
import { BackLink } from './back-link.tsx';
import { CapField } from './cap-field.tsx';
import { OfferList } from './offer-list.tsx';
import { useEmptyPurse } from './use-empty-purse.ts';
import { usePay } from './use-pay.ts';
import type { Search } from './use-search.ts';

export function OfferView({
  engine,
  target,
  search,
  begun,
  network,
}: {
  engine: Engine;
  target: Target;
  search: Search;
  /** Here in part. */
  begun: FileRow | undefined;
  network: NetworkSnapshot;
}) {
  const { t, format } = useVoice();
  const { capWei, paysAfter = false } = useSettings();
  const { wallet, isOnChain } = useWallet();
  const { isBusy, step, error: problem, isChoosing, stopChoosing, pay, startFree } = usePay(engine, target.id);
  const purse = useEmptyPurse();
  const { offers, isSearching } = search;
  const [pick, setPick] = useState<Pick>();
  const [capText, setCapText] = useState<string>();
  const chosen = useMemo(() => pickedOffers(offers, pick), [offers, pick]);
  const pickable = offers.filter(({ usable }) => usable.length > 0).length;
  const range = priceRange(chosen);
  const isFree = range?.most === 0n;
  // Each seller gets a sum of its own, so the wallet shows more than the file can cost; the rest stays the buyer's.
  const aside = chosen.reduce((sum, { totalWei }) => sum + totalWei, 0n);
  const usualCap = capWei !== undefined ? BigInt(capWei) : defaultCap(chosen);
  // What is shown is what is meant: rounded up, and then that.
  const shownCap = capText ?? (usualCap === undefined ? '' : decimalOf(usualCap, 'up'));
  const cap = parseChi(shownCap);
  const first = chosen[0] ?? offers[0];

  const unpaid = {
    target: target.id,
    ...(pick && { peers: [...pick.peers], protocols: [...pick.protocols] }),
    // Somebody is left out for what was sent before; sellers that come later are, too.
    ...(!pick && chosen.length < pickable && { peers: chosen.map(({ peer }) => peer) }),
  };
  const options = { ...unpaid, ...(cap !== undefined && !isFree && { maxWei: cap }) };

  if (offers.length === 0)
    return (
      <div className="mx-auto max-w-2xl pt-12 sm:pt-20">
        <Panel>
          {isSearching ? (
            <Empty icon="globe" title={t('get.searching')}>
              <p>{t('get.searchingText', { count: format.number(network.peers.length) })}</p>
              <p className="mt-4 flex justify-center text-accent">
                <Spinner className="size-6" />
              </p>
            </Empty>
          ) : (
            <Empty
              icon="info"
              title={t('get.nobody')}
              actions={
                <>
                  <Button look="filled" onClick={search.again}>
                    {t('action.searchAgain')}
                  </Button>
                  <ButtonLink href="/network">{t('get.seeNetwork')}</ButtonLink>
                </>
              }
            >
              {network.peers.length === 0 ? t('get.nobodyAlone') : t('get.nobodyText')}
            </Empty>
          )}
          {search.error ? <Problem error={search.error} /> : null}
        </Panel>
        <p className="mt-4 text-center text-sm text-soft">
          <a href="#/" className="underline">
            {t('get.another')}
          </a>
        </p>
      </div>
    );

  const name = first?.name || shorten(target.id, 12, 8);
  return (
    <div className="pt-8 sm:pt-12">
      <BackLink target={target} />
      <div className="mt-4 flex items-start gap-4">
        <span className="grid size-12 shrink-0 place-items-center rounded-control bg-sunk text-soft">
          <Icon name="file" className="size-6" />
        </span>
        <div className="min-w-0">
          <h1 className="font-display text-xl font-semibold tracking-[-0.02em] break-words sm:text-2xl">{name}</h1>
          <p className="mt-1 flex flex-wrap items-center gap-x-3 text-sm text-soft">
            <span>{format.bytes(first?.size ?? 0)}</span>
            <span>{t('get.sellers', { count: format.number(offers.length) })}</span>
            {isSearching ? (
              <span className="inline-flex items-center gap-1.5">
                <Spinner className="size-3.5" /> {t('get.stillSearching')}
              </span>
            ) : null}
            <Copy text={first?.cid ?? target.id} label={t('get.name')} />
          </p>
        </div>
      </div>

      <div className="mt-8 grid items-start gap-6 min-[900px]:grid-cols-[minmax(0,1fr)_22rem]">
        <Panel
          flush
          title={t('get.whoHasIt')}
          lead={pick ? t('get.byHandText') : t('get.automaticText')}
          actions={
            <label className="inline-flex min-h-9 cursor-pointer items-center gap-2 text-sm">
              <input
                type="checkbox"
                checked={pick === undefined}
                onChange={(event) =>
                  setPick(
                    event.target.checked
                      ? undefined
                      : {
                          peers: new Set(pickedOffers(offers, undefined).map(({ peer }) => peer)),
                          protocols: new Set<ProtocolName>(PROTOCOLS),
                        },
                  )
                }
                className="size-4 accent-(--accent)"
              />
              {t('get.automatic')}
            </label>
          }
        >
          <OfferList groups={groupOffers(offers)} pick={pick} onPick={setPick} />
        </Panel>

        <Panel className="max-[899px]:order-first min-[900px]:sticky min-[900px]:top-24">
          <GenesisNotice />
          <p className="text-sm text-soft">{t('get.price')}</p>
          <p className="figure mt-1 text-2xl tracking-[-0.02em]">
            {!range ? '–' : isFree ? t('get.free') : format.money(range.least, 'up')}
          </p>
          {range && !isFree ? (
            <p className="mt-1 text-sm text-soft">
              {range.most > range.least
                ? t('get.priceRange', { most: format.money(range.most, 'up') })
                : t('get.priceExact')}
            </p>
          ) : null}
          {begun ? (
            <div className="mt-5">
              <p className="mb-2 text-sm">
                {t('get.begun', { share: format.percent(begun.heldChunks / begun.totalChunks) })}
              </p>
              <Bar share={begun.heldChunks / begun.totalChunks} label={t('transfer.progress')} />
            </div>
          ) : null}
          {isFree ? null : (
            <CapField
              className="mt-5"
              text={shownCap}
              isWrong={cap === undefined && capText !== undefined}
              onText={setCapText}
            />
          )}
          {!isFree && !paysAfter && purse === 'empty' ? (
            <div className="mt-5">
              <Notice
                tone="warn"
                title={t('purse.empty')}
                actions={
                  <>
                    <Copy text={wallet?.address ?? ''} label={t('wallet.address')} />
                    <ButtonLink size="small" href="/mine">
                      {t('purse.mine')}
                    </ButtonLink>
                  </>
                }
              >
                {t('purse.emptyText')}
              </Notice>
            </div>
          ) : null}
          {isFree ? null : (
            <div className="mt-5">
              <Choice
                label={t('get.when')}
                value={paysAfter ? 'after' : 'during'}
                onChange={(value) => saveSettings({ paysAfter: value === 'after' ? true : undefined })}
                options={[
                  { value: 'during', label: t('get.whenDuring') },
                  { value: 'after', label: t('get.whenAfter') },
                ]}
              />
              {paysAfter ? <p className="mt-1.5 text-xs text-soft">{t('get.whenAfterText')}</p> : null}
            </div>
          )}
          <div className="mt-5 flex flex-col gap-2">
            {!isFree && paysAfter ? (
              <Button
                look="filled"
                size="large"
                busy={isBusy}
                disabled={chosen.length === 0 || cap === undefined}
                onClick={() => startFree({ ...options, after: true })}
                className="h-auto min-h-12 py-2 whitespace-normal"
              >
                {t('get.startAfter', { cap: cap === undefined ? '–' : format.money(cap, 'up') })}
              </Button>
            ) : isFree ? (
              <Button
                look="filled"
                size="large"
                busy={isBusy}
                disabled={chosen.length === 0}
                onClick={() => startFree(options)}
              >
                {t('get.startFree')}
              </Button>
            ) : (
              <Button
                look={purse === 'empty' ? 'plain' : 'filled'}
                size="large"
                busy={isBusy}
                disabled={chosen.length === 0 || cap === undefined}
                onClick={() => void pay(options)}
                className="h-auto min-h-12 py-2 whitespace-normal"
              >
                {step === 'wallet'
                  ? t('get.waitWallet')
                  : step === 'network'
                    ? t('get.waitNetwork')
                    : wallet
                      ? t('get.payUpTo', { cap: cap === undefined ? '–' : format.money(cap, 'up') })
                      : t('get.connectAndPay')}
              </Button>
            )}
            {!isFree && !paysAfter && !wallet && !isBusy ? (
              <Button look="quiet" disabled={chosen.length === 0} onClick={() => startFree(options)}>
                {t('get.startWithout')}
              </Button>
            ) : null}
            {!isFree && !paysAfter && purse && !isBusy ? (
              <>
                <Button
                  look={purse === 'empty' ? 'filled' : 'plain'}
                  disabled={chosen.length === 0}
                  onClick={() => startFree({ ...unpaid, work: true })}
                >
                  {t('work.pay')}
                </Button>
                <p className="text-xs text-soft">{t('work.payText')}</p>
              </>
            ) : null}
          </div>
          {isFree || paysAfter || chosen.length === 0 ? null : (
            <p className="mt-3 text-xs text-soft">{t('get.setAside', { sum: format.money(aside, 'up') })}</p>
          )}
          {isFree || paysAfter ? null : (
            <ol className="mt-5 space-y-2 text-sm">
              <Step done={wallet !== undefined}>{t('get.do1')}</Step>
              <Step done={wallet !== undefined && isOnChain}>{t('get.do2')}</Step>
              <Step done={false}>{t('get.do3')}</Step>
            </ol>
          )}
          {problem ? (
            <div className="mt-5">
              <Problem
                error={problem}
                actions={
                  isAppError(problem, 'NO_OFFERS') ? (
                    <Button size="small" onClick={search.again}>
                      {t('action.searchAgain')}
                    </Button>
                  ) : undefined
                }
              />
            </div>
          ) : null}
        </Panel>
      </div>
      <WalletDialog open={isChoosing} onClose={stopChoosing} onConnected={(given) => void pay(options, given)} />
    </div>
  );
}

function Step({ done, children }: { done: boolean; children: string }) {
  const { t } = useVoice();
  return (
    <li className="flex items-start gap-2.5 text-soft">
      {done ? (
        <Icon name="check" className="mt-0.5 size-4 text-good" />
      ) : (
        <span aria-hidden="true" className="mt-0.5 grid size-4 shrink-0 place-items-center">
          <span className="size-3 rounded-full border border-edge" />
        </span>
      )}
      <span className={done ? 'text-ink' : ''}>{children}</span>
      {done ? <span className="sr-only">{t('get.stepDone')}</span> : null}
    </li>
  );
}
