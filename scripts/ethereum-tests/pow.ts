/** PoWTests of github.com/ethereum/tests: sizes, seed, header hash, and mix and result of full-size Ethash, from the cache. */
import { sealHash } from '@chiral/chain/consensus/validate';
import { createEthash } from '@chiral/ethash';
import { cacheBytes, datasetBytes, epochOf, MAINNET_PARAMS, seedHash } from '@chiral/ethash/params';
import { createBlockHeaderFromRLP } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { bytesToHex, hexToBytes, type PrefixedHexString } from '@ethereumjs/util';
import type { Recorder } from '../ethereum-tests.ts';

interface PowCase {
  nonce: string;
  mixHash: string;
  header: string;
  seed: string;
  result: string;
  cache_size: number;
  full_size: number;
  header_hash: string;
}

const hex = (digits: string): PrefixedHexString => `0x${digits.replace(/^0x/, '')}`;

export async function runPowFile(text: string, record: Recorder): Promise<void> {
  const ethash = createEthash();
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Chainstart });
  for (const [name, test] of Object.entries(JSON.parse(text) as Record<string, PowCase>)) {
    const header = createBlockHeaderFromRLP(hexToBytes(hex(test.header)), { common });
    const epoch = epochOf(MAINNET_PARAMS, { blockNumber: header.number });
    const hash = sealHash(header);
    const seal = { sealHash: hash, nonce: header.nonce, mixHash: header.mixHash, difficulty: header.difficulty };
    const { mixHash, result } = await ethash.hashimotoLight({
      epoch,
      sealHash: hash,
      nonce: hexToBytes(hex(test.nonce)),
    });
    const verdict = await ethash.verify({ ...seal, blockNumber: header.number });
    const checks: [what: string, ours: string | number, theirs: string | number][] = [
      ['header hash', bytesToHex(hash), hex(test.header_hash)],
      ['seed', bytesToHex(seedHash(epoch)), hex(test.seed)],
      ['cache size', cacheBytes(MAINNET_PARAMS, epoch), test.cache_size],
      ['dataset size', datasetBytes(MAINNET_PARAMS, epoch), test.full_size],
      ['mix hash', bytesToHex(mixHash), hex(test.mixHash)],
      ['result', bytesToHex(result), hex(test.result)],
      // The vectors hash a nonce; whether it also meets the difficulty of their header is another matter.
      ['verdict', `${verdict}`, `${BigInt(hex(test.result)) <= 2n ** 256n / header.difficulty}`],
    ];
    for (const [what, ours, theirs] of checks)
      record(`${name} ${what}`, ours === theirs ? undefined : `${ours}, expected ${theirs}`);
  }
}
