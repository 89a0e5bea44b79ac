/**
 * Keccak-f[1600], once for one state and once for two states side by side.
 *
 * One generic source serves both: T = u64 holds one state's lane, T = v128 holds the same lane of two states (i64x2).
 * The compiler resolves every isVector<T>() when it makes the two versions, so neither pays for the other.
 *
 * The permutation works on memory at `state`: lane A[x, y] of FIPS 202 is element x + 5 y, of 8 or 16 bytes.
 * It owns nothing but the round constants. Step names are those of FIPS 202, section 3.2.
 */

/** The 24 round constants of iota. */
const RC: usize = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
  0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
  0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
  0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
  0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);
const RC_END: usize = RC + 24 * 8;

@inline function xor<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.xor(a, b);
  else return a ^ b;
}

@inline function xor5<T>(a: T, b: T, c: T, d: T, e: T): T {
  return xor<T>(xor<T>(xor<T>(a, b), xor<T>(c, d)), e);
}

@inline function rotl<T>(a: T, bits: i32): T {
  if (isVector<T>()) return v128.or(i64x2.shl(a, bits), i64x2.shr_u(a, 64 - bits));
  else return (a << (bits as T)) | (a >> ((64 - bits) as T));
}

/** a xor (not b and c) */
@inline function chi<T>(a: T, b: T, c: T): T {
  if (isVector<T>()) return v128.xor(a, v128.andnot(c, b));
  else return a ^ (~b & c);
}

@inline function roundConstant<T>(at: usize): T {
  if (isVector<T>()) return v128.load64_splat(at);
  else return load<u64>(at);
}

/** Permutes the state of 25 lanes of T at `state`, in place. */
export function keccakF<T>(state: usize): void {
  let a00 = load<T>(state), a01 = load<T>(state, 1 * sizeof<T>()), a02 = load<T>(state, 2 * sizeof<T>()),
    a03 = load<T>(state, 3 * sizeof<T>()), a04 = load<T>(state, 4 * sizeof<T>());
  let a05 = load<T>(state, 5 * sizeof<T>()), a06 = load<T>(state, 6 * sizeof<T>()), a07 = load<T>(state, 7 * sizeof<T>()),
    a08 = load<T>(state, 8 * sizeof<T>()), a09 = load<T>(state, 9 * sizeof<T>());
  let a10 = load<T>(state, 10 * sizeof<T>()), a11 = load<T>(state, 11 * sizeof<T>()), a12 = load<T>(state, 12 * sizeof<T>()),
    a13 = load<T>(state, 13 * sizeof<T>()), a14 = load<T>(state, 14 * sizeof<T>());
  let a15 = load<T>(state, 15 * sizeof<T>()), a16 = load<T>(state, 16 * sizeof<T>()), a17 = load<T>(state, 17 * sizeof<T>()),
    a18 = load<T>(state, 18 * sizeof<T>()), a19 = load<T>(state, 19 * sizeof<T>());
  let a20 = load<T>(state, 20 * sizeof<T>()), a21 = load<T>(state, 21 * sizeof<T>()), a22 = load<T>(state, 22 * sizeof<T>()),
    a23 = load<T>(state, 23 * sizeof<T>()), a24 = load<T>(state, 24 * sizeof<T>());

  for (let rc = RC; rc < RC_END; rc += 8) {
    // theta
    const c0 = xor5<T>(a00, a05, a10, a15, a20);
    const c1 = xor5<T>(a01, a06, a11, a16, a21);
    const c2 = xor5<T>(a02, a07, a12, a17, a22);
    const c3 = xor5<T>(a03, a08, a13, a18, a23);
    const c4 = xor5<T>(a04, a09, a14, a19, a24);
    const d0 = xor<T>(c4, rotl<T>(c1, 1));
    const d1 = xor<T>(c0, rotl<T>(c2, 1));
    const d2 = xor<T>(c1, rotl<T>(c3, 1));
    const d3 = xor<T>(c2, rotl<T>(c4, 1));
    const d4 = xor<T>(c3, rotl<T>(c0, 1));

    // rho and pi: b[y, 2x + 3y] = rotl(a[x, y] xor d[x], r[x, y])
    const b00 = xor<T>(a00, d0);
    const b01 = rotl<T>(xor<T>(a06, d1), 44);
    const b02 = rotl<T>(xor<T>(a12, d2), 43);
    const b03 = rotl<T>(xor<T>(a18, d3), 21);
    const b04 = rotl<T>(xor<T>(a24, d4), 14);
    const b05 = rotl<T>(xor<T>(a03, d3), 28);
    const b06 = rotl<T>(xor<T>(a09, d4), 20);
    const b07 = rotl<T>(xor<T>(a10, d0), 3);
    const b08 = rotl<T>(xor<T>(a16, d1), 45);
    const b09 = rotl<T>(xor<T>(a22, d2), 61);
    const b10 = rotl<T>(xor<T>(a01, d1), 1);
    const b11 = rotl<T>(xor<T>(a07, d2), 6);
    const b12 = rotl<T>(xor<T>(a13, d3), 25);
    const b13 = rotl<T>(xor<T>(a19, d4), 8);
    const b14 = rotl<T>(xor<T>(a20, d0), 18);
    const b15 = rotl<T>(xor<T>(a04, d4), 27);
    const b16 = rotl<T>(xor<T>(a05, d0), 36);
    const b17 = rotl<T>(xor<T>(a11, d1), 10);
    const b18 = rotl<T>(xor<T>(a17, d2), 15);
    const b19 = rotl<T>(xor<T>(a23, d3), 56);
    const b20 = rotl<T>(xor<T>(a02, d2), 62);
    const b21 = rotl<T>(xor<T>(a08, d3), 55);
    const b22 = rotl<T>(xor<T>(a14, d4), 39);
    const b23 = rotl<T>(xor<T>(a15, d0), 41);
    const b24 = rotl<T>(xor<T>(a21, d1), 2);

    // chi and iota
    a00 = xor<T>(chi<T>(b00, b01, b02), roundConstant<T>(rc));
    a01 = chi<T>(b01, b02, b03);
    a02 = chi<T>(b02, b03, b04);
    a03 = chi<T>(b03, b04, b00);
    a04 = chi<T>(b04, b00, b01);
    a05 = chi<T>(b05, b06, b07);
    a06 = chi<T>(b06, b07, b08);
    a07 = chi<T>(b07, b08, b09);
    a08 = chi<T>(b08, b09, b05);
    a09 = chi<T>(b09, b05, b06);
    a10 = chi<T>(b10, b11, b12);
    a11 = chi<T>(b11, b12, b13);
    a12 = chi<T>(b12, b13, b14);
    a13 = chi<T>(b13, b14, b10);
    a14 = chi<T>(b14, b10, b11);
    a15 = chi<T>(b15, b16, b17);
    a16 = chi<T>(b16, b17, b18);
    a17 = chi<T>(b17, b18, b19);
    a18 = chi<T>(b18, b19, b15);
    a19 = chi<T>(b19, b15, b16);
    a20 = chi<T>(b20, b21, b22);
    a21 = chi<T>(b21, b22, b23);
    a22 = chi<T>(b22, b23, b24);
    a23 = chi<T>(b23, b24, b20);
    a24 = chi<T>(b24, b20, b21);
  }

  store<T>(state, a00); store<T>(state, a01, 1 * sizeof<T>()); store<T>(state, a02, 2 * sizeof<T>());
  store<T>(state, a03, 3 * sizeof<T>()); store<T>(state, a04, 4 * sizeof<T>());
  store<T>(state, a05, 5 * sizeof<T>()); store<T>(state, a06, 6 * sizeof<T>()); store<T>(state, a07, 7 * sizeof<T>());
  store<T>(state, a08, 8 * sizeof<T>()); store<T>(state, a09, 9 * sizeof<T>());
  store<T>(state, a10, 10 * sizeof<T>()); store<T>(state, a11, 11 * sizeof<T>()); store<T>(state, a12, 12 * sizeof<T>());
  store<T>(state, a13, 13 * sizeof<T>()); store<T>(state, a14, 14 * sizeof<T>());
  store<T>(state, a15, 15 * sizeof<T>()); store<T>(state, a16, 16 * sizeof<T>()); store<T>(state, a17, 17 * sizeof<T>());
  store<T>(state, a18, 18 * sizeof<T>()); store<T>(state, a19, 19 * sizeof<T>());
  store<T>(state, a20, 20 * sizeof<T>()); store<T>(state, a21, 21 * sizeof<T>()); store<T>(state, a22, 22 * sizeof<T>());
  store<T>(state, a23, 23 * sizeof<T>()); store<T>(state, a24, 24 * sizeof<T>());
}
