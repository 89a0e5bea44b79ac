/**
 * The second way to find sellers: a node's delegated routing API, asked by `fetch`. What it answers is hearsay: every offer in it is
 * checked here as if a stranger had sent it, and the seller itself must still answer for it. State: none.
 *
 * @see https://specs.ipfs.tech/routing/http-routing-v1/
 */
import { createChannel } from '@chiral/node/discovery/channel';
import type { Host } from '@chiral/node/discovery/host-core';
import type { Directory, SignedOffer } from '@chiral/node/ports';
import { isAppError } from '@chiral/protocol/errors';
import { checkOffer } from '@chiral/protocol/offer';
import type { Deployment } from '@chiral/protocol/typed-data';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';

/** One question in all, milliseconds, and the longest line of its answer, characters. */
const ASK_TIMEOUT_MS = 12_000;
const MAX_LINE_CHARS = 256 * 1024;
/** Sellers taken from one node's answer. */
const MAX_TOLD = 64;
const MAX_NODES = 4;
const MAX_ADDRESSES = 16;

/** `directory`, and beside it what the nodes at `nodes` (web addresses) tell. */
export function withRouting(
  directory: Directory,
  options: { host: Host; nodes: readonly string[]; deployment: Deployment },
): Directory {
  const { host, deployment } = options;
  const nodes = options.nodes.filter((node) => /^https?:\/\//.test(node)).slice(0, MAX_NODES);

  async function follow(node: string, cid: string, signal: AbortSignal, found: (signed: SignedOffer) => void) {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]);
      const url = `${node.replace(/\/+$/, '')}/routing/v1/providers/${cid}`;
      const answer = await fetch(url, { signal: limit, headers: { accept: 'application/x-ndjson' } });
      if (!answer.ok || !answer.body) return;
      let told = 0;
      for await (const line of linesOf(answer.body)) {
        if (++told > MAX_TOLD) return;
        const { 'chiral-offer': value, Addrs: addresses } = JSON.parse(line) as Record<string, unknown>;
        const nowSeconds = Math.floor(Date.now() / 1000);
        try {
          const signed = checkOffer(value, { cid, nowSeconds, deployment });
          const texts = Array.isArray(addresses) ? addresses.filter((text) => typeof text === 'string') : [];
          await host.learn(signed.offer.peerId, texts.slice(0, MAX_ADDRESSES));
          found(signed);
        } catch (error) {
          if (!isAppError(error)) throw error;
        }
      }
    } catch {
      // A node that does not answer, or answers nonsense, tells nothing; the DHT is asked as well.
    }
  }

  return {
    ...directory,
    async *findOffers(name, signal, filter) {
      const cid = CID.parse(name);
      // The alias of a plain SHA-256 names no manifest; who offers it is for the seller to prove, which the directory asks.
      if (nodes.length === 0 || cid.code === raw.code) {
        yield* directory.findOffers(name, signal, filter);
        return;
      }
      const over = new AbortController();
      const scope = AbortSignal.any([signal, over.signal]);
      const channel = createChannel<SignedOffer>();
      const seen = new Set<string>();
      const found = (signed: SignedOffer) => {
        const { peerId, endpoints } = signed.offer;
        if (seen.has(peerId) || (filter?.protocol && !endpoints.some(({ protocol }) => protocol === filter.protocol)))
          return;
        seen.add(peerId);
        channel.push(signed);
      };
      const own = async () => {
        for await (const signed of directory.findOffers(name, scope, filter)) found(signed);
      };
      Promise.all([own(), ...nodes.map((node) => follow(node, name, scope, found))]).then(channel.end, channel.fail);
      try {
        yield* channel;
      } finally {
        over.abort();
      }
    },
  };
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += value ?? '';
      if (rest.length > MAX_LINE_CHARS) return;
      const lines = rest.split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line.trim() !== '') yield line;
      if (!done) continue;
      if (rest.trim() !== '') yield rest;
      return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
