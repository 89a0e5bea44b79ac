'use client';
/** Share: drop a file, set a price, get a link. From this tab while it is open, or from one's own node for as long as that runs. */
import type { FileRow, PublishEvent } from '@chiral/protocol/api';
import { MAX_ABOUT } from '@chiral/protocol/listing-limits';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { NoNode, useOwnNode } from '@/components/own-node.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Choice, Field, Tick } from '@/components/ui/field.tsx';
import { Bar, Notice, PageHead, Panel } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import { useToast } from '@/components/ui/toasts.tsx';
import type { ProtocolName } from '@/lib/engine/types.ts';
import { rememberKey } from '@/lib/get/keys.ts';
import { PROTOCOLS } from '@/lib/get/offers.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { parseChi, perMiB } from '@/lib/i18n/format.ts';
import { useEngineSnapshot, usePeer } from '@/lib/peer/context.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';
import { Drop } from './drop.tsx';
import type { DroppedFolder } from './dropped.ts';
import { Shared } from './shared.tsx';

/** The daemon's own default, per gigabyte. */
const DEFAULT_PRICE = '0.01';

export function SharePage() {
  const { t } = useVoice();
  const [from, setFrom] = useState<'tab' | 'node'>('tab');
  const [price, setPrice] = useState(DEFAULT_PRICE);
  const [encrypt, setEncrypt] = useState(false);
  const [isListed, setListed] = useState(false);
  const [about, setAbout] = useState('');
  // What is encrypted is for those who have the link.
  const mayList = from === 'node' || !encrypt;
  const listed = isListed && mayList ? about.trim() : undefined;
  const wei = parseChi(price);
  return (
    <>
      <PageHead title={t('share.title')} lead={t('share.lead')} />
      <div className="grid items-start gap-6 min-[900px]:grid-cols-[minmax(0,1fr)_20rem]">
        <Panel className="min-[900px]:order-2">
          <div className="flex flex-col gap-6">
            <Field
              label={t('share.price')}
              hint={wei === 0n ? t('share.priceFree') : t('share.priceHint')}
              fault={wei === undefined ? t('get.capFault') : undefined}
              suffix={t('share.perGb')}
              inputMode="decimal"
              value={price}
              onChange={(event) => setPrice(event.target.value)}
            />
            <Choice
              label={t('share.from')}
              value={from}
              onChange={setFrom}
              options={[
                { value: 'tab', label: t('share.fromTab') },
                { value: 'node', label: t('share.fromNode') },
              ]}
            />
            <p className="text-sm text-soft">{from === 'tab' ? t('share.fromTabText') : t('share.fromNodeText')}</p>
            {from === 'tab' ? (
              <div>
                <Tick label={t('share.encrypt')} checked={encrypt} onChange={setEncrypt} />
                <p className="mt-1 text-xs text-soft">{t('share.encryptHint')}</p>
              </div>
            ) : null}
            {mayList ? (
              <div>
                <Tick label={t('share.listed')} checked={isListed} onChange={setListed} />
                <p className="mt-1 text-xs text-soft">{t('share.listedHint')}</p>
                {isListed ? (
                  <Field
                    className="mt-4"
                    label={t('share.about')}
                    hint={t('share.aboutHint')}
                    maxLength={MAX_ABOUT}
                    value={about}
                    onChange={(event) => setAbout(event.target.value)}
                  />
                ) : null}
              </div>
            ) : null}
          </div>
        </Panel>
        <div className="min-w-0">
          {from === 'tab' ? (
            <FromTab weiPerGb={wei} encrypt={encrypt} listed={listed} />
          ) : (
            <FromNode weiPerGb={wei} listed={listed} />
          )}
        </div>
      </div>
    </>
  );
}

function FromTab({
  weiPerGb,
  encrypt,
  listed,
}: {
  weiPerGb: bigint | undefined;
  encrypt: boolean;
  /** What the catalogue shall say of it; undefined: nothing. */
  listed: string | undefined;
}) {
  const { t, format } = useVoice();
  const toast = useToast();
  const { wallet } = useWallet();
  const { engine, state, error: peerError } = usePeer(true);
  const snapshot = useEngineSnapshot(engine);
  const [progress, setProgress] = useState<{ name: string; bytes: number; total: number; at?: [number, number] }>();
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(undefined);

  async function share(files: readonly File[]) {
    if (!engine || weiPerGb === undefined) return;
    setError(undefined);
    abort.current = new AbortController();
    try {
      for (const file of files) {
        setProgress({ name: file.name, bytes: 0, total: file.size });
        const { cid, key } = await engine.share(
          file,
          {
            name: file.name,
            mime: file.type,
            weiPerMiB: perMiB(weiPerGb),
            encrypt,
            ...(listed !== undefined && { listed }),
          },
          (bytes, total) => setProgress({ name: file.name, bytes, total }),
          abort.current.signal,
        );
        if (key) rememberKey(cid, { key, name: file.name });
        toast(t('share.done', { name: file.name }));
      }
    } catch (caught) {
      if (!abort.current.signal.aborted) setError(caught);
    } finally {
      setProgress(undefined);
    }
  }

  async function shareFolder({ name, files }: DroppedFolder) {
    if (!engine || weiPerGb === undefined) return;
    setError(undefined);
    abort.current = new AbortController();
    try {
      const all = files.length + 1;
      setProgress({ name, bytes: 0, total: 0, at: [1, all] });
      await engine.shareFolder(
        name,
        files,
        { weiPerMiB: perMiB(weiPerGb), ...(listed !== undefined && { listed }) },
        (i, bytes, total) => setProgress({ name: files[i]?.path ?? name, bytes, total, at: [i + 1, all] }),
        abort.current.signal,
      );
      toast(t('share.done', { name }));
    } catch (caught) {
      if (!abort.current.signal.aborted) setError(caught);
    } finally {
      setProgress(undefined);
    }
  }

  if (state === 'failed') return <Problem error={peerError} />;
  if (state === 'elsewhere')
    return (
      <Notice tone="warn" title={t('peer.elsewhere')}>
        {t('peer.elsewhereText')}
      </Notice>
    );
  const shared = snapshot?.files.filter(({ offer }) => offer) ?? [];
  return (
    <div className="flex flex-col gap-6">
      {wallet ? null : (
        <Notice tone="accent" title={t('share.noWallet')}>
          {t('share.noWalletText')}
        </Notice>
      )}
      {progress ? (
        <Panel>
          <p className="font-medium">{t('share.reading', { name: progress.name })}</p>
          {progress.at ? (
            <p className="tabular mt-1 text-sm text-soft">
              {t('share.fileOf', { at: format.number(progress.at[0]), count: format.number(progress.at[1]) })}
            </p>
          ) : null}
          <p className="tabular mt-1 mb-3 text-sm text-soft">
            {t('transfer.of', { here: format.bytes(progress.bytes), all: format.bytes(progress.total) })}
          </p>
          <Bar share={progress.total === 0 ? undefined : progress.bytes / progress.total} label={progress.name} />
          <Button size="small" className="mt-4" onClick={() => abort.current?.abort()}>
            {t('action.cancel')}
          </Button>
        </Panel>
      ) : (
        <Drop
          isStarting={!engine}
          disabled={!engine || !wallet || weiPerGb === undefined}
          mayFolder={!encrypt}
          onFiles={share}
          onFolder={shareFolder}
        />
      )}
      {error ? <Problem error={error} /> : null}
      <Shared
        files={shared}
        onStop={async (cid) => {
          try {
            await engine!.unshare(cid);
          } catch (caught) {
            setError(caught);
          }
        }}
      />
    </div>
  );
}

function FromNode({ weiPerGb, listed = null }: { weiPerGb: bigint | undefined; listed: string | null | undefined }) {
  const { t, format } = useVoice();
  const toast = useToast();
  const own = useOwnNode();
  const cache = useQueryClient();
  const [path, setPath] = useState('');
  const [ways, setWays] = useState<ReadonlySet<ProtocolName>>();
  const [progress, setProgress] = useState<{ bytes: number; total: number }>();
  const [error, setError] = useState<unknown>();
  const files = useQuery({
    queryKey: ['owner', 'files'],
    queryFn: () => own!.api.get<FileRow[]>('/files'),
    enabled: own !== undefined,
    refetchInterval: 5_000,
  });
  if (!own)
    return (
      <Panel flush>
        <NoNode />
      </Panel>
    );

  async function publish() {
    if (!own || weiPerGb === undefined) return;
    setError(undefined);
    setProgress({ bytes: 0, total: 0 });
    const body = { path: path.trim(), weiPerMiB: `${perMiB(weiPerGb)}`, ...(ways && { protocols: [...ways] }), listed };
    try {
      for await (const event of own.api.stream<PublishEvent>('/publish', body, new AbortController().signal)) {
        if (event.event === 'progress') setProgress({ bytes: event.bytes, total: event.total });
        if (event.event === 'done') {
          toast(t('share.done', { name: event.file.name }));
          setPath('');
        }
      }
      await cache.invalidateQueries({ queryKey: ['owner', 'files'] });
    } catch (caught) {
      setError(caught);
    } finally {
      setProgress(undefined);
    }
  }

  return (
    <div className="flex flex-col gap-6">
      <Panel>
        <form
          className="grid items-end gap-4 sm:grid-cols-[minmax(0,1fr)_auto]"
          onSubmit={(event) => {
            event.preventDefault();
            void publish();
          }}
        >
          <Field
            label={t('share.path')}
            hint={t('share.pathHint')}
            value={path}
            onChange={(event) => setPath(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
          <Button
            type="submit"
            look="filled"
            className="sm:mb-6"
            busy={progress !== undefined}
            disabled={path.trim() === '' || weiPerGb === undefined}
          >
            {t('share.publish')}
          </Button>
        </form>
        <fieldset className="mt-5">
          <legend className="text-sm font-medium">{t('share.ways')}</legend>
          <div className="mt-2 flex flex-wrap gap-x-6 gap-y-1">
            <Tick
              label={t('get.automatic')}
              checked={!ways}
              onChange={(on) => setWays(on ? undefined : new Set(PROTOCOLS))}
            />
            {ways
              ? PROTOCOLS.map((name) => (
                  <Tick
                    key={name}
                    label={t(`protocol.${name}`)}
                    checked={ways.has(name)}
                    onChange={(on) => {
                      const next = new Set(ways);
                      if (on) next.add(name);
                      else next.delete(name);
                      // None at all is no way to share.
                      if (next.size > 0) setWays(next);
                    }}
                  />
                ))
              : null}
          </div>
        </fieldset>
        {progress ? (
          <div className="mt-4">
            <p className="tabular mb-2 text-sm text-soft">
              {t('transfer.of', { here: format.bytes(progress.bytes), all: format.bytes(progress.total) })}
            </p>
            <Bar share={progress.total === 0 ? undefined : progress.bytes / progress.total} label={t('share.path')} />
          </div>
        ) : null}
        {error || files.error ? (
          <div className="mt-4">
            <Problem error={error ?? files.error} />
          </div>
        ) : null}
      </Panel>
      <Shared
        files={files.data?.filter(({ offer }) => offer) ?? []}
        onStop={async (cid) => {
          try {
            await own.api.delete(`/files/${cid}`);
            await cache.invalidateQueries({ queryKey: ['owner', 'files'] });
          } catch (caught) {
            setError(caught);
          }
        }}
      />
    </div>
  );
}
