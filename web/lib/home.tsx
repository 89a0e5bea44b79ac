'use client';
/**
 * Where the page lives: what its site says, one's own node when there is one, and the chain to read. State: the door to the own
 * node, the site's answer; both found once after the page woke up.
 */
import type { StatusAnswer } from '@chiral/protocol/api';
import { isAppError } from '@chiral/protocol/errors';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { createOwnerApi, type OwnerApi } from './api/client.ts';
import { findDoor, forgetDoor, keepDoor, keptDoor, type OwnerDoor } from './api/token.ts';
import { createRpc } from './chain/rpc.ts';
import { useSettings } from './settings.ts';
import { askSite, EMPTY_SITE, type Site } from './site.ts';
import type { Provider } from './wallet/switch.ts';

/** How often the own node is asked how it is, milliseconds. */
const STATUS_EVERY_MS = 4_000;

interface Home {
  /** False until the page knows where it is. */
  readonly ready: boolean;
  readonly site: Site;
  /** The own node's API; undefined where the page has no key to one. */
  readonly api: OwnerApi | undefined;
  readonly status: StatusAnswer | undefined;
  /** Why the own node does not answer. */
  readonly statusError: unknown;
  /** JSON-RPC for reads, by the person's choice, the own node's or the site's word. */
  readonly rpcUrl: string | undefined;
  readonly chain: Provider | undefined;
  readonly contract: string | undefined;
  /** Nodes that the peer in the tab begins with. */
  readonly bootstrap: readonly string[];
  readonly forgetNode: () => void;
}

const Context = createContext<Home | undefined>(undefined);

/** How the own node is. */
type Status = Pick<UseQueryResult<StatusAnswer>, 'data' | 'error' | 'isPending'>;
const UNKNOWN: Status = { data: undefined, error: null, isPending: true };

/** Asks the own node again and again. Draws nothing; a visitor without a node has no use for it. */
function StatusWatch({ url, api, publish }: { url: string; api: OwnerApi; publish: (status: Status) => void }) {
  const { data, error, isPending } = useQuery({
    queryKey: ['owner', url, 'status'],
    queryFn: () => api.get<StatusAnswer>('/status'),
    refetchInterval: STATUS_EVERY_MS,
    retry: false,
  });
  useEffect(() => publish({ data, error, isPending }), [publish, data, error, isPending]);
  useEffect(() => () => publish(UNKNOWN), [publish]);
  return null;
}

/** A node behind a proxy knows its name and not that the proxy speaks https. */
function throughHere(url: string): string {
  const { host, pathname } = new URL(url);
  return host === location.host ? `${location.origin}${pathname}` : url;
}

export function HomeProvider({ children }: { children: ReactNode }) {
  const settings = useSettings();
  const [found, setFound] = useState<{ site: Site; door: OwnerDoor | undefined }>();

  useEffect(() => {
    const door = findDoor();
    let isOver = false;
    void askSite(location.origin).then((site) => {
      if (!isOver) setFound({ site, door });
    });
    return () => {
      isOver = true;
    };
  }, []);

  const door = found?.door;
  const api = useMemo(() => door && createOwnerApi(door), [door]);
  const [status, setStatus] = useState<Status>(UNKNOWN);
  // A token of another run of the daemon opens nothing and only confuses.
  const isRefused = isAppError(status.error, 'UNAUTHORIZED');
  const isKnown = status.data !== undefined;
  useEffect(() => {
    if (door && isKnown) keepDoor(door);
  }, [door, isKnown]);
  useEffect(() => {
    // One that a link brought in vain does not take the place of the one that opens.
    const kept = isRefused ? keptDoor() : undefined;
    if (kept && kept.token !== door?.token) setFound((before) => before && { ...before, door: kept });
  }, [door, isRefused]);

  const site = found?.site ?? EMPTY_SITE;
  const rpcUrl = settings.rpcUrl ?? (site.rpcUrl && throughHere(site.rpcUrl)) ?? status.data?.chain.rpcUrl;
  const chain = useMemo(() => (rpcUrl ? createRpc(rpcUrl) : undefined), [rpcUrl]);
  const contract = status.data?.chain.contract ?? site.contract;
  const own = status.data?.listenUrl;
  const bootstrap = useMemo(
    () => [...new Set([...(own ? [own] : []), ...site.bootstrap, ...settings.nodes])],
    [own, site, settings.nodes],
  );
  const value = useMemo<Home>(
    () => ({
      ready: found !== undefined && (!api || !status.isPending),
      site,
      api: isRefused ? undefined : api,
      status: status.data,
      statusError: isRefused ? undefined : status.error,
      rpcUrl,
      chain,
      contract,
      bootstrap,
      forgetNode: () => {
        forgetDoor();
        setFound((before) => before && { ...before, door: undefined });
      },
    }),
    [found, api, status.data, status.error, status.isPending, isRefused, site, rpcUrl, chain, contract, bootstrap],
  );
  return (
    <Context value={value}>
      {door && api ? (
        <StatusWatch key={`${door.url} ${door.token}`} url={door.url} api={api} publish={setStatus} />
      ) : null}
      {children}
    </Context>
  );
}

export function useHome(): Home {
  const home = useContext(Context);
  if (!home) throw new Error('useHome outside HomeProvider');
  return home;
}
