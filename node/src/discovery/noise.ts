/**
 * noise as its package brings it, on a machine: the same handshake and the same bytes, with less work for each message. It never
 * decides what is encrypted or with which key, and keeps nothing but converted keys, which go with their connections.
 *
 * A message of up to 64 KiB costs the package's cipher a conversion of its key, which Node makes slow (it throws and catches an
 * error with a stack), and the transport three writes. Here a key is converted once, and what is sent together is written together.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import { type ICryptoInterface, noise } from '@libp2p/noise';
import type { Libp2pOptions } from 'libp2p';

type Encrypter = NonNullable<Libp2pOptions['connectionEncrypters']>[number];
type Secured = Parameters<ReturnType<Encrypter>['secureInbound']>[0];
type Cipher = ICryptoInterface['chaCha20Poly1305Encrypt'];

/** Shorter messages go through the package's WebAssembly, which knows keys as bytes alone. */
const WASM_BYTES = 1200;

/** What the types of the packages leave out. */
interface Internals {
  crypto: { encrypt: Cipher; decrypt: Cipher };
}
interface OverTcp {
  readonly socket?: Socket;
  sendData(pieces: Iterable<Uint8Array> & { byteLength: number }): { sentBytes: number; canSendMore: boolean };
}

export function machineNoise(): Encrypter {
  const create = noise();
  return (components) => {
    const encrypter = create(components);
    // Read again at each handshake.
    const internals = encrypter as unknown as Internals;
    const { encrypt, decrypt } = internals.crypto;
    internals.crypto = { ...internals.crypto, encrypt: withKeys(encrypt), decrypt: withKeys(decrypt) };
    const { secureInbound, secureOutbound } = encrypter;
    encrypter.secureInbound = (connection, options) => secureInbound.call(encrypter, together(connection), options);
    encrypter.secureOutbound = (connection, options) => secureOutbound.call(encrypter, together(connection), options);
    return encrypter;
  };
}

/** `cipher` with each key converted once. */
function withKeys(cipher: Cipher): Cipher {
  const keys = new WeakMap<Uint8Array, KeyObject>();
  return (text, nonce, ad, key, ...rest) => {
    if (text.byteLength < WASM_BYTES) return cipher(text, nonce, ad, key, ...rest);
    const converted = keys.get(key) ?? createSecretKey(key);
    keys.set(key, converted);
    // Node takes either.
    return cipher(text, nonce, ad, converted as unknown as Uint8Array, ...rest);
  };
}

/** The same connection; what it is given at once leaves in one write, and over WebSocket as one message. */
function together(connection: Secured): Secured {
  const tcp = connection as unknown as OverTcp;
  const { socket } = tcp;
  if (socket?.cork) {
    tcp.sendData = (pieces) => {
      let canSendMore = true;
      socket.cork();
      for (const piece of pieces) canSendMore = socket.write(piece);
      socket.uncork();
      return { sentBytes: pieces.byteLength, canSendMore };
    };
    return connection;
  }
  const send = connection.send.bind(connection);
  connection.send = (data) => send(data instanceof Uint8Array ? data : data.subarray());
  return connection;
}
