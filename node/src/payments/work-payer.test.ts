/** The buyer's side of work against sellers that do what no honest one does. Messages are the real ones; the search is pretended. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { decodePayRequest, encodePayAnswer, type PayAnswer, type PayRequest } from '@chiral/protocol/messages';
import { createLog } from '../log.ts';
import type { Offer, PeerLedger } from '../ports.ts';
import { createWorkPayer, type ShareSearcher, type WorkProgress } from './work-payer.ts';

const RECEIVER = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
const CONTRACT = '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003';
const MIB = 1 << 20;
/** A wei a byte. */
const PRICE = BigInt(MIB);
const SHARE_WEI = 3n * PRICE;
const hash = `0x${'11'.repeat(32)}`;
const terms = { weiPerMiB: PRICE, freeBytes: MIB, creditBytes: MIB };

interface Seller {
  workedWei: bigint;
  roomBytes: number;
  readonly asked: PayRequest['type'][];
  /** What it says instead of the truth. */
  lie?(request: PayRequest): PayAnswer | undefined;
}

function scene(names: Record<string, bigint> = { seller: PRICE }) {
  const sellers = new Map<string, Seller>(
    Object.keys(names).map((name) => [name, { workedWei: 0n, roomBytes: MIB, asked: [] }]),
  );
  const delivered = new Map<string, bigint>();
  const worked = new Map<string, bigint>();
  const stop = new AbortController();
  const events: string[] = [];
  const progress: WorkProgress[] = [];
  const searched: bigint[] = [];
  const owed = (peer: string) => (delivered.get(peer) ?? 0n) - (worked.get(peer) ?? 0n);
  const ledger = {
    agree: () => {},
    payable: (peer: string) => (owed(peer) > 0n ? owed(peer) : 0n),
    totals: (peer: string) => ({
      deliveredWei: delivered.get(peer) ?? 0n,
      authorizedWei: 0n,
      settledWei: 0n,
      deliveredBytes: 0,
      workedWei: worked.get(peer) ?? 0n,
      toPromiseWei: owed(peer) > 0n ? owed(peer) : 0n,
    }),
    countWork: (peer: string, _direction: string, wei: bigint) => {
      if (wei > (worked.get(peer) ?? 0n)) worked.set(peer, wei);
    },
  } as unknown as PeerLedger;

  function answer(peer: string, request: PayRequest): PayAnswer {
    const seller = sellers.get(peer)!;
    seller.asked.push(request.type);
    const lied = seller.lie?.(request);
    if (lied) return lied;
    const standing = () => ({
      deliveredWei: 0n,
      authorizedWei: 0n,
      roomBytes: seller.roomBytes,
      creditBytes: MIB,
    });
    switch (request.type) {
      case 'terms': {
        const where = { chainId: 98765, contract: CONTRACT, receiver: RECEIVER, minWithdrawDelaySeconds: 900 };
        return { type: 'terms', ...where, ...terms, weiPerMiB: names[peer]!, token: 't', standing: standing() };
      }
      case 'work':
        return {
          type: 'work',
          profile: 'dev',
          epoch: 0,
          sealHash: hash,
          noncePrefix: '0x01020304',
          shareDifficulty: 1_000n,
          shareWei: SHARE_WEI,
          standing: standing(),
        };
      case 'share':
        seller.workedWei += SHARE_WEI;
        return { type: 'counted', workedWei: seller.workedWei, standing: standing() };
      default:
        return { type: 'refused', code: 'BAD_REQUEST', message: 'no' };
    }
  }

  const searcher: ShareSearcher = {
    async prepare(_where, onProgress) {
      onProgress(1);
    },
    async search({ difficulty }, signal) {
      if (signal.aborted) return undefined;
      searched.push(difficulty);
      return { nonce: '0x0102030400000001', mixHash: hash };
    },
    hashesPerSecond: () => 1_000,
  };
  let opened: ((peer: string) => void) | undefined;
  const { purchase: make } = createWorkPayer({
    ledger,
    transport: {
      async request(peer, message) {
        const { type, ...rest } = answer(peer, decodePayRequest(message));
        if (type === 'refused' && 'code' in rest && rest.code === 'PEER_UNREACHABLE')
          throw new AppError('PEER_UNREACHABLE', 'gone');
        return encodePayAnswer({ type, ...rest } as PayAnswer);
      },
    },
    pricing: { quote: () => terms, acceptable: () => true },
    deployment: { chainId: 98765, contract: CONTRACT },
    searcher,
    toleranceBytes: MIB,
    signal: stop.signal,
    onSession: () => {},
    onRoom: (peer) => {
      events.push(`room ${peer}`);
      opened?.(peer);
    },
    onWork: (at) => progress.push(at),
    log: createLog('silent'),
  });
  const blocked = Promise.withResolvers<{ peer: string; error: AppError }>();
  const purchase = make({
    size: 10 * MIB,
    selfPeerId: 'me',
    onBlocked: (peer, error) => blocked.resolve({ peer, error }),
  });
  const offer = (peerId: string) =>
    ({ peerId, cid: 'bafy', wallet: RECEIVER, weiPerMiB: names[peerId]! }) as unknown as Offer;
  const room = () =>
    new Promise<string>((resolve) => {
      opened = resolve;
    });
  const deliver = (peer: string, bytes: number) => delivered.set(peer, (delivered.get(peer) ?? 0n) + BigInt(bytes));
  return {
    sellers,
    purchase,
    offer,
    deliver,
    worked,
    stop,
    events,
    progress,
    searched,
    blocked: blocked.promise,
    room,
  };
}

describe('paying by work', () => {
  it('works when the gate is closed, and at the end until nothing is owed', async () => {
    const { sellers, purchase, offer, deliver, worked, room, progress } = scene();
    await purchase.join(offer('seller'));
    deliver('seller', MIB);
    const opened = room();
    purchase.choked('seller');
    assert.equal(await opened, 'seller');
    assert.equal(worked.get('seller'), SHARE_WEI);
    deliver('seller', 6 * MIB);
    await purchase.finish();
    assert.equal(worked.get('seller'), 3n * SHARE_WEI, 'seven MiB and shares of three');
    assert.equal(sellers.get('seller')!.workedWei, 3n * SHARE_WEI);
    assert.deepEqual(
      { ...progress.at(-1), fraction: 0 },
      {
        state: 'waiting',
        fraction: 0,
        hashesPerSecond: 1_000,
        shares: 3,
        earnedWei: 3n * SHARE_WEI,
      },
    );
  });

  it('works for nothing that is not owed', async () => {
    const { purchase, offer, deliver, searched } = scene();
    await purchase.join(offer('seller'));
    deliver('seller', MIB / 4);
    purchase.poke('seller');
    assert.deepEqual(searched, []);
    await purchase.finish();
    assert.equal(searched.length, 1);
    await purchase.finish();
    assert.equal(searched.length, 1);
  });

  it('goes on working until a chunk has room, and begins at once where there is none', async () => {
    const { sellers, purchase, offer, deliver, events, searched, room } = scene();
    const seller = sellers.get('seller')!;
    deliver('seller', 9 * MIB);
    seller.roomBytes = 1_000;
    seller.lie = ({ type }) => {
      if (type === 'share' && searched.length === 3) seller.roomBytes = MIB;
      return undefined;
    };
    const opened = room();
    await purchase.join(offer('seller'));
    await opened;
    assert.equal(searched.length, 3);
    assert.deepEqual(events, ['room seller']);
  });

  it('works for the cheapest of those that wait', async () => {
    const { purchase, offer, deliver, events } = scene({ dear: 2n * PRICE, cheap: PRICE });
    for (const name of ['dear', 'cheap']) {
      await purchase.join(offer(name));
      deliver(name, MIB / 4);
    }
    purchase.choked('dear');
    purchase.choked('cheap');
    await purchase.finish();
    // The first had begun before the second was heard of.
    assert.deepEqual(events, ['room dear', 'room cheap']);
    const other = scene({ dear: 2n * PRICE, cheap: PRICE });
    for (const name of ['dear', 'cheap']) {
      await other.purchase.join(other.offer(name));
      other.deliver(name, MIB);
    }
    await other.purchase.finish();
    assert.deepEqual(other.events, ['room cheap', 'room dear']);
  });

  it('works no more for a seller that counts less than it promised', async () => {
    const { sellers, purchase, offer, deliver, blocked, worked, searched } = scene();
    const seller = sellers.get('seller')!;
    seller.lie = ({ type }) =>
      type === 'share'
        ? {
            type: 'counted',
            workedWei: SHARE_WEI - 1n,
            standing: { deliveredWei: 0n, authorizedWei: 0n, roomBytes: MIB, creditBytes: MIB },
          }
        : undefined;
    await purchase.join(offer('seller'));
    deliver('seller', 2 * MIB);
    purchase.choked('seller');
    const { error } = await blocked;
    assert.ok(isAppError(error, 'CONFLICT'));
    purchase.choked('seller');
    await purchase.finish();
    assert.equal(searched.length, 1);
    assert.equal(worked.get('seller'), undefined);
  });

  it('works no more for one that takes it and keeps its gate closed', async () => {
    const { sellers, purchase, offer, deliver, blocked, searched } = scene();
    sellers.get('seller')!.roomBytes = 0;
    await purchase.join(offer('seller'));
    deliver('seller', MIB);
    purchase.choked('seller');
    const { error } = await blocked;
    assert.ok(isAppError(error, 'CHOKED'));
    assert.ok(searched.length <= 5, `${searched.length} shares for nothing`);
  });

  it('works no more for one that says there is room and gives nothing', async () => {
    const { purchase, offer, deliver, blocked, searched, room } = scene();
    await purchase.join(offer('seller'));
    deliver('seller', MIB);
    const refuseAgain = async () => {
      for (;;) {
        await room();
        purchase.choked('seller');
      }
    };
    void refuseAgain();
    purchase.choked('seller');
    const { error } = await blocked;
    assert.ok(isAppError(error, 'CHOKED'));
    assert.equal(searched.length, 1);
  });

  it('believes newer figures of a seller over its refusal, without another share', async () => {
    const { purchase, offer, deliver, searched, room, sellers } = scene();
    await purchase.join(offer('seller'));
    deliver('seller', MIB);
    let opened = room();
    purchase.choked('seller');
    await opened;
    // A refusal that was on its way before the share was counted.
    opened = room();
    purchase.choked('seller');
    await opened;
    assert.equal(searched.length, 1);
    assert.equal(sellers.get('seller')!.asked.at(-1), 'terms');
  });

  it('says so when a seller takes no work', async () => {
    const { sellers, purchase, offer, deliver, blocked } = scene();
    sellers.get('seller')!.lie = ({ type }) =>
      type === 'work' ? { type: 'refused', code: 'NO_WORK', message: 'no work here' } : undefined;
    await purchase.join(offer('seller'));
    deliver('seller', MIB);
    purchase.choked('seller');
    const { error, peer } = await blocked;
    assert.equal(peer, 'seller');
    assert.ok(isAppError(error, 'NO_WORK'));
  });

  it('counts a share whose answer got lost by the next total', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] });
    const { sellers, purchase, offer, deliver, worked, searched } = scene();
    const seller = sellers.get('seller')!;
    let losses = 1;
    seller.lie = ({ type }) => {
      if (type !== 'share') return undefined;
      if (losses-- > 0) {
        seller.workedWei += SHARE_WEI;
        // As the transport says it when an answer does not come.
        setImmediate(() => test.mock.timers.tick(2_000));
        return { type: 'refused', code: 'PEER_UNREACHABLE', message: '' };
      }
      return seller.workedWei === SHARE_WEI && losses === -1
        ? { type: 'refused', code: 'SHARE_DUPLICATE', message: '' }
        : undefined;
    };
    await purchase.join(offer('seller'));
    deliver('seller', MIB);
    await purchase.finish();
    assert.equal(searched.length, 2);
    assert.equal(worked.get('seller'), 2n * SHARE_WEI);
  });

  it('does nothing more when it is told to stop', async () => {
    const { purchase, offer, deliver, searched, stop } = scene();
    await purchase.join(offer('seller'));
    deliver('seller', 5 * MIB);
    stop.abort();
    purchase.choked('seller');
    await purchase.finish();
    assert.deepEqual(searched, []);
  });
});
