/**
 * The house: who may import whom, and which words stay out of which room. The table below is ARCHITECTURE.md's, and the last
 * tests plant what must not be to see that it is found.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ERRORS } from '@chiral/protocol/errors';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Longest prefix wins. `own` is implied; npm packages are free unless `packages` narrows them. */
const HOUSE: { folder: string; may: string[] }[] = [
  { folder: 'protocol/src', may: [] },
  { folder: 'ethash/src', may: [] },
  { folder: 'ethash/scripts', may: ['ethash/src'] },
  { folder: 'chain/src', may: ['ethash/src'] },
  ...['content', 'discovery', 'transfer', 'accounting', 'payments', 'chain'].map((room) => ({
    folder: `node/src/${room}`,
    may: [
      'protocol/src',
      'node/src/ports.ts',
      'node/src/db.ts',
      'node/src/sql.ts',
      'node/src/log.ts',
      'node/src/pause.ts',
      'node/src/http.ts',
    ],
  })),
  // Work as money: the one place in the node that knows the proof of work.
  ...['work-desk.ts', 'work-searcher.ts'].map((file) => ({
    folder: `node/src/payments/${file}`,
    may: ['protocol/src', 'ethash/src', 'node/src/ports.ts', 'node/src/log.ts', 'node/src/payments'],
  })),
  { folder: 'node/src/api', may: ['protocol/src', 'node/src/ports.ts', 'node/src/log.ts'] },
  { folder: 'node/src/cli', may: ['protocol/src'] },
  { folder: 'node/src/cli/up.ts', may: ['protocol/src', 'node/src'] },
  { folder: 'node/src/cli.ts', may: ['protocol/src', 'node/src/cli', 'node/src/config.ts'] },
  { folder: 'node/src/ports.ts', may: ['protocol/src'] },
  { folder: 'node/src/sql.ts', may: [] },
  { folder: 'node/src/db.ts', may: ['protocol/src', 'node/src/sql.ts'] },
  { folder: 'node/src/log.ts', may: [] },
  { folder: 'node/src/pause.ts', may: [] },
  { folder: 'node/src/http.ts', may: ['protocol/src'] },
  { folder: 'node/src/config.ts', may: ['protocol/src'] },
  { folder: 'node/src/curve.ts', may: ['protocol/src'] },
  { folder: 'node/src/site.ts', may: ['protocol/src', 'node/src/http.ts'] },
  { folder: 'node/src/node.ts', may: ['protocol/src', 'node/src'] },
  { folder: 'node/src/adapters.ts', may: ['protocol/src', 'node/src'] },
  { folder: 'node/src/control.ts', may: ['protocol/src', 'node/src'] },
  { folder: 'node/src/buy.ts', may: ['protocol/src', 'node/src'] },
  { folder: 'node/src/folders.ts', may: ['protocol/src', 'node/src'] },
  { folder: 'node/src/tally.ts', may: ['protocol/src', 'node/src/ports.ts', 'node/src/sql.ts'] },
  { folder: 'node/src/showcase.ts', may: ['protocol/src', 'node/src/db.ts'] },
  { folder: 'node/src/stock-session.ts', may: ['protocol/src', 'node/src'] },
  { folder: 'node/src/stock-door.ts', may: ['protocol/src', 'node/src'] },
  { folder: 'web', may: ['protocol/src'] },
  {
    folder: 'web/lib/engine',
    // What a page shares with the node: rooms that take ports, and touch no file, socket or process.
    may: [
      'protocol/src',
      'ethash/src',
      'node/src/ports.ts',
      'node/src/sql.ts',
      'node/src/log.ts',
      'node/src/pause.ts',
      'node/src/buy.ts',
      'node/src/sell.ts',
      'node/src/accounting/ledger.ts',
      'node/src/accounting/policy.ts',
      'node/src/accounting/sessions.ts',
      'node/src/chain/client.ts',
      'node/src/chain/key-sender.ts',
      'node/src/chain/sender.ts',
      'node/src/discovery/catalogue-client.ts',
      'node/src/discovery/channel.ts',
      'node/src/discovery/directory.ts',
      'node/src/discovery/host-core.ts',
      'node/src/discovery/request-protocol.ts',
      'node/src/discovery/signal.ts',
      'node/src/payments/after-payer.ts',
      'node/src/payments/channel-book.ts',
      'node/src/payments/contract.ts',
      'node/src/payments/direct-book.ts',
      'node/src/payments/direct.ts',
      'node/src/payments/opener.ts',
      'node/src/payments/payee.ts',
      'node/src/payments/payer.ts',
      'node/src/payments/rail.ts',
      'node/src/payments/work-payer.ts',
      'node/src/transfer/scheduler.ts',
      'node/src/transfer/uplink.ts',
      'node/src/transfer/adapters/http-refusal.ts',
      'node/src/transfer/adapters/libp2p/adapter.ts',
      'node/src/transfer/adapters/torrent/dial-webrtc.ts',
      'node/src/transfer/adapters/torrent/peer-proof.ts',
      'node/src/transfer/adapters/torrent/signalling.ts',
      'node/src/transfer/adapters/torrent/sources.ts',
      'node/src/transfer/adapters/torrent/untyped.d.ts',
    ],
  },
  { folder: 'node/src/sell.ts', may: ['protocol/src', 'node/src/ports.ts', 'node/src/db.ts', 'node/src/log.ts'] },
];

/** Words that a room must not know, in code and in comments. */
const WORDS: { folder: string; never: RegExp }[] = [
  { folder: 'node/src/transfer', never: /wei(?!gh)|voucher|payee/i },
  { folder: 'node/src/discovery', never: /wei(?!gh)|voucher|payee/i },
  { folder: 'node/src/payments', never: /manifest/i },
];

const packages: Record<string, string> = {
  '@chiral/protocol': 'protocol/src',
  '@chiral/ethash': 'ethash/src',
  '@chiral/chain': 'chain/src',
  '@chiral/node': 'node/src',
};

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]|new URL\(\s*['"](\.[^'"]+\.ts)['"]/g;

/** Files of ours that `source`, which lies at `file`, imports; paths from the root. */
function importsOf(file: string, source: string): string[] {
  return [...source.matchAll(IMPORT)].flatMap(([, imported, url]) => {
    const target = imported ?? url!;
    // Vectors and other data stand beside the code that reads them.
    if (target.endsWith('.json')) return [];
    if (target.startsWith('.')) return relative(root, resolve(root, dirname(file), target));
    const [scope, name, ...rest] = target.split('/');
    const folder = packages[`${scope}/${name}`];
    return folder ? [rest.length > 0 ? `${folder}/${rest.join('/')}.ts` : folder] : [];
  });
}

const isIn = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** What is wrong with one file, in words. */
function faultsOf(file: string, source: string): string[] {
  const faults: string[] = [];
  const place = HOUSE.filter(({ folder }) => isIn(file, folder)).sort((a, b) => b.folder.length - a.folder.length)[0];
  if (!place) return [`${file} stands in no room of the house`];
  for (const imported of importsOf(file, source)) {
    if (![place.folder, ...place.may].some((folder) => isIn(imported, folder)))
      faults.push(`${file} imports ${imported}`);
  }
  for (const { folder, never } of WORDS) {
    const said = isIn(file, folder) && source.match(never);
    if (said) faults.push(`${file} says "${said[0]}"`);
  }
  return faults;
}

const files = [
  ...globSync('{protocol,ethash,chain,node}/{src,scripts}/**/*.ts', { cwd: root }),
  ...globSync('web/{app,components,lib}/**/*.{ts,tsx}', { cwd: root }),
].filter((file) => !file.endsWith('.test.ts'));

/** What of the node a page runs: nothing reached from here may need a machine. */
const PAGE_ROOTS = globSync('web/lib/engine/*.ts', { cwd: root });

describe('the house', () => {
  it('is there to be checked', () => {
    for (const room of ['content', 'discovery', 'transfer', 'accounting', 'payments', 'chain', 'api']) {
      assert.ok(
        files.some((file) => file.startsWith(`node/src/${room}/`)),
        room,
      );
    }
  });

  it('keeps every import within the table and every word in its room', () => {
    assert.deepEqual(
      files.flatMap((file) => faultsOf(file, readFileSync(join(root, file), 'utf8'))),
      [],
    );
  });

  it('runs nothing in a page that needs a machine', () => {
    const seen = new Set<string>();
    const faults: string[] = [];
    const visit = (file: string): void => {
      if (seen.has(file) || !existsSync(join(root, file))) return;
      seen.add(file);
      // Types are erased before a page is made.
      const source = readFileSync(join(root, file), 'utf8').replace(/import type [^;]+;|export type \{[^;]+;/g, '');
      for (const [, name] of source.matchAll(/(?:from|import)\s*\(?\s*'(node:[^']+|ws|express|webtorrent|pino)'/g))
        faults.push(`${file} needs ${name}`);
      for (const next of importsOf(file, source)) visit(next);
    };
    PAGE_ROOTS.forEach(visit);
    assert.ok(seen.has('node/src/transfer/scheduler.ts'));
    assert.deepEqual(faults, []);
  });

  it('has no circle between files', () => {
    const graph = new Map(files.map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'))]));
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
        return;
      }
      state.set(file, 'open');
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    assert.deepEqual(circles, []);
  });

  it('explains every file over 400 lines in its header', () => {
    const long = files
      .filter((file) => !file.includes('/generated/'))
      .flatMap((file) => {
        const text = readFileSync(join(root, file), 'utf8');
        const header = text.slice(0, text.indexOf('*/'));
        return text.split('\n').length > 400 && !/long because/i.test(header) ? [file] : [];
      });
    assert.deepEqual(long, []);
  });

  for (const [what, file, source] of [
    ['transfer importing payments', 'node/src/transfer/x.ts', "import { a } from '../payments/rail.ts';"],
    ['payments importing transfer', 'node/src/payments/x.ts', "import type { A } from '../transfer/scheduler.ts';"],
    ['discovery importing content', 'node/src/discovery/x.ts', "export * from '../content/library.ts';"],
    ['a dynamic import', 'node/src/transfer/x.ts', "await import('../accounting/ledger.ts');"],
    [
      'a worker of another room',
      'node/src/transfer/x.ts',
      "new Worker(new URL('../content/hash-worker.ts', import.meta.url));",
    ],
    ['protocol importing node', 'protocol/src/x.ts', "import { createNode } from '@chiral/node/node';"],
    ['the payer knowing the proof of work', 'node/src/payments/payer.ts', "import '@chiral/ethash/shares';"],
    ['chain importing protocol', 'chain/src/x.ts', "import { a } from '@chiral/protocol/content';"],
    ['money in transfer', 'node/src/transfer/x.ts', 'const weiPerMiB = 1n;'],
    ['a voucher in discovery', 'node/src/discovery/x.ts', '// waits for the voucher'],
    ['a manifest in payments', 'node/src/payments/x.ts', 'const manifest = 1;'],
    ['a page component importing the node', 'web/components/x.tsx', "import { buy } from '@chiral/node/buy';"],
    ['the engine importing the daemon', 'web/lib/engine/x.ts', "import { createNode } from '@chiral/node/node';"],
    ['a file outside every room', 'node/src/utils.ts', ''],
  ] as const) {
    it(`goes red at ${what}`, () => assert.equal(faultsOf(file, source).length, 1));
  }

  it('lets transfer weigh things', () => assert.deepEqual(faultsOf('node/src/transfer/x.ts', 'const weight = 1;'), []));
});

describe('the documents', () => {
  it('lists every error code, with its status and meaning, in docs/errors.md', () => {
    const text = readFileSync(join(root, 'docs/errors.md'), 'utf8');
    const rows = Object.entries(ERRORS).map(
      ([code, { http, wire, retry, meaning }]) => `| \`${code}\` | ${http} | ${wire} | ${retry} | ${meaning} |`,
    );
    assert.deepEqual(
      text.split('\n').filter((line) => line.startsWith('| `')),
      rows,
    );
  });

  it('names only folders that exist in ARCHITECTURE.md', () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    const named = [
      ...text.matchAll(/`((?:protocol|ethash|chain|node|contracts|genesis|ignition|scripts|test|web)\/[\w./-]*)`/g),
    ].map(([, path]) => path!);
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((path) => !existsSync(join(root, path))),
      [],
    );
  });
});

/** Packages that bring a script for their installation. None of these runs here; each was read, and what it would do is this. */
const INSTALL_SCRIPTS: Record<string, string> = {
  bufferutil: 'picks the build of its native code that it brings, or compiles it',
  'classic-level': 'the same',
  'utf-8-validate': 'the same',
  'utp-native': 'the same',
  esbuild: 'checks the binary of its platform package',
  'ip-set': 'refuses any installer but pnpm',
};

describe('the packages', () => {
  interface Locked {
    readonly hasInstallScript?: boolean;
    readonly integrity?: string;
    /** Comes inside another, under that one's integrity. */
    readonly inBundle?: boolean;
    readonly link?: boolean;
  }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };

  it('bring no script for their installation that nobody has read, and none is run', () => {
    const scripted = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));
    assert.deepEqual([...new Set(scripted)].sort(), Object.keys(INSTALL_SCRIPTS).sort());
    assert.match(readFileSync(join(root, 'scripts/bootstrap.mjs'), 'utf8'), /NPM_FLAGS = \['--ignore-scripts'/);
  });

  it('from a registry are held to the bytes that were locked', () => {
    const bought = Object.entries(lock.packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);
    assert.ok(bought.length > 500);
    const loose = bought.filter(([, { integrity, inBundle }]) => !integrity && !inBundle).map(([path]) => path);
    assert.deepEqual(loose, []);
  });
});
