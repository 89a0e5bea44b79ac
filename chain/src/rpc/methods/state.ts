/** Accounts, code and storage at a block. */
import { getMerkleStateProof } from '@ethereumjs/statemanager';
import { bigIntToHex, bytesToBigInt, bytesToHex, setLengthLeft } from '@ethereumjs/util';
import { openState } from '../../execution/state.ts';
import { type MethodTable, type RpcContext, view } from '../context.ts';
import { INVALID_PARAMS, RpcError } from '../errors.ts';
import { toQuantity } from '../format.ts';
import { type BlockRef, slot } from '../params.ts';

/** Storage keys in one proof. */
const MAX_PROOF_KEYS = 1_024;

export const stateMethods: MethodTable = {
  async eth_getBalance(context, params) {
    const state = await stateAt(context, params.block(1));
    return toQuantity((await state.getAccount(params.address(0)))?.balance ?? 0n);
  },

  async eth_getTransactionCount(context, params) {
    const address = params.address(0);
    const ref = params.block(1);
    if (ref === 'pending') return toQuantity(await context.pool.nextNonce(address));
    const state = await stateAt(context, ref);
    return toQuantity((await state.getAccount(address))?.nonce ?? 0n);
  },

  async eth_getCode(context, params) {
    const state = await stateAt(context, params.block(1));
    return bytesToHex(await state.getCode(params.address(0)));
  },

  async eth_getStorageAt(context, params) {
    const key = slot(params.at(1), 1);
    const state = await stateAt(context, params.block(2));
    return bytesToHex(setLengthLeft(await state.getStorage(params.address(0), key), 32));
  },

  async eth_getProof(context, params) {
    const address = params.address(0);
    const keys = params.at(1);
    if (!Array.isArray(keys) || keys.length > MAX_PROOF_KEYS)
      throw new RpcError(INVALID_PARAMS, 'expected up to 1,024 storage keys');
    const slots = keys.map((key) => slot(key, 1));
    const state = await stateAt(context, params.block(2));
    const proof = await getMerkleStateProof(state, address, slots);
    return {
      ...proof,
      storageProof: proof.storageProof.map((entry) => ({
        ...entry,
        value: bigIntToHex(bytesToBigInt(toBytes(entry.value))),
      })),
    };
  },
};

async function stateAt(context: RpcContext, ref: BlockRef) {
  const { block, source } = await view(context, ref);
  return (await openState(context.chain.spec.common, source, block.header.stateRoot)).manager;
}

function toBytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.slice(2).padStart(64, '0'), 'hex'));
}
