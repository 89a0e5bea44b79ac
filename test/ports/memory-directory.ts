/**
 * A Directory without a network: nodes that share one `MemoryNet` find each other at once. For tests and simulations of
 * everything above discovery; it runs the same compliance suite as the real one.
 */
import type { Directory, LocalOffers } from '@chiral/node/ports';
import { aliasCid, type Content, fromContent, toContent } from '@chiral/protocol/content';
import { AppError } from '@chiral/protocol/errors';
import { checkOffer, encodeOffer, type SignedOffer } from '@chiral/protocol/offer';
import type { Deployment } from '@chiral/protocol/typed-data';

/** Who provides what, and how to ask them. */
export class MemoryNet {
  readonly providers = new Map<string, Set<string>>();
  readonly nodes = new Map<string, LocalOffers>();
}

export function createMemoryDirectory(
  net: MemoryNet,
  peerId: string,
  local: LocalOffers,
  deployment: Deployment,
): Directory & { close(): Promise<void> } {
  net.nodes.set(peerId, local);

  const resolve = async (peer: string, cid: string): Promise<Content> => {
    const node = net.nodes.get(peer);
    if (!node) throw new AppError('PEER_UNREACHABLE', 'The peer is gone.');
    const content = node.content(cid);
    if (!content) throw new AppError('NOT_FOUND', 'This content is not offered here.');
    const { manifest, layer } = fromContent(content);
    return toContent(cid, manifest, layer);
  };

  const ask = async (peer: string, cid: string, nowSeconds: number): Promise<SignedOffer | undefined> => {
    try {
      const signed = await net.nodes.get(peer)?.offer(cid);
      if (!signed) return undefined;
      const isAlias = !cid.startsWith('bafyrei');
      const named = isAlias ? signed.offer.cid : cid;
      const checked = checkOffer(JSON.parse(encodeOffer(signed)), { cid: named, peerId: peer, nowSeconds, deployment });
      if (isAlias && aliasCid((await resolve(peer, named)).sha256) !== cid) return undefined;
      return checked;
    } catch {
      return undefined;
    }
  };

  return {
    async provide(cid) {
      const peers = net.providers.get(cid) ?? new Set();
      net.providers.set(cid, peers.add(peerId));
      return {
        async stop() {
          peers.delete(peerId);
        },
      };
    },
    async *findOffers(cid, signal, { protocol } = {}) {
      for (const peer of net.providers.get(cid) ?? []) {
        if (signal.aborted) return;
        if (peer === peerId) continue;
        const signed = await ask(peer, cid, Math.floor(Date.now() / 1000));
        if (!signed) continue;
        if (!protocol || signed.offer.endpoints.some((endpoint) => endpoint.protocol === protocol)) yield signed;
      }
    },
    async resolve(offer) {
      const content = await resolve(offer.peerId, offer.cid);
      if (content.size !== offer.size) throw new AppError('CONTENT_INVALID', 'The offer lies about the size.');
      return content;
    },
    async close() {
      net.nodes.delete(peerId);
    },
  };
}
