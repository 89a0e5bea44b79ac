'use client';
/**
 * A folder: what is in it, each file to be opened for itself, or all of it for one confirmation. The list of it is free, so it opens
 * without a wallet. What the files cost is asked of those who sell the largest of them, since a folder has one price.
 */
import { isAppError } from '@chiral/protocol/errors';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Button, Spinner } from '@/components/ui/button.tsx';
import { shorten } from '@/components/ui/copy.tsx';
import { Icon } from '@/components/ui/icon.tsx';
import { Bar, Panel, Tag } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import { GenesisNotice } from '@/components/wallet/genesis-notice.tsx';
import { WalletDialog } from '@/components/wallet/wallet-dialog.tsx';
import type { Engine, FileRow, FolderRow, FoundOffer, GetOptions } from '@/lib/engine/types.ts';
import { defaultCap, pickedOffers, priceRange } from '@/lib/get/offers.ts';
import { fragmentOf, type Target } from '@/lib/get/target.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { decimalOf, parseChi } from '@/lib/i18n/format.ts';
import { usePeer } from '@/lib/peer/context.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';
import { BackLink } from './back-link.tsx';
import { CapField } from './cap-field.tsx';
import { usePay } from './use-pay.ts';
import { useSearch } from './use-search.ts';

export function FolderView({
  engine,
  target,
  cid,
  name,
  files,
  isHere,
  onNoFolder,
}: {
  engine: Engine;
  target: Target;
  cid: string;
  name: string;
  /** Held in this browser. */
  files: readonly FileRow[];
  /** The list is here whole. */
  isHere: boolean;
  /** A seller called something a folder that is none. */
  onNoFolder: () => void;
}) {
  const { t } = useVoice();
  const { downloads } = usePeer(true);
  const { download, error } = usePay(engine, target.id);
  const [rows, setRows] = useState<readonly FolderRow[]>();
  const [fault, setFault] = useState<unknown>();
  useEffect(() => {
    if (!isHere) void downloads.start(engine, { target: target.id, isUnasked: true });
  }, [engine, downloads, target.id, isHere]);
  useEffect(() => {
    if (!isHere) return;
    engine.folder(cid).then(setRows, (error: unknown) => {
      if (isAppError(error, 'CONTENT_INVALID')) onNoFolder();
      else setFault(error);
    });
  }, [engine, cid, isHere, onNoFolder]);

  const problem = fault ?? error;
  return (
    <div className="pt-8 sm:pt-10">
      <BackLink target={target} />
      <h1 className="mt-4 font-display text-xl font-semibold tracking-[-0.02em] break-words sm:text-2xl">
        {name || shorten(cid, 12, 8)}
      </h1>
      {rows ? (
        <Inside engine={engine} cid={cid} rows={rows} files={files} />
      ) : problem && !download?.isRunning ? (
        <div className="mt-6">
          <Problem
            error={problem}
            actions={
              <Button size="small" onClick={() => void downloads.start(engine, { target: target.id, isUnasked: true })}>
                {t('action.tryAgain')}
              </Button>
            }
          />
        </div>
      ) : (
        <p className="mt-6 flex items-center gap-3 text-soft" role="status">
          <Spinner className="size-5" /> {t('folder.opening')}
        </p>
      )}
    </div>
  );
}

function Inside({
  engine,
  cid,
  rows,
  files,
}: {
  engine: Engine;
  cid: string;
  rows: readonly FolderRow[];
  files: readonly FileRow[];
}) {
  const { t, format } = useVoice();
  const toast = useToast();
  const { downloads } = usePeer(true);
  const { download, isBusy, step, error, isChoosing, stopChoosing, pay, startFree } = usePay(engine, `folder:${cid}`);
  const wanted = useRef<readonly GetOptions[]>([]);
  const [failed, setFailed] = useState<unknown>();
  const [isPacking, setPacking] = useState(false);
  const [capText, setCapText] = useState<string>();
  const held = useMemo(() => new Map(files.map((file) => [file.cid, file])), [files]);
  const total = rows.reduce((sum, { size }) => sum + size, 0);
  const missing = useMemo(() => {
    const left = rows.filter(({ cid, size }) => size > 0 && !held.get(cid)?.complete);
    // The same bytes twice come once.
    return [...new Map(left.map((row) => [row.cid, row])).values()];
  }, [rows, held]);
  const missingBytes = missing.reduce((sum, { size }) => sum + size, 0);
  const largest = missing.reduce<FolderRow | undefined>(
    (most, row) => (most && most.size >= row.size ? most : row),
    undefined,
  );
  const isWhole = missing.length === 0;

  const options = (maxWei: bigint | undefined): GetOptions[] => {
    let aheadBytes = missingBytes;
    return missing.map(({ cid: inside, size }) => {
      aheadBytes -= size;
      return { target: inside, aheadBytes, ...(maxWei !== undefined && { maxWei }) };
    });
  };
  const isRunning = download?.isRunning === true;
  const problem = failed ?? error;
  return (
    <>
      <p className="mt-1 flex flex-wrap items-center gap-x-3 text-sm text-soft">
        <span>{t('folder.files', { count: format.number(rows.length) })}</span>
        <span>{format.bytes(total)}</span>
      </p>
      <div className="mt-6 grid items-start gap-6 min-[900px]:grid-cols-[minmax(0,1fr)_22rem]">
        <Panel flush title={t('folder.list')} lead={t('folder.listText')}>
          <ul aria-label={t('folder.list')} className="pb-2">
            {rows.map(({ path, cid: inside, size }) => (
              <Row key={path} path={path} size={size} folder={cid} cid={inside} file={held.get(inside)} />
            ))}
          </ul>
        </Panel>
        <Panel className="max-[899px]:order-first min-[900px]:sticky min-[900px]:top-24">
          <GenesisNotice />
          {isRunning ? (
            <div className="mb-5">
              <p className="mb-2 text-sm">
                {t('folder.progress', {
                  here: format.number(rows.length - missing.length),
                  count: format.number(rows.length),
                })}
              </p>
              <Bar share={total === 0 ? 1 : 1 - missingBytes / total} label={t('transfer.progress')} />
            </div>
          ) : null}
          {isWhole ? (
            <>
              <p className="text-sm text-soft">{t('folder.whole')}</p>
              <Button
                look="filled"
                icon="get"
                className="mt-4"
                busy={isPacking}
                onClick={async () => {
                  setFailed(undefined);
                  setPacking(true);
                  try {
                    await engine.saveFolder(cid, new AbortController().signal);
                    toast(t('transfer.saved'));
                  } catch (caught) {
                    setFailed(caught);
                  } finally {
                    setPacking(false);
                  }
                }}
              >
                {t('folder.save')}
              </Button>
            </>
          ) : isRunning ? (
            <Button onClick={() => downloads.pause(`folder:${cid}`)}>{t('transfer.pause')}</Button>
          ) : (
            <Buy
              key={largest!.cid}
              engine={engine}
              largest={largest!}
              bytes={missingBytes}
              isBusy={isBusy}
              step={step}
              capText={capText}
              onCapText={setCapText}
              onPay={(cap) => {
                wanted.current = options(cap);
                void pay(wanted.current);
              }}
              onFree={() => startFree(options(undefined).map((one) => ({ ...one, isUnasked: true })))}
            />
          )}
          {problem ? (
            <div className="mt-5">
              <Problem error={problem} />
            </div>
          ) : null}
        </Panel>
      </div>
      <WalletDialog open={isChoosing} onClose={stopChoosing} onConnected={(given) => void pay(wanted.current, given)} />
    </>
  );
}

function Row({
  path,
  size,
  folder,
  cid,
  file,
}: {
  path: string;
  size: number;
  folder: string;
  cid: string;
  file: FileRow | undefined;
}) {
  const { t, format } = useVoice();
  const body = (
    <>
      <Icon name="file" className="size-5 text-soft" />
      <span className="min-w-0 flex-1 font-medium break-words">{path}</span>
      {file?.complete ? <Tag tone="good">{t('get.here')}</Tag> : null}
      {file && !file.complete && file.heldChunks > 0 ? (
        <span className="tabular text-soft">{format.percent(file.heldChunks / file.totalChunks)}</span>
      ) : null}
      <span className="tabular text-soft">{format.bytes(size)}</span>
    </>
  );
  const look = 'flex min-h-12 items-center gap-3 px-4 py-2 text-sm sm:px-6';
  return (
    <li className="border-t border-line">
      {size > 0 ? (
        <a href={fragmentOf({ id: cid, folder })} className={`${look} hover:bg-sunk`}>
          {body}
        </a>
      ) : (
        <span className={look}>{body}</span>
      )}
    </li>
  );
}

/** The rest of a folder at the price that the sellers of its largest file ask. */
function Buy({
  engine,
  largest,
  bytes,
  isBusy,
  step,
  capText,
  onCapText,
  onPay,
  onFree,
}: {
  engine: Engine;
  largest: FolderRow;
  bytes: number;
  isBusy: boolean;
  step: 'wallet' | 'network' | undefined;
  capText: string | undefined;
  onCapText: (text: string) => void;
  onPay: (cap: bigint | undefined) => void;
  onFree: () => void;
}) {
  const { t, format } = useVoice();
  const { wallet } = useWallet();
  const search = useSearch(engine, largest.cid);
  const offers = useMemo(
    () =>
      pickedOffers(search.offers, undefined).map(
        (offer): FoundOffer => ({
          ...offer,
          totalWei: (offer.totalWei * BigInt(bytes) + BigInt(largest.size) - 1n) / BigInt(largest.size),
        }),
      ),
    [search.offers, bytes, largest.size],
  );
  const range = priceRange(offers);
  const isFree = range?.most === 0n;
  const usual = defaultCap(offers);
  const shown = capText ?? (usual === undefined ? '' : decimalOf(usual, 'up'));
  const cap = parseChi(shown);
  if (!range)
    return search.isSearching ? (
      <p className="flex items-center gap-3 text-sm text-soft" role="status">
        <Spinner className="size-4" /> {t('get.searching')}
      </p>
    ) : (
      <>
        <p className="mb-3 text-sm text-soft">{t('get.nobody')}</p>
        <Button size="small" onClick={search.again}>
          {t('action.searchAgain')}
        </Button>
      </>
    );
  return (
    <>
      <p className="text-sm text-soft">{t('folder.price')}</p>
      <p className="figure mt-1 text-2xl tracking-[-0.02em]">
        {isFree ? t('get.free') : format.money(range.least, 'up')}
      </p>
      {isFree ? null : (
        <CapField
          className="mt-5"
          text={shown}
          isWrong={cap === undefined && capText !== undefined}
          onText={onCapText}
        />
      )}
      <Button
        look="filled"
        size="large"
        busy={isBusy}
        disabled={!isFree && cap === undefined}
        onClick={() => (isFree ? onFree() : onPay(cap))}
        className="mt-5 h-auto min-h-12 w-full py-2 whitespace-normal"
      >
        {step === 'wallet'
          ? t('get.waitWallet')
          : step === 'network'
            ? t('get.waitNetwork')
            : isFree
              ? t('folder.getAll')
              : wallet
                ? t('folder.payUpTo', { cap: cap === undefined ? '–' : format.money(cap, 'up') })
                : t('get.connectAndPay')}
      </Button>
    </>
  );
}
