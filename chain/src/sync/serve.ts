/** Answers what peers ask of the chain and the pool, within bounds of count and size. Reads only. */
import type { BlockHeader } from '@ethereumjs/block';
import { EthMessageCodes } from '@ethereumjs/devp2p';
import { RLP } from '@ethereumjs/rlp';
import type { Chain } from '../chain.ts';
import { encodeConsensusReceipt, type Receipt, rawBody } from '../store/codec.ts';
import type { TxPool } from '../txpool/pool.ts';
import {
  asHashes,
  decodeHeadersRequest,
  decodeNumbered,
  encodeTransactions,
  type HeadersRequest,
  MAX_BODIES,
  type Rlp,
  toInteger,
} from './messages.ts';
import type { Peer } from './peer.ts';

/** An answer ends when it has grown to this, bytes; the soft limit of the eth specification. */
const SOFT_ANSWER_BYTES = 2 * 1024 * 1024;

export const REQUESTS: ReadonlySet<number> = new Set([
  EthMessageCodes.GET_BLOCK_HEADERS,
  EthMessageCodes.GET_BLOCK_BODIES,
  EthMessageCodes.GET_RECEIPTS,
  EthMessageCodes.GET_POOLED_TRANSACTIONS,
]);

/** @throws PEER_FAULT on a malformed request */
export function serve(chain: Chain, pool: TxPool, peer: Peer, code: EthMessageCodes, payload: Rlp): void {
  const { id, body } = decodeNumbered(payload);
  const [answer, items] = read(chain, pool, code, body);
  peer.send(answer, [toInteger(id), items]);
}

function read(chain: Chain, pool: TxPool, code: EthMessageCodes, body: Rlp): [EthMessageCodes, Rlp[]] {
  if (code === EthMessageCodes.GET_BLOCK_HEADERS) {
    const found = headers(chain, decodeHeadersRequest(body));
    return [EthMessageCodes.BLOCK_HEADERS, found.map((header) => header.raw() as Rlp)];
  }
  const hashes = asHashes(body).slice(0, MAX_BODIES);
  if (code === EthMessageCodes.GET_BLOCK_BODIES) {
    const bodyOf = (hash: Uint8Array) => {
      const block = chain.block(hash);
      return block && (rawBody(block) as Rlp);
    };
    return [EthMessageCodes.BLOCK_BODIES, gather(hashes, bodyOf)];
  }
  if (code === EthMessageCodes.GET_RECEIPTS) {
    return [EthMessageCodes.RECEIPTS, gather(hashes, (hash) => chain.receipts(hash)?.map(receiptRlp))];
  }
  const found = hashes.flatMap((hash) => pool.get(hash) ?? []);
  return [EthMessageCodes.POOLED_TRANSACTIONS, encodeTransactions(found) as Rlp[]];
}

/** A typed receipt travels as bytes, a legacy one as a list. */
function receiptRlp(receipt: Receipt): Rlp {
  const encoded = encodeConsensusReceipt(receipt);
  return receipt.type === 0 ? (RLP.decode(encoded) as Rlp) : encoded;
}

function headers(chain: Chain, { start, count, skip, reverse }: HeadersRequest): BlockHeader[] {
  const first = 'hash' in start ? chain.header(start.hash) : chain.canonicalHeader(start.number);
  if (!first) return [];
  const found = [first];
  const canonical = chain.isCanonical(first);
  const step = BigInt(skip) + 1n;
  while (found.length < count) {
    const last = found.at(-1)!;
    const number = reverse ? last.number - step : last.number + step;
    // Off the heaviest branch there is one way only: down, parent by parent.
    const next = canonical
      ? chain.canonicalHeader(number)
      : reverse && skip === 0
        ? chain.header(last.parentHash)
        : undefined;
    if (!next) break;
    found.push(next);
  }
  return found;
}

function gather(hashes: readonly Uint8Array[], find: (hash: Uint8Array) => Rlp | undefined): Rlp[] {
  const items: Rlp[] = [];
  let bytes = 0;
  for (const hash of hashes) {
    const item = find(hash);
    if (item === undefined) continue;
    bytes += RLP.encode(item).length;
    if (bytes > SOFT_ANSWER_BYTES && items.length > 0) break;
    items.push(item);
  }
  return items;
}
