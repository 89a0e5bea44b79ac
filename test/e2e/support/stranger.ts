/** A peer that speaks the payment messages and nothing else, to say to a node what no client of ours would. */
import { join } from 'node:path';
import { findShares } from '@chiral/ethash/testing/shares';
import { createHost } from '@chiral/node/discovery/host';
import { createRequestProtocol } from '@chiral/node/discovery/request-protocol';
import { createLog } from '@chiral/node/log';
import {
  decodePayAnswer,
  encodePayRequest,
  MAX_MESSAGE_BYTES,
  type PayAnswer,
  type PayRequest,
} from '@chiral/protocol/messages';
import { getBytes, hexlify } from 'ethers';
import type { Daemon, DevNetwork } from '../../../scripts/devnet/network.ts';

export type WorkAnswer = PayAnswer & { type: 'work' };
export type ShareRequest = PayRequest & { type: 'share' };

export interface Stranger extends AsyncDisposable {
  readonly peerId: string;
  ask(request: PayRequest): Promise<PayAnswer>;
  /** Work from the node; fails when it gives none. */
  work(): Promise<WorkAnswer>;
}

/** @param name of its folder in the network's: the same one is the same peer again */
export async function createStranger(network: DevNetwork, name: string, node: Daemon): Promise<Stranger> {
  const host = await createHost({
    dataDir: join(network.dir, name),
    listen: [],
    bootstrap: [],
    log: createLog('silent'),
  });
  const close = async () => {
    await payments.close();
    await host.stop();
  };
  const payments = createRequestProtocol(host, '/chiral/pay/1.0.0', { maxBytes: MAX_MESSAGE_BYTES, timeoutMs: 5_000 });
  const ask = async (request: PayRequest) =>
    decodePayAnswer(await payments.request(node.peerId, encodePayRequest(request)));
  try {
    await host.dial(node.addresses.find((address) => !address.includes('/ws'))!);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    peerId: host.peerId,
    ask,
    async work() {
      const answer = await ask({ type: 'work', hashesPerSecond: 0 });
      if (answer.type !== 'work') throw new Error(`no work: ${JSON.stringify(answer, (_key, v) => `${v}`)}`);
      return answer;
    },
    [Symbol.asyncDispose]: close,
  };
}

/** A share of `work`, searched for. */
export function findShare({ sealHash, noncePrefix, shareDifficulty }: WorkAnswer): ShareRequest {
  const work = { sealHash: getBytes(sealHash), noncePrefix: getBytes(noncePrefix), shareDifficulty };
  const { nonce, mixHash } = findShares(work).next().value;
  return { type: 'share', sealHash, nonce: hexlify(nonce), mixHash: hexlify(mixHash) };
}

/** Says that it is a share of `work`, and is none. */
export const lieAbout = ({ sealHash, noncePrefix }: WorkAnswer): ShareRequest => ({
  type: 'share',
  sealHash,
  nonce: `${noncePrefix}00000000`,
  mixHash: hexlify(new Uint8Array(32)),
});
