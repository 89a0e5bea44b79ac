/** Keccak-256 on bytes; the one place that names the library it comes from. */
import { getBytes, keccak256 as hexKeccak } from 'ethers';

export function keccak256(bytes: Uint8Array): Uint8Array {
  return getBytes(hexKeccak(bytes));
}
