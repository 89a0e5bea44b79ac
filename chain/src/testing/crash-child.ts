/**
 * For tests only: the process that is killed. Imports the blocks of a file as fast as it can, with reorganisations among them,
 * and fills the pool meanwhile. Arguments: folder, file. Says `ready` when it begins and `done` when nothing is left.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEthash } from '@chiral/ethash';
import { createBlockFromBytesArray } from '@ethereumjs/block';
import { RLP } from '@ethereumjs/rlp';
import { createTxFromRLP } from '@ethereumjs/tx';
import { Chain } from '../chain.ts';
import { isChainError } from '../errors.ts';
import { createChainSpec } from '../genesis.ts';
import { createLog } from '../log.ts';
import { ChainStore } from '../store/store.ts';
import { TxPool } from '../txpool/pool.ts';

const [folder, file] = process.argv.slice(2) as [string, string];
const genesis = JSON.parse(await readFile(`${file}.genesis`, 'utf8'));
const spec = await createChainSpec(genesis);
const log = createLog('silent');
const store = await ChainStore.open(join(folder, 'chain'));
const chain = await Chain.open({ spec, store, verifier: createEthash({ params: spec.ethash }), log });
const pool = await TxPool.open({ chain, store, log });
const [blocks, transactions] = RLP.decode(await readFile(file)) as unknown as [never[], Uint8Array[]];
process.stdout.write('ready\n');
for (const [i, raw] of blocks.entries()) {
  await chain.import(createBlockFromBytesArray(raw, { common: spec.common, setHardfork: true }));
  const tx = transactions[i % transactions.length]!;
  await pool.add(createTxFromRLP(tx, { common: spec.common })).catch((error: unknown) => {
    if (!isChainError(error, 'TX_REFUSED')) throw error;
  });
}
process.stdout.write('done\n');
