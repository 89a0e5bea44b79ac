'use client';
/**
 * Catalogue: what people list for everybody, for who has no link. Every line was signed by the wallet that sells and checked in this
 * tab; the words are the sellers' own. What a thing costs now, and whether anybody has it, is seen when it is opened.
 */
import { FOLDER_MIME } from '@chiral/protocol/folder-type';
import { MAX_WORDS } from '@chiral/protocol/listing-limits';
import { costWei } from '@chiral/protocol/price';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { Button, ButtonLink, Spinner } from '@/components/ui/button.tsx';
import { shorten } from '@/components/ui/copy.tsx';
import { Icon } from '@/components/ui/icon.tsx';
import { Empty, Notice, PageHead, Panel, Tag } from '@/components/ui/layout.tsx';
import { Problem } from '@/components/ui/problem.tsx';
import type { CatalogueRow } from '@/lib/engine/types.ts';
import { mediumOf } from '@/lib/get/media.ts';
import { fragmentOf } from '@/lib/get/target.ts';
import { useVoice } from '@/lib/i18n/context.tsx';
import { usePeer } from '@/lib/peer/context.tsx';

/** A list that is looked at grows as the tab hears more, milliseconds. */
const AGAIN_MS = 8_000;

export function CataloguePage() {
  const { t } = useVoice();
  const { engine, state, error: peerError } = usePeer(true);
  const [text, setText] = useState('');
  const [words, setWords] = useState('');
  const found = useQuery({
    queryKey: ['catalogue', words],
    queryFn: ({ signal }) => engine!.browse(words, signal),
    enabled: engine !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
    retry: false,
  });
  const rows = found.data ?? [];
  return (
    <>
      <PageHead title={t('catalogue.title')} lead={t('catalogue.lead')} />
      <search>
        <form
          className="mb-6 flex max-w-2xl gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            setWords(text.trim());
          }}
        >
          <label htmlFor="words" className="sr-only">
            {t('catalogue.search')}
          </label>
          <input
            id="words"
            type="search"
            value={text}
            maxLength={MAX_WORDS}
            onChange={(event) => {
              setText(event.target.value);
              if (event.target.value.trim() === '') setWords('');
            }}
            placeholder={t('catalogue.search')}
            autoComplete="off"
            className="h-11 min-w-0 flex-1 rounded-control border border-edge bg-surface px-3 placeholder:text-soft"
          />
          <Button type="submit">{t('catalogue.find')}</Button>
        </form>
      </search>
      {state === 'elsewhere' ? (
        <Notice tone="warn" title={t('peer.elsewhere')}>
          {t('peer.elsewhereText')}
        </Notice>
      ) : peerError || (found.error && rows.length === 0) ? (
        <Problem
          error={peerError ?? found.error}
          actions={
            <Button size="small" onClick={() => void found.refetch()}>
              {t('action.tryAgain')}
            </Button>
          }
        />
      ) : (
        <Panel flush className="overflow-hidden">
          {rows.length > 0 ? (
            <ul aria-label={t('catalogue.title')}>
              {rows.map((row) => (
                <Row key={`${row.wallet} ${row.cid}`} row={row} />
              ))}
            </ul>
          ) : found.data === undefined ? (
            <p className="flex items-center gap-3 p-6 text-sm text-soft" role="status">
              <Spinner className="size-4" /> {t(engine ? 'catalogue.asking' : 'peer.starting')}
            </p>
          ) : words ? (
            <Empty icon="info" title={t('catalogue.nothing')}>
              {t('catalogue.nothingText')}
            </Empty>
          ) : (
            <Empty
              icon="share"
              title={t('catalogue.none')}
              actions={<ButtonLink href="/share">{t('nav.share')}</ButtonLink>}
            >
              {t('catalogue.noneText')}
            </Empty>
          )}
        </Panel>
      )}
      <p className="mt-4 text-xs text-soft">{t('catalogue.note')}</p>
    </>
  );
}

function Row({ row }: { row: CatalogueRow }) {
  const { t, format } = useVoice();
  const { cid, name, mime, size, about, wallet, weiPerMiB, createdAt } = row;
  const isFolder = mime === FOLDER_MIME;
  const medium = mediumOf(name, mime);
  return (
    <li className="border-t border-line first:border-t-0">
      <Link
        href={`/${fragmentOf({ id: cid })}`}
        className="grid items-center gap-x-4 gap-y-1.5 px-4 py-3 hover:bg-sunk sm:grid-cols-[auto_minmax(0,1fr)_auto] sm:px-6"
      >
        <span className="hidden size-10 place-items-center rounded-control bg-sunk text-soft sm:grid">
          <Icon name="file" />
        </span>
        <span className="min-w-0">
          <bdi className="block font-medium break-words">{name}</bdi>
          {about ? <bdi className="block text-sm break-words text-soft">{about}</bdi> : null}
          <span className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-soft">
            {isFolder ? <Tag>{t('catalogue.folder')}</Tag> : medium ? <Tag>{t(`catalogue.${medium}`)}</Tag> : null}
            {isFolder ? null : <span className="tabular">{format.bytes(size)}</span>}
            <span className="font-mono" title={wallet}>
              {shorten(wallet)}
            </span>
            <span>{format.ago(createdAt * 1000)}</span>
          </span>
        </span>
        <span className="tabular flex flex-wrap items-baseline gap-x-2 text-sm sm:block sm:text-right">
          {isFolder ? (
            <span className="text-soft">{t('catalogue.inside')}</span>
          ) : weiPerMiB === '0' ? (
            <span className="font-medium">{t('get.free')}</span>
          ) : (
            <>
              <span className="block font-medium">{format.money(costWei(size, BigInt(weiPerMiB)), 'up')}</span>
              <span className="block text-xs text-soft">
                {t('get.perGb', { price: format.perGigabyte(weiPerMiB) })}
              </span>
            </>
          )}
        </span>
      </Link>
    </li>
  );
}
