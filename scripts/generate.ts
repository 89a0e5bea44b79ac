/**
 * Builds the contracts and writes what the rest of the project needs of them into protocol/src/generated: ABI, bytecode and
 * the EIP-712 types, read from the Solidity and never typed a second time. `--check` writes nothing and fails when a file
 * there is not what it would write.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import hre from 'hardhat';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const OUT = join(ROOT, 'protocol/src/generated');

/** Contracts that TypeScript speaks to; tests and libraries stay out. */
const CONTRACTS = [
  'BatchSettlement',
  'ERC3009DepositCollector',
  'FairExchange',
  'Multicall3',
  'Payments',
  'Permit2DepositCollector',
  'WrappedChiral',
];

interface TypedField {
  readonly name: string;
  readonly type: string;
}

/** EIP-712 `encodeType` strings of a source, as the contract hashes them: `A(uint x)` or `A(B[] b)B(uint x)`. */
function readTypedData(source: string): Record<string, TypedField[]> {
  const types: Record<string, TypedField[]> = {};
  for (const [, encoded = ''] of source.matchAll(/keccak256\(\s*"((?:[A-Z]\w*\([^)"]*\))+)"\s*\)/g)) {
    for (const [, name = '', fields = ''] of encoded.matchAll(/([A-Z]\w*)\(([^)]*)\)/g)) {
      if (name === 'EIP712Domain') continue;
      types[name] = fields.split(',').map((field) => {
        const [type = '', fieldName = ''] = field.split(' ');
        return { name: fieldName, type };
      });
    }
  }
  return types;
}

const constantCase = (name: string) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();
const kebabCase = (name: string) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
const literal = (value: unknown) => JSON.stringify(value, null, 2);

async function render(contract: string): Promise<string> {
  const artifact = await hre.artifacts.readArtifact(contract);
  const source = artifact.inputSourceName?.replace(/^project\//, '') ?? `contracts/${contract}.sol`;
  const typedData = readTypedData(await readFile(join(ROOT, source), 'utf8'));
  const prefix = constantCase(contract);
  const exports: [name: string, what: string, value: string][] = [
    [`${prefix}_ABI`, 'its ABI', `${literal(artifact.abi)} as const`],
    [`${prefix}_CREATION_BYTECODE`, 'what a deployment sends', literal(artifact.bytecode)],
    [`${prefix}_RUNTIME_BYTECODE`, 'what lies at its address', literal(artifact.deployedBytecode)],
  ];
  if (Object.keys(typedData).length > 0) {
    exports.push([`${prefix}_TYPED_DATA`, 'EIP-712 types that it hashes', literal(typedData)]);
  }
  const names = exports.map(([name, what]) => ` * ${name}: ${what}.`).join('\n');
  const body = exports.map(([name, , value]) => `export const ${name} = ${value};`).join('\n\n');
  return `/**\n * Generated from ${source} by \`npm run generate\`; do not edit. Exports:\n${names}\n */\n${body}\n`;
}

/** @returns paths under protocol/src/generated that differ from what the contracts say */
async function findStale(files: Map<string, string>): Promise<string[]> {
  const present = await readdir(OUT).catch(() => []);
  const stale = present.filter((name) => !files.has(name));
  for (const [name, text] of files) {
    if ((await readFile(join(OUT, name), 'utf8').catch(() => undefined)) !== text) stale.push(name);
  }
  return stale;
}

export async function main(args: string[]): Promise<void> {
  await hre.tasks.getTask('build').run({ quiet: true, noTests: true });
  const files = new Map<string, string>();
  for (const contract of CONTRACTS) files.set(`${kebabCase(contract)}.ts`, await render(contract));
  const stale = await findStale(files);
  if (args.includes('--check')) {
    if (stale.length === 0) return;
    throw new Error(
      `Stale in protocol/src/generated: ${stale.join(', ')}. Run npm run generate and commit what it writes.`,
    );
  }
  await mkdir(OUT, { recursive: true });
  for (const name of stale) {
    const text = files.get(name);
    if (text !== undefined) await writeFile(join(OUT, name), text);
    console.log(text === undefined ? `left over, delete it: ${name}` : `wrote protocol/src/generated/${name}`);
  }
}

if (import.meta.main) await main(process.argv.slice(2));
