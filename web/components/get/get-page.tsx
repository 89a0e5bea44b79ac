'use client';
/** Get: from a link to a file. Which of its three faces is shown follows from the address and from the engine's own state. */
import { FOLDER_MIME, MAX_FOLDER_BYTES } from '@chiral/protocol/folder-type';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Bar, Notice } from '@/components/ui/layout.tsx';
import { PlaceLink } from '@/components/ui/place-link.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { fragmentOf, parseTarget, type Target, type TargetFault, targetOfFragment } from '@/lib/get/target.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { useEngineSnapshot, usePeer } from '@/lib/peer/context.tsx';
import { Files } from './files.tsx';
import { FolderView } from './folder-view.tsx';
import { HeldView } from './held-view.tsx';
import { OfferView } from './offer-view.tsx';
import { TransferView } from './transfer-view.tsx';
import { useSearch } from './use-search.ts';

const onHash = (listener: () => void) => {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
};
const useFragment = () =>
  useSyncExternalStore(
    onHash,
    () => location.hash,
    () => '',
  );

export function GetPage() {
  const fragment = useFragment();
  const target = targetOfFragment(fragment);
  useEffect(() => {
    // An older kind of link: `/?get=…`.
    const asked = new URLSearchParams(location.search).get('get');
    const parsed = asked ? parseTarget(asked) : 'empty';
    if (typeof parsed !== 'string') location.hash = fragmentOf(parsed);
  }, []);
  return target ? <Wanted key={target.id} target={target} /> : <Landing />;
}

function Landing() {
  const { t } = useVoice();
  const [text, setText] = useState('');
  const [fault, setFault] = useState<TargetFault>();
  const go = (value: string) => {
    const parsed = parseTarget(value);
    if (typeof parsed === 'string') return setFault(parsed);
    setFault(undefined);
    location.hash = fragmentOf(parsed);
  };
  return (
    <>
      <section className="mx-auto max-w-3xl pt-14 pb-14 text-center sm:pt-24 sm:pb-20">
        <h1 className="font-display text-[2.125rem] leading-10 font-semibold tracking-[-0.025em] sm:text-3xl">
          {t('get.headline')}
        </h1>
        <p className="mx-auto mt-4 max-w-xl text-lg text-soft">{t('get.lead')}</p>
        <form
          className="mt-9"
          onSubmit={(event) => {
            event.preventDefault();
            go(text);
          }}
        >
          <label htmlFor="target" className="sr-only">
            {t('get.fieldLabel')}
          </label>
          <div
            className={`flex flex-col gap-2 rounded-panel border bg-surface p-2 text-left focus-within:border-accent sm:flex-row ${fault ? 'border-bad' : 'border-edge'}`}
          >
            <input
              id="target"
              name="target"
              value={text}
              onChange={(event) => setText(event.target.value)}
              onPaste={(event) => {
                // A pasted link that is whole needs no second press. A script's own event brings no clipboard.
                const pasted = event.clipboardData?.getData('text') ?? '';
                if (typeof parseTarget(pasted) !== 'string') {
                  event.preventDefault();
                  setText(pasted);
                  go(pasted);
                }
              }}
              placeholder={t('get.placeholder')}
              aria-invalid={fault ? true : undefined}
              aria-describedby={fault ? 'target-fault' : undefined}
              autoComplete="off"
              spellCheck={false}
              className="h-12 min-w-0 bg-transparent px-3 text-base sm:flex-1 outline-none placeholder:text-soft"
            />
            <Button type="submit" look="filled" size="large">
              {t('get.find')}
            </Button>
          </div>
          {fault ? (
            <p id="target-fault" role="alert" className="mt-3 text-left text-sm text-bad">
              {t(`get.fault.${fault}`)}
            </p>
          ) : null}
        </form>
        <p className="mt-6 text-sm text-soft">
          <PlaceLink href="/catalogue" className="underline underline-offset-4">
            {t('get.browse')}
          </PlaceLink>
        </p>
      </section>
      <Files />
      <ol className="grid gap-x-10 gap-y-8 border-t border-line pt-10 sm:grid-cols-3">
        {([1, 2, 3] as const).map((step) => (
          <li key={step}>
            <p className="figure text-sm text-accent">{step}</p>
            <h2 className="mt-2 text-lg font-semibold">{t(`get.step${step}`)}</h2>
            <p className="mt-1 text-sm text-soft">{t(`get.step${step}Text`)}</p>
          </li>
        ))}
      </ol>
    </>
  );
}

function Wanted({ target }: { target: Target }) {
  const { t } = useVoice();
  const { state, engine, error, downloads } = usePeer(true);
  const snapshot = useEngineSnapshot(engine);
  const search = useSearch(engine, target.id);
  const download = useSyncExternalStore(
    downloads.subscribe,
    () => downloads.get(target.id),
    () => undefined,
  );

  const cid = target.id.startsWith('b') ? target.id : (download?.done?.cid ?? search.offers[0]?.cid);
  const transfer = snapshot?.transfers.find((one) => one.cid === cid);
  const held = snapshot?.files.find((file) => file.cid === cid && file.complete);
  const due = snapshot?.dues.find((one) => one.cid === cid);
  const begun = snapshot?.files.find((file) => file.cid === cid && !file.complete && file.heldChunks > 0);
  const [isNoFolder, setNoFolder] = useState(false);
  const onNoFolder = useCallback(() => setNoFolder(true), []);
  const folder =
    snapshot?.files.find((file) => file.cid === cid && file.mime === FOLDER_MIME) ??
    search.offers.find(({ mime, size }) => mime === FOLDER_MIME && size <= MAX_FOLDER_BYTES);
  const isUnder = transfer && (download?.isRunning || download?.done || transfer.heldBytes > 0);

  if (state === 'failed')
    return (
      <Narrow>
        <Problem error={error} actions={<Button onClick={() => location.reload()}>{t('action.tryAgain')}</Button>} />
      </Narrow>
    );
  if (state === 'elsewhere')
    return (
      <Narrow>
        <Notice tone="warn" title={t('peer.elsewhere')}>
          {t('peer.elsewhereText')}
        </Notice>
      </Narrow>
    );
  if (!engine || !snapshot)
    return (
      <Narrow>
        <p className="mb-3 text-soft">{t('peer.starting')}</p>
        <Bar share={undefined} label={t('peer.starting')} />
      </Narrow>
    );
  if (cid && folder && !isNoFolder)
    return (
      <FolderView
        engine={engine}
        target={target}
        cid={cid}
        name={folder.name}
        files={snapshot.files}
        isHere={snapshot.files.some((file) => file.cid === cid && file.complete)}
        onNoFolder={onNoFolder}
      />
    );
  if (transfer && isUnder)
    return <TransferView engine={engine} target={target} transfer={transfer} due={due} money={snapshot.money} />;
  if (held) return <HeldView engine={engine} target={target} file={held} due={due} />;
  return <OfferView engine={engine} target={target} search={search} begun={begun} network={snapshot.network} />;
}

function Narrow({ children }: { children: React.ReactNode }) {
  return <div className="mx-auto max-w-xl pt-16 sm:pt-24">{children}</div>;
}
