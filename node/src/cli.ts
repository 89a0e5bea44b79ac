#!/usr/bin/env node
/**
 * `chiral`: one program in every role. `up` runs the daemon; every other command asks a running one over its loopback API.
 * Standard output is the answer (text for people, JSON with --json), standard error is progress and trouble.
 * Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C.
 *
 * Long because every command is told here, one after the other, as `--help` tells them.
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  CatalogueRow,
  FileRow,
  GetEvent,
  HistoryRow,
  LedgerRow,
  PublishEvent,
  SessionEvent,
  SettleAnswer,
  StatusAnswer,
  WalletAnswer,
} from '@chiral/protocol/api';
import { isAppError } from '@chiral/protocol/errors';
import { PROTOCOLS } from '@chiral/protocol/offer';
import { Command, InvalidArgumentError, Option } from 'commander';
import { formatEther, parseEther } from 'ethers';
import { connect } from './cli/client.ts';
import { createProgress, humanBytes, table } from './cli/output.ts';
import { sessionText, workText } from './cli/texts.ts';
import { runDaemon } from './cli/up.ts';
import { defaultDataDir } from './config.ts';

const program = new Command('chiral')
  .description('A peer-to-peer file network in which every delivered byte can be paid for.')
  .version('0.1.0')
  .option('-d, --data-dir <folder>', 'where keys, ledger and settings live', defaultDataDir())
  .option('--json', 'answer in JSON')
  .showHelpAfterError('(add --help for what it takes)')
  .configureOutput({ outputError: (text, write) => write(text) })
  .exitOverride((error) => process.exit(error.exitCode === 1 ? 2 : error.exitCode));

interface Global {
  dataDir: string;
  json?: boolean;
}
const globals = (command: Command) => command.optsWithGlobals<Global>();
const api = (command: Command) => connect(globals(command).dataDir);

/** Amount in CHI, at most 18 decimals → wei. */
function chi(text: string): bigint {
  try {
    const wei = parseEther(text);
    if (wei >= 0n) return wei;
  } catch {
    // Answered below, the same for every malformed amount.
  }
  throw new InvalidArgumentError('An amount in CHI, such as 0.25.');
}

function answer(command: Command, value: unknown, text: () => string): void {
  process.stdout.write(globals(command).json ? `${JSON.stringify(value)}\n` : `${text()}\n`);
}

/** Runs another program of the project in this terminal and ends as it ends. */
function runProgram(script: string, args: string[]): void {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: 'inherit' });
  // Ctrl-C reaches it by the terminal; it says how it ends.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
}

/** Aborts at Ctrl-C; a second one ends the process at once. */
function interruptible(): AbortSignal {
  const abort = new AbortController();
  process.once('SIGINT', () => {
    abort.abort();
    process.once('SIGINT', () => process.exit(130));
  });
  return abort.signal;
}

const number = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('A whole number.');
  return value;
};
const collect = (value: string, all: string[] = []) => [...all, value];

program
  .command('up')
  .description('run the daemon: seed what was published, answer the network, keep the books')
  .option('--listen <multiaddr>', 'libp2p address to listen on (repeat for several)', collect)
  .option('--bootstrap <multiaddr>', 'node to join through (repeat for several)', collect)
  .option('--http-host <host>', 'address for the public HTTP server (default 127.0.0.1)')
  .option('--http-port <port>', 'port for the public HTTP server (default: a free one)', number)
  .option('--public-url <url>', 'how others reach that server')
  .option(
    '--api-port <port>',
    'port for the owner’s API on loopback (default: that of the last run, or a free one)',
    number,
  )
  .addOption(
    new Option('--protocol <name>', 'serve and fetch over this protocol only (repeat for several)')
      .choices(PROTOCOLS)
      .argParser<string[]>(collect),
  )
  .option('--rpc <url>', 'JSON-RPC of the chain node (default http://127.0.0.1:8545)')
  .option('--contract <address>', 'settlement contract')
  .option('--site-dir <folder>', 'the page to hand out at /; web/out by default')
  .option('--wrapped-chi <address>', 'token contract of wrapped CHI: lets x402 clients pay for HTTP')
  .option('--confirmations <n>', 'blocks before a payment counts', number)
  .addOption(new Option('--preset <name>', 'how much to trust').choices(['strict', 'balanced', 'generous']))
  .option('--price <chi>', 'price of new files, CHI per MiB', chi)
  .option('--max-price <chi>', 'the most to pay, CHI per MiB', chi)
  .option(
    '--work-percent <n>',
    'what work is worth here, percent of the fair price; 0 takes none (default 100)',
    number,
  )
  .option('--no-auto-seed', 'do not offer what was downloaded')
  .option(
    '--password-file <path>',
    'file with the keystore password (or CHIRAL_PASSWORD; else one is made and kept in the data folder)',
  )
  .option('--until-stdin-ends', 'stop when standard input ends: for a program that starts a daemon and may die')
  .option('--import-key <path>', 'file with a private key for a new wallet')
  .action(async (options, command: Command) => {
    await runDaemon(globals(command).dataDir, options, Boolean(globals(command).json));
  });

program
  .command('publish')
  .description('offer a file, or a folder and all in it, at a price; hashed where it lies and never copied')
  .argument('<file>')
  .option('--price <chi>', 'CHI per MiB', chi)
  .option('--name <name>', 'as others shall see it')
  .option('--mime <type>')
  .option('--protocol <name>', 'serve over this protocol only (repeat for several)', collect)
  .option('--public [about]', 'list it in the public catalogue, with a line about it')
  .option('--no-public', 'take it off the catalogue')
  .action(async (file: string, options, command: Command) => {
    const progress = createProgress('hashing');
    const request = {
      path: resolve(file),
      name: options.name,
      mime: options.mime,
      protocols: options.protocol,
      weiPerMiB: options.price?.toString(),
      listed: options.public === false ? null : options.public === true ? '' : options.public,
    };
    for await (const event of api(command).stream<PublishEvent>('/publish', request, interruptible())) {
      if (event.event === 'progress') progress.update(event.bytes, event.total);
      if (event.event !== 'done') continue;
      progress.end();
      const row = event.file;
      answer(command, row, () => `${row.cid}\n\nAnybody on your network can now run:  chiral get ${row.cid}`);
    }
  });

program
  .command('get')
  .description('download a file from everybody who offers it, paying each for what it delivers')
  .argument('<target>', 'CID, SHA-256 of a file, infohash, magnet link, or chiral:<CID>')
  .option('-o, --output <path>', 'file or folder (default: the daemon’s downloads folder)')
  .option('--max <chi>', 'the most this download may cost, CHI', chi)
  .option('--protocol <name>', 'only over this protocol (repeat for several)', collect)
  .option('--work', 'pay by work instead of money: shares for the blocks of each seller that takes them')
  .option('--threads <n>', 'threads to work with (default: all processors)', number)
  .action(async (target: string, options, command: Command) => {
    const progress = createProgress('downloading');
    const to =
      options.output && (options.output.endsWith('/') ? `${resolve(options.output)}/` : resolve(options.output));
    const work = options.work && { ...(options.threads !== undefined && { threads: options.threads }) };
    const request = { target, to, maxWei: options.max?.toString(), protocols: options.protocol, work };
    let worked = '';
    for await (const event of api(command).stream<GetEvent>('/get', request, interruptible())) {
      if (event.event === 'work') worked = workText(event);
      if (event.event === 'progress') {
        const costs = `${event.sources} sellers, ${formatEther(event.costWei)} CHI${worked}`;
        progress.update(event.bytes, event.total, costs);
      } else if (event.event === 'refused') progress.note(`seller ${event.peer.slice(-8)}: ${event.message}`);
      else if (event.event === 'source' && event.state !== 'joined' && event.state !== 'choked') {
        progress.note(`seller ${event.peer.slice(-8)} ${event.state}${event.message ? ` (${event.message})` : ''}`);
      } else if (event.event === 'done') {
        progress.end();
        const rows = event.sellers.map((row) => [
          row.peer.slice(-8),
          row.protocol,
          humanBytes(row.bytes),
          `${formatEther(row.costWei)} CHI`,
        ]);
        answer(command, event, () => `${event.path}\n\n${table(['seller', 'protocol', 'bytes', 'paid'], rows)}`);
      }
    }
  });

program
  .command('find')
  .description('search the public catalogue; without words, what was listed last')
  .argument('[words...]')
  .action(async (words: string[], _options, command: Command) => {
    const rows = await api(command).get<CatalogueRow[]>(`/catalogue?words=${encodeURIComponent(words.join(' '))}`);
    answer(command, rows, () => {
      if (rows.length === 0)
        return 'Nothing like that is listed. List a file of yours with: chiral publish <file> --public';
      return table(
        ['cid', 'name', 'size', 'CHI per MiB', 'about'],
        rows.map((row) => [row.cid, row.name, humanBytes(row.size), formatEther(row.weiPerMiB), row.about]),
      );
    });
  });

program
  .command('session')
  .description(
    'links for curl, torrent and eDonkey clients that know nothing of us; pays for what they fetch until Ctrl-C',
  )
  .argument('<target>', 'CID, SHA-256 of a file, or chiral:<CID>')
  .option('--max <chi>', 'the most that each seller gets, CHI', chi)
  .option('--ed2k-user-hash <hash>', '32 hex digits by which your eDonkey client calls itself')
  .option('--peer <id>', 'only with this seller')
  .action(async (target: string, options, command: Command) => {
    const { max, ed2kUserHash, peer } = options;
    const request = { target, maxWei: max?.toString(), ed2kUserHash, peer };
    for await (const event of api(command).stream<SessionEvent>('/session', request, interruptible())) {
      answer(command, event, () => sessionText(event));
    }
  });

program
  .command('ls')
  .description('list what is held here and what it costs')
  .action(async (_options, command: Command) => {
    const files = await api(command).get<FileRow[]>('/files');
    answer(command, files, () => {
      if (files.length === 0) return 'Nothing here yet. Offer a file with: chiral publish <file> --price 0.00001';
      return table(
        ['cid', 'name', 'size', 'held', 'CHI per MiB'],
        files.map((row) => [
          row.cid,
          row.name,
          humanBytes(row.size),
          row.complete ? 'whole' : `${row.heldChunks}/${row.totalChunks}`,
          row.offer ? formatEther(row.offer.weiPerMiB) : 'not offered',
        ]),
      );
    });
  });

program
  .command('rm')
  .description('stop offering a file; the file itself stays')
  .argument('<cid>')
  .action(async (cid: string, _options, command: Command) => {
    await api(command).delete(`/files/${encodeURIComponent(cid)}`);
    answer(command, { cid }, () => 'No longer offered.');
  });

program
  .command('chain')
  .description(
    'run a node of the chain (chiral chain --help); chiral chain faucet ADDRESS gives out coins of a development chain',
  )
  .helpOption(false)
  .allowUnknownOption()
  .argument('[options...]')
  .action((args: string[]) =>
    args[0] === 'faucet'
      ? runProgram('../../chain/src/faucet.ts', args.slice(1))
      : runProgram('../../chain/src/main.ts', args),
  );

program
  .command('mine')
  .description('mine for any node that gives out work (getWork); chiral mine --help lists its options')
  .helpOption(false)
  .allowUnknownOption()
  .argument('[options...]')
  .action((args: string[]) => runProgram('../../chain/src/mine.ts', args));

program
  .command('status')
  .description('show the daemon, its network, its chain')
  .action(async (_options, command: Command) => {
    const [status, ledger] = await Promise.all([
      api(command).get<StatusAnswer>('/status'),
      api(command).get<LedgerRow[]>('/ledger'),
    ]);
    answer(command, { ...status, ledger }, () =>
      [
        `peer      ${status.peerId}`,
        `wallet    ${status.wallet}${status.balanceWei ? `  ${formatEther(status.balanceWei)} CHI` : ''}`,
        `network   ${status.peers} peers, ${status.dhtPeers} in the DHT`,
        `chain     ${status.chain.reachable ? `block ${status.chain.blockNumber}` : 'unreachable, payments wait'} (${status.chain.rpcUrl})`,
        `http      ${status.publicUrl}`,
        `files     ${status.files}`,
        `unsettled ${formatEther(status.unsettledWei)} CHI`,
        ...(ledger.length === 0
          ? []
          : [
              '',
              table(
                ['peer', '', 'bytes', 'delivered', 'authorized', 'settled', 'worked'],
                ledger.map((row) => [
                  row.peer.slice(-8),
                  row.direction === 'out' ? 'sold' : 'bought',
                  humanBytes(row.bytes),
                  ...[row.deliveredWei, row.authorizedWei, row.settledWei, row.workedWei].map((wei) =>
                    formatEther(wei),
                  ),
                ]),
              ),
            ]),
      ].join('\n'),
    );
  });

const wallet = program.command('wallet').description('show the wallet, its channels, and move money');
wallet.action(async (_options, command: Command) => {
  const seen = await api(command).get<WalletAnswer>('/wallet');
  answer(command, seen, () =>
    [
      `address   ${seen.address}`,
      `balance   ${formatEther(seen.balanceWei)} CHI`,
      ...(seen.channels.length === 0
        ? []
        : [
            '',
            table(
              ['channel', 'role', 'deposit', 'promised', 'settled', ''],
              seen.channels.map((row) => [
                row.id,
                row.role === 'payer' ? 'we pay' : 'pays us',
                ...[row.balanceWei, row.cumulativeWei, row.settledWei].map((wei) => formatEther(wei)),
                row.closing ? 'closing' : '',
              ]),
            ),
          ]),
    ].join('\n'),
  );
});
wallet
  .command('send')
  .description('send CHI to an address')
  .argument('<address>')
  .argument('<chi>', 'amount in CHI', chi)
  .action(async (to: string, wei: bigint, _options, command: Command) => {
    const sent = await api(command).post<{ hash: string }>('/wallet/send', { to, wei: wei.toString() });
    answer(command, sent, () => `sent: ${sent.hash}`);
  });
wallet
  .command('history')
  .description('every transaction to and from the wallet')
  .action(async (_options, command: Command) => {
    const rows = await api(command).get<HistoryRow[]>('/wallet/history');
    answer(command, rows, () =>
      table(
        ['block', '', 'CHI', 'with', 'transaction'],
        rows.map((row) => [
          `${row.blockNumber}`,
          row.direction,
          formatEther(row.wei),
          (row.direction === 'in' ? row.from : row.to) ?? 'new contract',
          row.hash,
        ]),
      ),
    );
  });
wallet
  .command('withdraw')
  .description('take back what a channel holds unpromised: once to begin, again after the delay to finish')
  .argument('<channel>')
  .action(async (channelId: string, _options, command: Command) => {
    const done = await api(command).post<{ hash: string; state: string; readyAt?: number }>('/withdraw', { channelId });
    answer(command, done, () =>
      done.state === 'finished'
        ? `withdrawn: ${done.hash}`
        : `begun: ${done.hash}\nRun it again after ${new Date((done.readyAt ?? 0) * 1000).toLocaleString()}.`,
    );
  });

program
  .command('settle')
  .description('claim on the chain what buyers have promised')
  .action(async (_options, command: Command) => {
    const report = await api(command).post<SettleAnswer>('/settle', {});
    answer(command, report, () =>
      report.transaction ? `settled ${report.rows.length} channels: ${report.transaction}` : 'Nothing to settle.',
    );
  });

program.parseAsync().catch((error: unknown) => {
  if (!isAppError(error)) throw error;
  const json = program.opts<Global>().json;
  process.stderr.write(
    json ? `${JSON.stringify({ code: error.code, message: error.message, ...error.details })}\n` : `${error.message}\n`,
  );
  process.exitCode = error.code === 'CANCELLED' ? 130 : 1;
});
