/**
 * The node's keys: one V3 keystore file holds the wallet's key; the session key that signs vouchers is derived from it.
 * Keys live in memory while the daemon runs and never leave through any interface.
 *
 * @see https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/
 */
import { createHmac, scrypt as nativeScrypt, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '@chiral/protocol/errors';
import { decryptKeystoreJson, encryptKeystoreJson, SigningKey, scrypt, Wallet } from 'ethers';
import type { PayerKeys } from './keys.ts';

/**
 * Cost of scrypt for a new file, as go-ethereum has it: "standard", a second, for a password that a person chose; "light" for one of
 * random bytes, which nobody guesses however quick a try is.
 */
const SCRYPT = { standard: { N: 1 << 18, r: 8, p: 1 }, light: { N: 1 << 12, r: 8, p: 6 } };
/** scrypt at N = 2^18, r = 8 needs 256 MiB; the rest is slack. */
const SCRYPT_MEMORY_BYTES = 512 * 1024 * 1024;

// ethers computes scrypt in JavaScript by default, ten times slower than OpenSSL's.
scrypt.register(
  (password, salt, N, r, p, keyBytes) =>
    new Promise((resolve, reject) => {
      nativeScrypt(password, salt, keyBytes, { N, r, p, maxmem: SCRYPT_MEMORY_BYTES }, (error, key) =>
        error ? reject(error) : resolve(`0x${key.toString('hex')}`),
      );
    }),
);

export interface Keys extends PayerKeys {
  readonly wallet: Wallet;
}

export interface Password {
  readonly text: string;
  /** At least 128 random bits, not chosen by a person. */
  readonly isRandom: boolean;
}

/**
 * Opens the keystore at `file`, or makes one with a new key (or `importKey`) when there is none.
 * @param importKey 32 bytes 0x-hex; refused when a keystore exists already
 * @throws KEY_LOCKED wrong password; CONFLICT a key is there already
 */
export async function openKeys(file: string, password: Password, importKey?: string): Promise<Keys> {
  const stored = await readFile(file, 'utf8').catch(() => undefined);
  if (stored !== undefined) {
    if (importKey) throw new AppError('CONFLICT', 'This data folder already has a wallet; import into a new folder.');
    try {
      const { privateKey } = await decryptKeystoreJson(stored, password.text);
      return toKeys(privateKey);
    } catch (cause) {
      throw new AppError(
        'KEY_LOCKED',
        'The keystore does not open with this password. Set CHIRAL_PASSWORD or --password-file.',
        {},
        { cause },
      );
    }
  }
  const privateKey = importKey ?? `0x${randomBytes(32).toString('hex')}`;
  const keys = toKeys(privateKey);
  const text = await encryptKeystoreJson({ address: keys.wallet.address, privateKey }, password.text, {
    scrypt: password.isRandom ? SCRYPT.light : SCRYPT.standard,
  });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writePrivate(file, text);
  return keys;
}

/** Writes a file only its owner can read, whole or not at all. */
export async function writePrivate(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

function toKeys(privateKey: string): Keys {
  const wallet = new Wallet(privateKey);
  const derived = createHmac('sha256', Buffer.from(privateKey.slice(2), 'hex'))
    .update('chiral session key 1')
    .digest('hex');
  const session = new SigningKey(`0x${derived}`);
  return { wallet, session, sessionAddress: new Wallet(session).address };
}
