/**
 * ChainClient over JSON-RPC: any Ethereum node will do. Reads, simulates, sends with the next nonce, waits for
 * confirmations, and has the bid raised of what blocks pass by. It never decides what to send. State: the order of sends,
 * so that two never share a nonce.
 */
import { AppError, isAppError } from '@chiral/protocol/errors';
import {
  type BaseWallet,
  isError,
  type JsonRpcApiProvider,
  type JsonRpcApiProviderOptions,
  JsonRpcProvider,
  Network,
  type TransactionReceipt,
} from 'ethers';
import type { ChainCall, ChainClient, ConfirmedTransaction } from '../ports.ts';
import type { BlockTransfers } from './history.ts';
import { createKeySender } from './key-sender.ts';
import type { Sender } from './sender.ts';

/** How often we ask for a new block while waiting, milliseconds; blocks come about every 15 s, in development at once. */
const POLL_MS = 200;
/** The first such pause, milliseconds; each later one is half as long again. */
const FIRST_POLL_MS = 25;
/** Longest wait for a transaction, milliseconds: 40 blocks of 15 s. */
const CONFIRM_TIMEOUT_MS = 600_000;
/** Blocks that may pass a transaction by before its bid is raised. */
const PATIENCE_BLOCKS = 5;
/** Gas above the estimate, percent: state may move between the estimate and the block. */
const GAS_MARGIN_PERCENT = 25n;

export interface RpcChainClient extends ChainClient {
  /** One block with its transactions; undefined when it is not there (yet). */
  block(number: number): Promise<BlockTransfers | undefined>;
  close(): void;
}

/** How a provider of ours asks: of one chain, nothing twice, and each question for itself. @param pollMs see `POLL_MS` */
export const providerOptions = (network: Network, pollMs = POLL_MS): JsonRpcApiProviderOptions => ({
  staticNetwork: network,
  pollingInterval: pollMs,
  cacheTimeout: -1,
  batchMaxCount: 1,
});

/** @param options.wallet sends by itself; without it give a `sender` @param options.provider instead of one of our own at `rpcUrl` */
export function createChainClient(options: {
  rpcUrl: string;
  chainId: number;
  wallet?: BaseWallet;
  sender?: Sender;
  provider?: JsonRpcApiProvider;
  confirmations?: number;
  pollMs?: number;
}): RpcChainClient {
  const { rpcUrl, chainId, confirmations = 1, pollMs = POLL_MS } = options;
  const network = Network.from(chainId);
  const provider = options.provider ?? new JsonRpcProvider(rpcUrl, network, providerOptions(network, pollMs));
  const sender = options.sender ?? createKeySender(options.wallet!.connect(provider), provider);
  let sends: Promise<unknown> = Promise.resolve();

  async function sendNow({ to, data, valueWei = 0n }: ChainCall): Promise<string> {
    const gasLimit = async () => {
      const estimate = await attempt(() => provider.estimateGas({ to, data, value: valueWei, from: sender.address }));
      return estimate + (estimate * GAS_MARGIN_PERCENT) / 100n;
    };
    return attempt(() => sender.send({ to, data, valueWei, gasLimit }));
  }

  return {
    chainId,
    confirmations,
    get address() {
      return sender.address;
    },
    call: ({ to, data, valueWei }) => attempt(() => provider.call({ to, data, value: valueWei, from: sender.address })),
    balanceWei: (address) => attempt(() => provider.getBalance(address)),
    async gasPriceWei() {
      const fees = await attempt(() => provider.getFeeData());
      return fees.gasPrice ?? fees.maxFeePerGas ?? 0n;
    },
    send(call) {
      const mine = sends.then(
        () => sendNow(call),
        () => sendNow(call),
      );
      sends = mine;
      return mine;
    },
    async confirmed(hash, signal) {
      const deadline = Date.now() + CONFIRM_TIMEOUT_MS;
      let hashes: readonly string[] = [hash];
      let raiseAtBlock: number | undefined;
      let pauseMs = Math.min(FIRST_POLL_MS, pollMs);
      try {
        for (;;) {
          if (signal?.aborted) throw new AppError('CANCELLED', 'Stopped waiting for the transaction.', { hash });
          let receipt: TransactionReceipt | null = null;
          for (const one of hashes) receipt ??= await attempt(() => provider.getTransactionReceipt(one));
          if (receipt) {
            // Whatever is mined has one: no need to ask for the head.
            if (confirmations <= 1 || (await receipt.confirmations()) >= confirmations) return toConfirmed(receipt);
          } else if (sender.raise) {
            const block = await attempt(() => provider.getBlockNumber());
            raiseAtBlock ??= block + PATIENCE_BLOCKS;
            if (block >= raiseAtBlock) {
              hashes = await attempt(() => sender.raise!(hash));
              raiseAtBlock = block + PATIENCE_BLOCKS;
            }
          }
          if (Date.now() > deadline)
            throw new AppError('TIMEOUT', 'The transaction was not mined in time; it may still be.', { hash });
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
          pauseMs = Math.min(pauseMs * 1.5, pollMs);
        }
      } finally {
        sender.done?.(hash);
      }
    },
    async mined(hash) {
      const receipt = await attempt(() => provider.getTransactionReceipt(hash));
      if (!receipt || (await attempt(() => receipt.confirmations())) < confirmations) return undefined;
      return toConfirmed(receipt);
    },
    blockNumber: () => attempt(() => provider.getBlockNumber()),
    async logs({ address, topics, fromBlock, toBlock }) {
      const found = await attempt(() => provider.getLogs({ address, topics, fromBlock, toBlock: toBlock ?? 'latest' }));
      return found.map(({ blockNumber, transactionHash, topics, data }) => ({
        blockNumber,
        transactionHash,
        topics,
        data,
      }));
    },
    async block(number) {
      const block = await attempt(() => provider.getBlock(number, true));
      if (!block?.hash) return undefined;
      const transactions = block.prefetchedTransactions.map(({ hash, from, to, value }) => ({
        hash,
        from,
        to,
        wei: value,
      }));
      return { hash: block.hash, parentHash: block.parentHash, transactions };
    },
    close: () => provider.destroy(),
  };
}

/** @throws CHAIN_REVERTED for a transaction that was mined and failed */
function toConfirmed(receipt: TransactionReceipt): ConfirmedTransaction {
  if (receipt.status === 0)
    throw new AppError('CHAIN_REVERTED', 'The transaction was mined and failed.', { hash: receipt.hash });
  const { hash, blockNumber, gasUsed, gasPrice } = receipt;
  const logs = receipt.logs.map(({ address, topics, data }) => ({ address, topics, data }));
  return { hash, blockNumber, gasUsed, gasPriceWei: gasPrice, logs };
}

/** Runs one RPC call and gives its failures our codes; `details.data` keeps the revert data for whoever knows the ABI. */
async function attempt<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    if (isError(cause, 'CALL_EXCEPTION')) {
      throw new AppError(
        'CHAIN_REVERTED',
        `The contract refuses: ${cause.reason ?? cause.shortMessage}.`,
        { data: cause.data },
        { cause },
      );
    }
    if (isError(cause, 'INSUFFICIENT_FUNDS') || /(?:insufficient|enough) funds/i.test((cause as Error).message)) {
      throw new AppError(
        'INSUFFICIENT_FUNDS',
        'The wallet holds less than the payment and its gas. Fund it, then try again.',
        {},
        { cause },
      );
    }
    if (
      isError(cause, 'NETWORK_ERROR') ||
      isError(cause, 'TIMEOUT') ||
      isError(cause, 'SERVER_ERROR') ||
      isConnectionError(cause)
    ) {
      throw new AppError(
        'CHAIN_UNREACHABLE',
        'The chain node does not answer. Payments wait until it does.',
        {},
        { cause },
      );
    }
    throw new AppError('CHAIN_REVERTED', `The chain node refuses: ${(cause as Error).message}`, {}, { cause });
  }
}

function isConnectionError(error: unknown): boolean {
  // What the browsers' fetch says.
  if (/failed to fetch|load failed|networkerror/i.test(String((error as Error).message))) return true;
  return (
    typeof (error as { code?: unknown }).code === 'string' &&
    /^E(CONN|PIPE|HOST|NET|ADDR|TIMEDOUT)/.test((error as { code: string }).code)
  );
}
