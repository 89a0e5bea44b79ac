/**
 * Payments straight from wallet to wallet, many payees in one transaction (`Payments.payMany`): how one is made, and how a payee
 * finds on the chain what a peer says it has paid. A payment counts when the chain shows it, never because somebody says so, and
 * for the one peer that the session key named in it has signed for. State: the book of such payments.
 *
 * Crash order: what the wallet is asked for is written down before it is asked, and its hash as soon as there is one, so that a
 * payment that was made is found again and not made twice.
 */
import { CONTRACT_ADDRESSES } from '@chiral/protocol/addresses';
import { isPaymentBindingValid, signPaymentBinding } from '@chiral/protocol/direct-payment';
import { AppError, isAppError } from '@chiral/protocol/errors';
import { PAYMENTS_ABI } from '@chiral/protocol/generated/payments';
import type { PayRequest } from '@chiral/protocol/messages';
import { decodePaidRows, encodePaidRows, type PaidRow } from '@chiral/protocol/paid-rows';
import type { Deployment } from '@chiral/protocol/typed-data';
import { getAddress, Interface, ZeroAddress, zeroPadValue } from 'ethers';
import type { Log } from '../log.ts';
import type { ChainClient, ConfirmedTransaction, PayTransport, PeerKey, PeerLedger } from '../ports.ts';
import type { ChannelBook, ChannelRole } from './channel-book.ts';
import type { DirectBook, OpenBill } from './direct-book.ts';
import type { PayerKeys } from './keys.ts';
import type { ChannelRail } from './rail.ts';
import { askSeller, refusedBy } from './terms.ts';

const abi = new Interface(PAYMENTS_ABI);
const PAID = abi.getEvent('Paid')!.topicHash;
/** Where every chain of ours has the contract, from its first block. */
const CONTRACT = getAddress(CONTRACT_ADDRESSES.Payments);
/** A payee's chain node may be some blocks behind: pause between two tries to tell it, milliseconds, and how many. */
const TELL_RETRY_MS = 500;
const TELL_TRIES = 20;

/** What a payee is to get, and for what. */
export interface BillRow extends PaidRow {
  readonly peer: PeerKey;
}

interface Counted {
  readonly rail: ChannelRail;
  readonly ledger: PeerLedger;
}

/** The `Paid` events of a transaction, decoded. */
function paymentsIn({ logs }: Pick<ConfirmedTransaction, 'logs'>): { about: string; rows: string }[] {
  return logs
    .filter(({ address, topics }) => getAddress(address) === CONTRACT && topics[0] === PAID)
    .map(({ topics, data }) => ({ about: topics[2]!, rows: String(abi.decodeEventLog('Paid', data, topics)[2]) }));
}

/** What of a transaction is `payee`'s and names `authorizer`, wei. */
function paidTo(transaction: ConfirmedTransaction, payee: string, authorizer: string): bigint {
  let wei = 0n;
  for (const { rows } of paymentsIn(transaction)) {
    const paid = decodePaidRows(rows);
    if (paid.authorizer !== authorizer.toLowerCase()) continue;
    for (const row of paid.rows) if (row.payee === payee.toLowerCase()) wei += row.wei;
  }
  return wei;
}

/** The payee's end. */
export interface DirectDesk {
  /**
   * Looks on the chain for what `peer` says it has paid.
   * @returns what was paid to us, wei; from then on the ledger counts it
   * @throws WRONG_PAYER it is another's; VOUCHER_UNFUNDED the chain does not show it, or not yet; TOO_MANY, CHAIN_UNREACHABLE, CHAIN_REVERTED
   */
  accept(peer: PeerKey, request: PayRequest & { type: 'paid' }): Promise<bigint>;
}

export function createDirectDesk(options: {
  direct: DirectBook;
  rail: ChannelRail;
  ledger: PeerLedger;
  chain: ChainClient;
  deployment: Deployment;
  receiver: string;
  log: Log;
}): DirectDesk {
  const { direct, rail, ledger, chain, deployment, receiver, log } = options;
  /** Each look costs a read of the chain: one at a time for a peer. */
  const looking = new Set<PeerKey>();

  async function look(hash: string, authorizer: string): Promise<bigint> {
    const transaction = await chain.mined(hash);
    if (!transaction) throw new AppError('VOUCHER_UNFUNDED', 'The chain does not show this payment yet.');
    const wei = paidTo(transaction, receiver, authorizer);
    if (wei === 0n) throw new AppError('VOUCHER_UNFUNDED', 'This transaction pays nothing to this seller.');
    return wei;
  }

  return {
    async accept(peer, { transaction, authorizer, signature }) {
      const key = getAddress(authorizer);
      const hash = transaction.toLowerCase();
      if (key === ZeroAddress || !isPaymentBindingValid({ transaction, peerId: peer }, signature, key, deployment))
        throw new AppError('WRONG_PAYER', 'The key that this payment names did not sign for this peer.');
      if (looking.has(peer)) throw new AppError('TOO_MANY', 'One payment at a time, please.');
      looking.add(peer);
      try {
        const wei = await look(hash, key);
        // Between this look into the book and the line below nothing waits.
        const owner = direct.owner(hash, key);
        if (owner !== undefined && owner !== peer)
          throw new AppError('WRONG_PAYER', 'This payment was counted for another peer.');
        direct.add({ role: 'payee', transaction: hash, authorizer: key, peer, wei, told: true });
        countDirect({ rail, ledger }, 'payee', peer);
        if (owner === undefined) log.info({ peer, transaction: hash, wei: `${wei}` }, 'paid on the chain');
        return wei;
      } finally {
        looking.delete(peer);
      }
    },
  };
}

const directionOf = (role: ChannelRole) => (role === 'payee' ? 'out' : 'in');

/** The ledger counts as promised what the books say. */
function countPromised({ rail, ledger }: Counted, role: ChannelRole, peer: PeerKey): void {
  const direction = directionOf(role);
  const total = rail.total(role, peer);
  if (total > ledger.totals(peer, direction).authorizedWei) ledger.authorize(peer, direction, total);
}

/** What was paid without a channel is promised and settled at once. */
export function countDirect(counted: Counted, role: ChannelRole, peer: PeerKey): void {
  countPromised(counted, role, peer);
  counted.ledger.settle(peer, directionOf(role), counted.rail.settled(role).get(peer) ?? 0n);
}

/** At a start: a crash between the books and the ledger leaves the books ahead, and what is signed or paid is what counts. */
export function recount({ book, direct, ...counted }: Counted & { book: ChannelBook; direct: DirectBook }): void {
  for (const role of ['payer', 'payee'] as const) {
    for (const { peer } of book.all(role)) countPromised(counted, role, peer);
    for (const peer of direct.peers(role)) countDirect(counted, role, peer);
  }
}

/** The payer's end. */
export interface DirectPayer {
  /**
   * Pays every row in one transaction; resolves when it is confirmed and in the books. Payees are told afterwards.
   * A bill about the same that was paid before, unknown to us, is found and not paid again.
   * @param about what it is for, 32 bytes 0x-hex
   * @throws as `ChainClient.send` and `confirmed`; WRONG_CHAIN there is no such contract
   */
  pay(about: string, rows: readonly BillRow[]): Promise<{ transaction: string; parts: OpenBill['parts'] }>;
  /** Looks for payments that a crash or a reload cut short. @returns those that it found */
  recover(): Promise<{ about: string; transaction: string; parts: OpenBill['parts'] }[]>;
  /** Tells payees what they have been paid and have not acknowledged. Resolves when each has, or cannot be reached. */
  tell(): Promise<void>;
}

export function createDirectPayer(options: {
  direct: DirectBook;
  rail: ChannelRail;
  ledger: PeerLedger;
  chain: ChainClient;
  keys: PayerKeys;
  transport: PayTransport;
  deployment: Deployment;
  selfPeerId: string;
  onRoom(peer: PeerKey): void;
  log: Log;
}): DirectPayer {
  const { direct, rail, ledger, chain, keys, transport, deployment, selfPeerId, log } = options;
  const authorizer = getAddress(keys.sessionAddress);
  let telling: Promise<void> = Promise.resolve();

  /** A call to an address without code would succeed, and the money would be gone. */
  async function checkDeployed(): Promise<void> {
    const answer = await chain.call({ to: CONTRACT, data: abi.encodeFunctionData('credits', [CONTRACT]) });
    if (answer.length !== 66)
      throw new AppError('WRONG_CHAIN', 'This chain has no contract that pays many at once.', { address: CONTRACT });
  }

  function settle({ about, parts }: OpenBill, transaction: string): void {
    for (const { peer, wei } of parts) {
      direct.add({ role: 'payer', transaction, authorizer, peer, wei, told: false });
      countDirect({ rail, ledger }, 'payer', peer);
    }
    direct.dropBill(about);
  }

  /** The hash of a bill whose answer from the wallet never reached us. */
  async function find({ about, payer, fromBlock, rows }: OpenBill): Promise<string | undefined> {
    const logs = await chain.logs({ address: CONTRACT, topics: [PAID, zeroPadValue(payer, 32), about], fromBlock });
    return logs.find(
      (log) =>
        !direct.knows(log.transactionHash) && paymentsIn({ logs: [{ ...log, address: CONTRACT }] })[0]?.rows === rows,
    )?.transactionHash;
  }

  /** @returns its transaction when it was paid after all; a bill that came to nothing is forgotten */
  async function finish(bill: OpenBill, isPatient: boolean): Promise<string | undefined> {
    const hash = bill.transaction || (await find(bill));
    if (!hash) return undefined;
    try {
      if (!(isPatient ? await chain.confirmed(hash) : await chain.mined(hash))) return undefined;
    } catch (error) {
      if (isAppError(error, 'CHAIN_REVERTED')) direct.dropBill(bill.about);
      throw error;
    }
    settle(bill, hash.toLowerCase());
    return hash;
  }

  async function tellOne(payment: ReturnType<DirectBook['untold']>[number]): Promise<void> {
    const { transaction, peer } = payment;
    const signature = signPaymentBinding(keys.session, { transaction, peerId: selfPeerId }, deployment);
    for (let tries = 1; ; tries++) {
      const answer = await askSeller(transport, peer, { type: 'paid', transaction, authorizer, signature });
      if (answer.type === 'credited') break;
      const error = refusedBy(answer);
      // Its chain node may be a block behind ours, or away for a moment.
      const mayPass = ['VOUCHER_UNFUNDED', 'CHAIN_UNREACHABLE', 'TOO_MANY'].includes(error.code);
      if (!mayPass || tries === TELL_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, TELL_RETRY_MS));
    }
    direct.told(payment);
    options.onRoom(peer);
  }

  return {
    async pay(about, rows) {
      const open = direct.bill(about);
      if (open) {
        const transaction = await finish(open, true);
        if (transaction) return { transaction, parts: open.parts };
      }
      await checkDeployed();
      const encoded = encodePaidRows(rows, authorizer);
      const bill = {
        about,
        payer: keys.wallet.address,
        fromBlock: await chain.blockNumber(),
        rows: encoded,
        parts: rows.map(({ peer, wei }) => ({ peer, wei })),
        transaction: '',
      };
      direct.keepBill(bill);
      const data = abi.encodeFunctionData('payMany', [[{ contentRoot: about, rows: encoded }]]);
      const valueWei = rows.reduce((sum, { wei }) => sum + wei, 0n);
      let transaction: string;
      try {
        transaction = await chain.send({ to: CONTRACT, data, valueWei });
      } catch (error) {
        // Declined, or refused before it was sent.
        if (isAppError(error)) direct.dropBill(about);
        throw error;
      }
      const sent = { ...bill, transaction };
      direct.keepBill(sent);
      await finish(sent, true);
      return { transaction, parts: sent.parts };
    },

    async recover() {
      const found = [];
      for (const bill of direct.bills()) {
        try {
          const transaction = await finish(bill, false);
          if (transaction) found.push({ about: bill.about, transaction, parts: bill.parts });
        } catch (error) {
          if (!isAppError(error)) throw error;
          log.warn({ code: error.code }, `a payment under way: ${error.message}`);
        }
      }
      return found;
    },

    tell() {
      telling = telling.then(async () => {
        await Promise.all(
          direct.untold().map((payment) =>
            tellOne(payment).catch((error: unknown) => {
              if (!isAppError(error)) throw error;
              log.warn({ peer: payment.peer, code: error.code }, `payment not acknowledged: ${error.message}`);
            }),
          ),
        );
      });
      return telling;
    },
  };
}
