/**
 * Who this page is: a libp2p key, which sellers know it by, and a session key, which signs vouchers on channels that the user's
 * wallet opened. Both are made here and kept in the page's own books. The session key can promise what those channels hold
 * and nothing else; the wallet's key never comes near this page. Owns the table `page_key`.
 */
import type { Database } from '@chiral/node/sql';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { PrivateKey } from '@libp2p/interface';
import { computeAddress, getBytes, hexlify, SigningKey } from 'ethers';

const MIGRATIONS = ['CREATE TABLE page_key (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;'];

export interface PageIdentity {
  readonly peer: PrivateKey;
  readonly session: SigningKey;
  readonly sessionAddress: string;
}

export async function openIdentity(db: Database): Promise<PageIdentity> {
  db.migrate('page-key', MIGRATIONS);
  const find = db.connection.prepare('SELECT value FROM page_key WHERE name = ?');
  const add = db.connection.prepare('INSERT INTO page_key (name, value) VALUES (?, ?)');
  const kept = async (name: string, make: () => Promise<string> | string): Promise<string> => {
    const known = find.get(name)?.value;
    if (known) return String(known);
    const made = await make();
    add.run(name, made);
    return made;
  };
  const peer = await kept('peer', async () => hexlify(privateKeyToProtobuf(await generateKeyPair('Ed25519'))));
  const session = new SigningKey(await kept('session', () => hexlify(crypto.getRandomValues(new Uint8Array(32)))));
  return { peer: privateKeyFromProtobuf(getBytes(peer)), session, sessionAddress: computeAddress(session.publicKey) };
}
