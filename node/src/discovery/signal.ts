/**
 * `/chiral/signal/1.0.0`: two peers that nobody can dial (tabs) get to know each other through a node that both are connected to.
 * One carries its WebRTC offer to the other and the answer back; what they say afterwards goes between them alone, under noise,
 * so the node learns who spoke to whom and nothing else, and neither believes it about who the other is.
 *
 * Wire: the request channel (`request-protocol.ts`) with JSON bodies. To the node `{ to, sdp }`, from the node `{ from, sdp }`,
 * answers `{ sdp }`. State: a token bucket per asker.
 */
import { AppError } from '@chiral/protocol/errors';
import { z } from 'zod';
import type { Host } from './host-core.ts';
import { createPeerBuckets } from './peer-buckets.ts';
import { createRequestProtocol } from './request-protocol.ts';

export const SIGNAL_PROTOCOL = '/chiral/signal/1.0.0';
/** Longest session description with its candidates, bytes; browsers send about 1 KiB for one data channel. */
export const MAX_SIGNAL_BYTES = 16 * 1024;
/** From an offer to its answer, candidates gathered, ms. */
const SIGNAL_TIMEOUT_MS = 10_000;
/** Introductions that one peer may ask for. */
const RATE = { burst: 20, perSecond: 0.5, maxPeers: 4096, isStrict: true };

const peer = z.string().min(1).max(128);
const sdp = z.string().min(1).max(MAX_SIGNAL_BYTES);
const signalSchema = z.union([
  z.strictObject({ to: peer, sdp }),
  z.strictObject({ from: peer, sdp }),
  z.strictObject({ sdp }),
]);
export type Signal = { to?: string; from?: string; sdp: string };

export function encodeSignal(signal: Signal): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(signal));
}

/** @throws BAD_REQUEST */
export function decodeSignal(bytes: Uint8Array): Signal {
  try {
    return signalSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new AppError('BAD_REQUEST', 'Not a signal.', {}, { cause });
  }
}

/** The node's part: carries offers between peers that are connected here. @returns stops it */
export async function carrySignals(host: Host, nowMs: () => number = Date.now): Promise<() => Promise<void>> {
  const protocol = createRequestProtocol(host, SIGNAL_PROTOCOL, {
    maxBytes: MAX_SIGNAL_BYTES,
    timeoutMs: SIGNAL_TIMEOUT_MS,
  });
  const allow = createPeerBuckets(RATE, nowMs);
  await protocol.handle(async (asker, message) => {
    const { to, sdp } = decodeSignal(message);
    if (to === undefined) throw new AppError('BAD_REQUEST', 'A signal to a node names whom it is for.');
    if (!allow(asker)) throw new AppError('TOO_MANY', 'Too many introductions; slow down.');
    if (!host.isConnected(to)) throw new AppError('NOT_FOUND', 'That peer is not connected here.');
    const answer = decodeSignal(await protocol.request(to, encodeSignal({ from: asker, sdp })));
    return encodeSignal({ sdp: answer.sdp });
  });
  return () => protocol.close();
}

/** The tab's part: answers offers that a node brings. @returns stops it */
export async function answerSignals(
  host: Host,
  answer: (from: string, sdp: string) => Promise<string>,
): Promise<() => Promise<void>> {
  const protocol = createRequestProtocol(host, SIGNAL_PROTOCOL, {
    maxBytes: MAX_SIGNAL_BYTES,
    timeoutMs: SIGNAL_TIMEOUT_MS,
  });
  await protocol.handle(async (_node, message) => {
    const { from, sdp } = decodeSignal(message);
    if (from === undefined) throw new AppError('BAD_REQUEST', 'A signal to a tab names whom it is from.');
    return encodeSignal({ sdp: await answer(from, sdp) });
  });
  return () => protocol.close();
}
