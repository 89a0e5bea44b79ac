/**
 * secp256k1 as the signatures of Chiral need it: ethers' own, in JavaScript, until whoever starts a process that signs and checks
 * much brings a faster one. The same key and digest give the same signature by any of them (RFC 6979, low s).
 *
 * Owns which one is in use.
 */
import { type Signature, SigningKey } from 'ethers';

/** All values are 0x-hex. */
export interface Curve {
  /** @param privateKey, digest 32 bytes each @returns 65 bytes, r ‖ s ‖ v */
  sign(privateKey: string, digest: string): string;
  /** @returns the public key of 65 bytes that signed `digest` @throws when there is none */
  recover(digest: string, signature: Signature): string;
}

export const ethersCurve: Curve = {
  sign: (privateKey, digest) => new SigningKey(privateKey).sign(digest).serialized,
  recover: (digest, signature) => SigningKey.recoverPublicKey(digest, signature),
};

let inUse = ethersCurve;

/** For the rest of the process. */
export function useCurve(curve: Curve): void {
  inUse = curve;
}

export function currentCurve(): Curve {
  return inUse;
}
