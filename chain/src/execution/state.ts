/**
 * World state at a root: a state manager over the store, with every write held in memory. Nothing here reaches the disk:
 * `StateNodes.written` is handed to the store together with the block it belongs to, or dropped.
 */
import type { Common, GenesisState } from '@ethereumjs/common';
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { type BatchDBOp, type DB, ValueEncoding } from '@ethereumjs/util';

/** Where trie nodes and code come from. Keys are hex without 0x. */
export interface NodeSource {
  node(hex: string): Promise<Uint8Array | undefined>;
}

/**
 * The database a trie sees. Reads fall through to the source; writes stay here. Nodes are named by their hash, so an entry
 * never changes and never has to be deleted: old states stay readable, which is what side branches and `eth_call` at an old
 * block need.
 */
export class StateNodes implements DB<string, Uint8Array> {
  readonly written = new Map<string, Uint8Array>();
  readonly #source: NodeSource;
  /** The trie writes back what it only read; those need not be stored again. */
  readonly #read = new Set<string>();

  constructor(source: NodeSource) {
    this.#source = source;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const own = this.written.get(key);
    if (own) return own;
    const value = await this.#source.node(key);
    if (value) this.#read.add(key);
    return value;
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    if (!this.#read.has(key)) this.written.set(key, value);
  }

  async del(): Promise<void> {}

  async batch(operations: BatchDBOp<string, Uint8Array>[]): Promise<void> {
    for (const operation of operations) {
      if (operation.type === 'put') await this.put(operation.key, operation.value);
    }
  }

  shallowCopy(): DB<string, Uint8Array> {
    return this;
  }

  async open(): Promise<void> {}
}

export interface State {
  readonly manager: MerkleStateManager;
  readonly nodes: StateNodes;
}

/** @throws Error when the state of `root` is not in the source */
export async function openState(common: Common, source: NodeSource, root?: Uint8Array): Promise<State> {
  const nodes = new StateNodes(source);
  const trie = new MerklePatriciaTrie({
    db: nodes,
    useKeyHashing: true,
    common,
    valueEncoding: ValueEncoding.Bytes,
  });
  const manager = new MerkleStateManager({ trie, common, caches: new Caches() });
  if (root) await manager.setStateRoot(root);
  return { manager, nodes };
}

/** @returns the trie nodes and code of the pre-funded accounts */
export async function buildGenesisState(
  common: Common,
  alloc: GenesisState,
): Promise<{ root: Uint8Array; nodes: Map<string, Uint8Array> }> {
  const { manager, nodes } = await openState(common, { node: async () => undefined });
  await manager.generateCanonicalGenesis(alloc);
  return { root: await manager.getStateRoot(), nodes: nodes.written };
}
