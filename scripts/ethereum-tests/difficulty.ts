/** DifficultyTests of github.com/ethereum/tests: the canonical difficulty of one child. */
import { type DifficultyRules, nextDifficulty } from '@chiral/chain/consensus/difficulty';
import type { Recorder } from '../ethereum-tests.ts';

interface DifficultyCase {
  currentBlockNumber: string;
  currentDifficulty: string;
  currentTimestamp: string;
  parentDifficulty: string;
  parentTimestamp: string;
  parentUncles?: string;
}

/** Formula and bomb delay of each network name that the files use. */
const NETWORKS: Record<string, Pick<DifficultyRules, 'era' | 'bombDelay'>> = {
  Frontier: { era: 'frontier', bombDelay: 0n },
  Homestead: { era: 'homestead', bombDelay: 0n },
  Byzantium: { era: 'byzantium', bombDelay: 3_000_000n },
  Constantinople: { era: 'byzantium', bombDelay: 5_000_000n },
  EIP2384: { era: 'byzantium', bombDelay: 9_000_000n },
  Berlin: { era: 'byzantium', bombDelay: 9_000_000n },
  London: { era: 'byzantium', bombDelay: 9_700_000n },
  ArrowGlacier: { era: 'byzantium', bombDelay: 10_700_000n },
  GrayGlacier: { era: 'byzantium', bombDelay: 11_400_000n },
};

const MAINNET = { minimum: 131_072n, boundDivisor: 2_048n, stepSeconds: 9n };

export async function runDifficultyFile(text: string, record: Recorder): Promise<void> {
  for (const body of Object.values(JSON.parse(text) as Record<string, Record<string, unknown>>)) {
    for (const [network, cases] of Object.entries(body)) {
      if (network === '_info') continue;
      const rules = NETWORKS[network];
      for (const [name, test] of Object.entries(cases as Record<string, DifficultyCase>)) {
        if (!rules) {
          record(`${network} ${name}`, `no rules for ${network}`);
          continue;
        }
        const parent = {
          number: BigInt(test.currentBlockNumber) - 1n,
          timestamp: BigInt(test.parentTimestamp),
          difficulty: BigInt(test.parentDifficulty),
          hasUncles: test.parentUncles !== undefined && !/^0x0*$/.test(test.parentUncles),
        };
        const ours = nextDifficulty(parent, BigInt(test.currentTimestamp), { ...MAINNET, ...rules });
        const theirs = BigInt(test.currentDifficulty);
        record(`${network} ${name}`, ours === theirs ? undefined : `difficulty ${ours}, expected ${theirs}`);
      }
    }
  }
}
