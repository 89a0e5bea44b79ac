/**
 * Work from a chain node: what it would have sealed next (`eth_getWork`), and the way back for a seal (`eth_submitWork`). Any node
 * that mines for getWork miners will do. It asks who is paid before it hands anything out: work that pays another wallet is no
 * work of this seller's. State: the last answers, so that many askers cost the node one question.
 */
import { AppError } from '@chiral/protocol/errors';
import { getAddress, getBytes, hexlify, isHexString } from 'ethers';
import type { WorkSource, WorkTemplate } from '../ports.ts';

/** Template and payout address are asked for again after this long, milliseconds. */
const TEMPLATE_MS = 500;
const PAYOUT_MS = 30_000;
/** How long the node may take, milliseconds. */
const CALL_MS = 5_000;
/** What block 0 of a development chain says, as genesis/dev.json has it: there the small Ethash is used. */
export const DEV_GENESIS_TEXT = 'Chiral development';

/** @param options.payee the wallet that blocks must pay */
export function createWorkSource(options: { rpcUrl: string; payee: string; now?: () => number }): WorkSource {
  const { rpcUrl, payee, now = Date.now } = options;
  const template = remembered(TEMPLATE_MS, readTemplate, now);
  const isOurs = remembered(PAYOUT_MS, async () => toAddress(await ask('eth_coinbase', [])) === payee, now);
  let profile: Promise<WorkTemplate['profile']> | undefined;

  /** @returns undefined when the node knows no such method, or has no answer */
  async function ask(method: string, params: unknown[]): Promise<unknown> {
    try {
      const response = await fetch(rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        signal: AbortSignal.timeout(CALL_MS),
      });
      return ((await response.json()) as { result?: unknown }).result;
    } catch (cause) {
      throw new AppError('CHAIN_UNREACHABLE', 'The chain node does not answer.', {}, { cause });
    }
  }

  async function readProfile(): Promise<WorkTemplate['profile']> {
    const block = (await ask('eth_getBlockByNumber', ['0x0', false])) as { extraData?: unknown } | null | undefined;
    return block?.extraData === hexlify(new TextEncoder().encode(DEV_GENESIS_TEXT)) ? 'dev' : 'full';
  }

  async function readTemplate(): Promise<WorkTemplate | undefined> {
    const answer = await ask('eth_getWork', []);
    const [sealHash, seedHash, target] = Array.isArray(answer) ? answer : [];
    if (![sealHash, seedHash, target].every((value) => isHexString(value, 32))) return undefined;
    // A failure is not remembered: the node may come back.
    profile ??= readProfile().catch((error) => {
      profile = undefined;
      throw error;
    });
    const limit = BigInt(target);
    return {
      profile: await profile,
      sealHash: getBytes(sealHash),
      seedHash: getBytes(seedHash),
      difficulty: limit === 0n ? 2n ** 256n : 2n ** 256n / limit,
    };
  }

  return {
    current: async () => ((await isOurs()) ? template() : undefined),
    submit: async ({ sealHash, nonce, mixHash }) =>
      (await ask('eth_submitWork', [hexlify(nonce), hexlify(sealHash), hexlify(mixHash)])) === true,
  };
}

/** `read` at most once in `ms`; those who ask meanwhile share the answer. A failure is asked again at once. */
function remembered<T>(ms: number, read: () => Promise<T>, now: () => number): () => Promise<T> {
  let last: { atMs: number; value: Promise<T> } | undefined;
  return () => {
    if (last && now() - last.atMs < ms) return last.value;
    const value = read();
    const entry = { atMs: now(), value };
    last = entry;
    value.catch(() => {
      if (last === entry) last = undefined;
    });
    return value;
  };
}

function toAddress(value: unknown): string | undefined {
  return isHexString(value, 20) ? getAddress(value) : undefined;
}
