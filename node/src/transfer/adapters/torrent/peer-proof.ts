/**
 * BEP 10 extension `chiral_peer`: a peer of ours proves its libp2p peer id on a BitTorrent wire. Optional on both sides; a
 * stock client ignores it. State: one nonce per wire, and what the remote has proved.
 *
 * Extension handshake: `chiral_n` 16 random bytes, `chiral_p` 1 when a proof will follow. Messages: 01, length of the peer
 * id (1 byte), peer id, signature; 02 "ask", the remote may unchoke us now since something has changed; 03 why the block
 * that is rejected next is not served, error byte of the wire table and piece (4 bytes).
 *
 * The signature covers the reader's nonce (no replay), the infohash, both BitTorrent ids, and for WebRTC both DTLS
 * fingerprints, so that a swarm member cannot pass our proof on as its own. Plain TCP has no such binding: there the side
 * that dials proves itself only to the address that it was given, and whoever owns the path owns the bytes anyway.
 *
 * @see https://www.bittorrent.org/beps/bep_0010.html
 */
import { ERRORS, type ErrorCode, fromWire } from '@chiral/protocol/errors';
import type Wire from 'bittorrent-protocol';
import type { WireExtension } from 'bittorrent-protocol';
import type { PeerKey } from '../../../ports.ts';

const NAME = 'chiral_peer';
const CONTEXT = 'chiral bep10 peer proof 1\0';
const NONCE_BYTES = 16;
const PROOF = 1;
const ASK = 2;
const FAULT = 3;
/** A peer that promised a proof and sends none is a stranger after this, ms. */
const PROOF_TIMEOUT_MS = 5_000;
/** Asks answered per wire, one in this time, ms. */
const ASK_INTERVAL_MS = 50;
/** libp2p peer ids as text are 46 to 62 characters. */
const MAX_PEER_ID_BYTES = 128;

/** Our own key, as the node lends it. */
export interface Identity {
  readonly peerId: PeerKey;
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

export interface ProofOptions {
  /** Hex. */
  readonly infoHash: string;
  /** Our BitTorrent id on this wire, hex. */
  readonly ownId: string;
  /** Absent: we read proofs and give none. */
  readonly identity?: Identity | undefined;
  /** What binds the proof to the connection; '' where nothing does. */
  readonly channel: () => string;
  /** The remote asks to be unchoked. */
  readonly onAsk?: () => void;
  /** The remote cannot serve a piece, for a reason that BitTorrent has no word for. */
  readonly onFault?: (code: ErrorCode, piece: number) => void;
  /** `peer` and `pending` have their final values. */
  readonly onSettled: () => void;
}

/** True when `signature` over `data` was made by the key inside the libp2p peer id. */
async function verify(peerId: string, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const { peerIdFromString } = await import('@libp2p/peer-id');
  try {
    const key = peerIdFromString(peerId).publicKey;
    return key !== undefined && (await key.verify(data, signature));
  } catch {
    return false;
  }
}

export class PeerProof {
  /** The libp2p peer id that the remote has proved. */
  peer: PeerKey | undefined;
  /** A proof is promised and not settled yet: who the remote is, is not known. */
  pending = false;
  readonly #wire: Wire;
  readonly #options: ProofOptions;
  readonly #nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  #timer: NodeJS.Timeout | undefined;
  #askedAt = 0;
  #sent: Promise<void> | undefined;

  constructor(wire: Wire, options: ProofOptions) {
    this.#wire = wire;
    this.#options = options;
    wire.extendedHandshake.chiral_n = this.#nonce;
    if (options.identity) wire.extendedHandshake.chiral_p = 1;
    const proof = this;
    class Extension {
      onExtendedHandshake(handshake: Record<string, unknown>): void {
        proof.#onHandshake(handshake);
      }
      onMessage(message: Uint8Array): void {
        proof.#onMessage(message);
      }
    }
    Object.defineProperty(Extension.prototype, 'name', { value: NAME });
    wire.use(Extension as unknown as WireExtension);
    wire.once('close', () => this.#settle());
  }

  /** True when the remote speaks the extension. */
  get spoken(): boolean {
    return this.#wire.peerExtendedMapping[NAME] !== undefined;
  }

  /** Resolves when our own proof is on its way, at once where none is due. */
  async proved(): Promise<void> {
    await this.#sent;
  }

  /** Tells the remote that asking again makes sense, for instance since we paid. */
  ask(): void {
    if (this.spoken && !this.#wire.destroyed) this.#wire.extended(NAME, Uint8Array.of(ASK));
  }

  /** Tells the remote why a block of `piece` is about to be rejected. */
  fault(code: ErrorCode, piece: number): void {
    if (!this.spoken || this.#wire.destroyed) return;
    const message = Buffer.alloc(6);
    message.writeUInt8(FAULT, 0);
    message.writeUInt8(ERRORS[code].wire, 1);
    message.writeUInt32BE(piece, 2);
    this.#wire.extended(NAME, message);
  }

  #onHandshake(handshake: Record<string, unknown>): void {
    const nonce = handshake.chiral_n;
    if (!(nonce instanceof Uint8Array) || nonce.length !== NONCE_BYTES || this.#sent) return;
    if (handshake.chiral_p === 1) {
      this.pending = true;
      this.#timer = setTimeout(() => this.#settle(), PROOF_TIMEOUT_MS);
      this.#timer.unref?.();
    }
    this.#sent = this.#sendProof(nonce);
  }

  async #sendProof(nonce: Uint8Array): Promise<void> {
    const { identity, ownId } = this.#options;
    if (!identity) return;
    const signature = await identity.sign(this.#statement(nonce, Buffer.from(ownId, 'hex'), this.#wire.peerIdBuffer!));
    const id = Buffer.from(identity.peerId);
    if (!this.#wire.destroyed)
      this.#wire.extended(NAME, Buffer.concat([Uint8Array.of(PROOF, id.length), id, signature]));
  }

  /** What is signed by `signer` for `reader`, both BitTorrent ids. */
  #statement(nonce: Uint8Array, signer: Uint8Array, reader: Uint8Array): Uint8Array {
    const { infoHash, channel } = this.#options;
    return Buffer.concat([
      Buffer.from(CONTEXT),
      nonce,
      Buffer.from(infoHash, 'hex'),
      signer,
      reader,
      Buffer.from(channel()),
    ]);
  }

  #onMessage(message: Uint8Array): void {
    if (message[0] === ASK) {
      if (performance.now() - this.#askedAt < ASK_INTERVAL_MS) return;
      this.#askedAt = performance.now();
      this.#options.onAsk?.();
    } else if (message[0] === FAULT && message.length === 6) {
      const code = fromWire(message[1]!);
      if (code) this.#options.onFault?.(code, new DataView(message.buffer, message.byteOffset).getUint32(2));
    } else if (message[0] === PROOF && this.pending && this.#timer) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      void this.#check(message);
    }
  }

  async #check(message: Uint8Array): Promise<void> {
    const end = 2 + Math.min(message[1] ?? 0, MAX_PEER_ID_BYTES);
    const peerId = Buffer.from(message.subarray(2, end)).toString();
    const statement = this.#statement(this.#nonce, this.#wire.peerIdBuffer!, Buffer.from(this.#options.ownId, 'hex'));
    if (await verify(peerId, statement, message.subarray(end))) this.peer = peerId;
    this.#settle();
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.pending = false;
    this.#options.onSettled();
  }
}
