/**
 * `npm start`: the main job, end to end, on this machine. A private chain comes up, contracts deploy, two seeders publish a
 * file at different prices, a buyer finds them through the DHT, downloads from both at once, verifies, pays by voucher, and
 * the seeders settle. Then it stays up for whoever wants to try more.
 *
 *   --once        one round, then stop
 *   --json        one JSON object on standard output at the end, progress on standard error
 *   --file PATH   sell this file instead of the Node binary that runs all this
 *   --profile C   dev (our Ethash chain, small dataset), full (the real one), hardhat
 *   --protocol P  http, libp2p, webtorrent, bittorrent or ed2k, repeat for several; http by default, since it starts fastest
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { API_FILE, type GetEvent, type PublishEvent, type SettleAnswer, type WalletAnswer } from '@chiral/protocol/api';
import { WRAPPED_CHIRAL_ABI, WRAPPED_CHIRAL_CREATION_BYTECODE } from '@chiral/protocol/generated/wrapped-chiral';
import { PROTOCOLS } from '@chiral/protocol/offer';
import { ContractFactory, formatEther, type InterfaceAbi, parseEther, Wallet } from 'ethers';
import { createProgress, humanBytes, table } from '../node/src/cli/output.ts';
import { CHAINS, createNetwork, type Daemon, type DevNetwork } from './devnet/network.ts';

/** What each party gets from the faucet: far more than a round costs. */
const FUNDS_WEI = parseEther('100');
/** The two prices, CHI per MiB. */
const PRICES_WEI = [parseEther('0.00001'), parseEther('0.000012')];

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean' },
    json: { type: 'boolean' },
    file: { type: 'string' },
    protocol: { type: 'string', multiple: true },
    profile: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  process.stdout.write(
    'npm start -- [--once] [--json] [--file PATH] [--protocol NAME ...]\n\n  --once   one round, then stop\n  --json   one JSON object at the end\n  --file   a file of yours to sell\n  --profile  chain: dev (default), full, hardhat\n  --protocol   http (default), libp2p, webtorrent, bittorrent, ed2k; repeat for several\n',
  );
  process.exit(0);
}

const startedMs = Number(process.env.CHIRAL_STARTED_MS ?? Date.now() - process.uptime() * 1000);
const seconds = (sinceMs: number) => (Date.now() - sinceMs) / 1000;
const say = (text: string) => void (options.json ? process.stderr : process.stdout).write(`${text}\n`);
const step = (text: string) => say(`${seconds(startedMs).toFixed(1).padStart(6)} s  ${text}`);

interface SellerReport {
  wallet: string;
  protocol: string;
  chunks: number;
  bytes: number;
  /** Wei, decimal: counted by the seller, signed by the buyer, paid by the contract. */
  delivered: string;
  authorized: string;
  settled: string;
  /** Rise of the seller's balance, the gas of its own claim added back. */
  balanceDelta: string;
  gas: string;
  tx: string;
}

const kind = CHAINS.find((name) => name === (options.profile ?? 'dev'));
if (!kind) {
  process.stderr.write(`--profile is one of ${CHAINS.join(', ')}.\n`);
  process.exit(2);
}
// The wallets of the nodes to come are made here: the faucet's block is mined while they start, and the chain pays its rewards
// to one's own node from the first block, so that this node may take work for money.
const wallets = new Map(['seeder-1', 'seeder-2', 'buyer', 'own'].map((name) => [name, Wallet.createRandom()]));
const network = await createNetwork({
  chain: kind,
  etherbase: wallets.get('own')!.address,
  isEager: true,
  ...(options.protocol && { protocols: options.protocol }),
});
let interrupted = false;
process.on('SIGINT', () => {
  if (interrupted) process.exit(130);
  interrupted = true;
  say('\nStopping ...');
  void network.stop().then(() => process.exit(options.once ? 130 : 0));
});
process.on('SIGTERM', () => void network.stop().then(() => process.exit(143)));

try {
  const report = await round(network, resolve(options.file ?? process.execPath));
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (options.once) {
    await network.stop();
    process.exit(report.ok ? 0 : 1);
  }
  const hasPage = await buildPage();
  // Stock x402 clients look at the addresses that our genesis gives its contracts; Hardhat's chain has them elsewhere.
  const token = kind === 'hardhat' ? undefined : await deployWrappedChi(network);
  const own = await startNode('own', [
    ...PROTOCOLS.flatMap((name) => ['--protocol', name]),
    ...(token === undefined ? [] : ['--wrapped-chi', token]),
  ]);
  await explain(network, own, hasPage, token);
} catch (error) {
  if (!interrupted) {
    say(`Failed: ${(error as Error).message}`);
    await network.stop();
    process.exit(1);
  }
}

/** A node with the wallet that was made for it. */
async function startNode(name: string, args: string[] = []): Promise<Daemon> {
  const keyFile = join(network.dir, `${name}.key`);
  await writeFile(keyFile, wallets.get(name)!.privateKey, { mode: 0o600 });
  const daemon = await network.daemon(name, ['--import-key', keyFile, ...args]);
  await rm(keyFile);
  return daemon;
}

async function round(network: DevNetwork, file: string) {
  const { chain, chainReady } = network;
  const announced = chainReady.then(() =>
    step(`chain ${chain.chainId} is up at ${chain.rpcUrl}, BatchSettlement at ${chain.contract}`),
  );
  const addresses = [...wallets.values()].map(({ address }) => address);
  const funding = announced
    .then(() => network.fund(addresses, FUNDS_WEI))
    .then(() => network.provider.getBlockNumber());
  // Looked at when the nodes are up; until then it may not end the process.
  funding.catch(() => {});
  const first = await startNode('seeder-1');
  const [second, buyer, fundedAt] = await Promise.all([startNode('seeder-2'), startNode('buyer'), funding]);
  const sellers = [first, second];
  step(`three nodes are up and funded: two seeders, one buyer`);

  const [cid] = await Promise.all(sellers.map((seller, i) => publish(seller, file, PRICES_WEI[i]!)));
  step(`both seeders offer ${file}\n          CID ${cid}`);

  const bought = await download(buyer, cid!);
  const whole = await sha256(bought.done.path);
  const ok = whole === (await sha256(file));
  step(
    `downloaded ${humanBytes(bought.done.bytes)} in ${bought.done.seconds.toFixed(2)} s, ${ok ? 'identical to the original' : 'BUT IT DIFFERS'}`,
  );

  const reports = [];
  for (const seller of sellers) reports.push(await settle(network, seller, bought.done, fundedAt));
  step('the seeders settled on the chain');
  say('');
  say(
    table(
      ['seller', 'protocol', 'chunks', 'bytes', 'delivered', 'authorized', 'settled', 'transaction'],
      reports.map((row) => [
        `${row.wallet.slice(0, 10)}…`,
        row.protocol,
        `${row.chunks}`,
        humanBytes(row.bytes),
        ...[row.delivered, row.authorized, row.settled].map((wei) => `${formatEther(wei)} CHI`),
        `${row.tx.slice(0, 12)}…`,
      ]),
    ),
  );
  return {
    ok: ok && reports.every((row) => row.balanceDelta === row.settled && row.settled === row.authorized),
    cid,
    bytes: bought.done.bytes,
    seconds: bought.done.seconds,
    firstPaidByteSeconds: bought.firstPaidMs === undefined ? null : (bought.firstPaidMs - startedMs) / 1000,
    sellers: reports,
  };
}

async function publish(seller: Daemon, path: string, weiPerMiB: bigint): Promise<string> {
  for await (const event of seller.api.stream<PublishEvent>(
    '/publish',
    { path, weiPerMiB: `${weiPerMiB}` },
    new AbortController().signal,
  )) {
    if (event.event === 'done') return event.file.cid;
  }
  throw new Error('publishing ended without an answer');
}

async function download(buyer: Daemon, target: string) {
  const progress = createProgress('downloading');
  let firstPaidMs: number | undefined;
  const to = join(buyer.dataDir, 'bought');
  for await (const event of buyer.api.stream<GetEvent>('/get', { target, to }, new AbortController().signal)) {
    if (event.event === 'offer')
      progress.note(
        `          offer of ${event.peer.slice(-8)}: ${formatEther(event.weiPerMiB)} CHI per MiB over ${event.protocols}`,
      );
    if (event.event === 'progress') progress.update(event.bytes, event.total, `${event.sources} sellers`);
    if (event.event === 'paid') firstPaidMs ??= event.atMs;
    if (event.event === 'done') {
      progress.end();
      return { done: event, firstPaidMs };
    }
  }
  throw new Error('the download ended without an answer');
}

/**
 * The seller claims; what it then has is read from the chain, not from its own word. It may have claimed before it was asked:
 * what it sent since `fundedAt`, a block number, is all counted.
 */
async function settle(
  network: DevNetwork,
  seller: Daemon,
  done: GetEvent & { event: 'done' },
  fundedAt: number,
): Promise<SellerReport> {
  const rows = done.sellers.filter(({ peer }) => peer === seller.peerId);
  await seller.api.post<SettleAnswer>('/settle', {});
  const settledAt = await network.provider.getBlockNumber();
  const before = await network.provider.getBalance(seller.wallet, fundedAt);
  const after = await network.provider.getBalance(seller.wallet, settledAt);
  let [gas, transaction] = [0n, ''];
  for (let number = fundedAt + 1; number <= settledAt; number++) {
    const block = await network.provider.getBlock(number, true);
    for (const { from, hash } of block?.prefetchedTransactions ?? []) {
      if (from !== seller.wallet) continue;
      const receipt = await network.provider.getTransactionReceipt(hash);
      gas += receipt ? receipt.gasUsed * receipt.gasPrice : 0n;
      transaction = hash;
    }
  }
  const { channels } = await seller.api.get<WalletAnswer>('/wallet');
  const ledger = await seller.api.get<{ direction: string; deliveredWei: string; authorizedWei: string }[]>('/ledger');
  const sold = ledger.find(({ direction }) => direction === 'out');
  return {
    wallet: seller.wallet,
    protocol: rows
      .filter((row) => row.chunks > 0)
      .map((row) => row.protocol)
      .join('+'),
    chunks: rows.reduce((sum, row) => sum + row.chunks, 0),
    bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
    delivered: sold?.deliveredWei ?? '0',
    authorized: sold?.authorizedWei ?? '0',
    settled: `${channels.reduce((sum, { settledWei }) => sum + BigInt(settledWei), 0n)}`,
    balanceDelta: `${after - before + gas}`,
    gas: `${gas}`,
    tx: transaction,
  };
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part);
  return hash.digest('hex');
}

/** The token in which x402 clients pay: 1 CHI wraps to 1. @returns its address */
async function deployWrappedChi({ chain, provider }: DevNetwork): Promise<string> {
  const factory = new ContractFactory(
    WRAPPED_CHIRAL_ABI as unknown as InterfaceAbi,
    WRAPPED_CHIRAL_CREATION_BYTECODE,
    new Wallet(chain.faucetKey, provider),
  );
  const deployed = await factory.deploy();
  await deployed.waitForDeployment();
  return deployed.getAddress();
}

/** The page that every node hands out, built once; without it the rest works as well. */
async function buildPage(): Promise<boolean> {
  const web = join(import.meta.dirname, '../web');
  if (existsSync(join(web, 'out/index.html'))) return true;
  step('building the page, once ...');
  const ticker = setInterval(() => step('building the page ...'), 10_000);
  const child = spawn(process.execPath, [join(web, 'scripts/build.ts')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => (output = (output + data).slice(-4000)));
  const [code] = await once(child, 'exit');
  clearInterval(ticker);
  if (code !== 0 && !interrupted) say(`The page could not be built; "npm run web" tells more:\n${output}`);
  return code === 0;
}

async function explain(
  { chain, dir }: DevNetwork,
  own: Daemon,
  hasPage: boolean,
  wrappedChi: string | undefined,
): Promise<void> {
  const { token } = JSON.parse(await readFile(join(own.dataDir, API_FILE), 'utf8')) as { token: string };
  const page = `  page        ${own.apiUrl}/#token=${token}
              yours alone: whoever has this address can spend what this node holds
`;
  const x402 =
    wrappedChi === undefined
      ? ''
      : `  x402        ${own.publicUrl}/file/<CID> is paid in WrappedChiral, ${wrappedChi}
`;
  say(`
Everything stays up, with one more node that is yours. In another terminal, from this folder:

  npm run chiral -- -d ${own.dataDir} publish <file> --price 0.00001   offer a file of yours; it prints a CID
  npm run chiral -- -d ${own.dataDir} get <CID> -o .                   buy one
  npm run chiral -- -d ${own.dataDir} status                           see the books; also: ls, wallet, wallet history
  npm run chiral -- chain faucet <address> --rpc ${chain.rpcUrl}        coins for a wallet of yours, MetaMask's for example

${hasPage ? page : ''}  chain       ${chain.rpcUrl}   (chain id ${chain.chainId})
${x402}  owner's API ${own.dataDir}/${API_FILE} holds its URL and token

Ctrl-C stops everything and removes ${dir}.`);
}
