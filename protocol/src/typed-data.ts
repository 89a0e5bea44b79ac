/**
 * EIP-712 signing and recovery for everything that Chiral signs. Pure.
 * Low-s signatures of 64 (EIP-2098) or 65 bytes only; every domain binds chain id and contract.
 *
 * @see https://eips.ethereum.org/EIPS/eip-712
 * @see https://eips.ethereum.org/EIPS/eip-2098
 */
import {
  computeAddress,
  concat,
  keccak256,
  Signature,
  type SigningKey,
  TypedDataEncoder,
  type TypedDataField,
} from 'ethers';
import { currentCurve } from './curve.ts';

/** Which chain and contract a signature is for. */
export interface Deployment {
  readonly chainId: number;
  /** Checksummed or lower-case address of BatchSettlement. */
  readonly contract: string;
}

/** A family of typed data: the name and version of its domain, and its one primary type first. */
export interface TypedDataKind {
  readonly name: string;
  readonly version: string;
  readonly types: Record<string, TypedDataField[]>;
}

/** What of a digest does not depend on the value; making it anew took most of the time of every voucher. */
const encoders = new WeakMap<TypedDataKind, TypedDataEncoder>();
const separators = new WeakMap<TypedDataKind, { key: string; hash: string }>();

function encoderOf(kind: TypedDataKind): TypedDataEncoder {
  const encoder = encoders.get(kind) ?? TypedDataEncoder.from(kind.types);
  encoders.set(kind, encoder);
  return encoder;
}

function separatorOf(kind: TypedDataKind, deployment: Deployment): string {
  const key = `${deployment.chainId} ${deployment.contract}`;
  let known = separators.get(kind);
  if (known?.key !== key) {
    known = { key, hash: TypedDataEncoder.hashDomain(domainOf(kind, deployment)) };
    separators.set(kind, known);
  }
  return known.hash;
}

/** 32-byte digest, 0x-hex: `keccak256(0x1901 ‖ domain separator ‖ hash of the value)`. */
export function digestOf(kind: TypedDataKind, deployment: Deployment, value: Record<string, unknown>): string {
  return keccak256(concat(['0x1901', separatorOf(kind, deployment), encoderOf(kind).hash(value)]));
}

/** EIP-712 domain of `kind` at `deployment`, as a wallet takes it. */
export function domainOf(kind: TypedDataKind, deployment: Deployment) {
  return {
    name: kind.name,
    version: kind.version,
    chainId: deployment.chainId,
    verifyingContract: deployment.contract,
  };
}

/** Anything that signs a digest: a key in memory. Wallets in a browser sign typed data themselves. */
export interface DigestSigner {
  readonly address: string;
  sign(digest: string): { serialized: string };
}

/** 65-byte signature, 0x-hex, low s. */
export function signDigest(key: SigningKey, digest: string): string {
  return currentCurve().sign(key.privateKey, digest);
}

const HEX_SIGNATURE = /^0x(?:[0-9a-f]{128}|[0-9a-f]{130})$/i;

/**
 * Address that signed `digest`, or undefined for anything that is not one low-s signature in its plain or compact form.
 * ethers refuses high s by itself; `v` must be 27 or 28, so that each signature has one 65-byte form.
 */
export function recoverSigner(digest: string, signature: string): string | undefined {
  if (!HEX_SIGNATURE.test(signature)) return undefined;
  if (signature.length === 132 && !/(?:1b|1c)$/i.test(signature)) return undefined;
  try {
    return computeAddress(currentCurve().recover(digest, Signature.from(signature)));
  } catch {
    return undefined;
  }
}
