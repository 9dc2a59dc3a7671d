/**
 * Sealing by age (age-encryption.org/v1): a key of its own for each copy, which the passphrase opens, and parts that the
 * key opens. `age -d -i key.age PART.age` does the same without Upkeep.
 */
import { createHash } from 'node:crypto';
import { Lack } from '../../../core/lack.ts';
import { passphraseIdentity, passphraseRecipient } from './passphrase.ts';

const bytesOfTag = 16;
const bytesOfChunk = 65_536;

export interface Seal {
  seal(plain: AsyncIterable<Uint8Array>): Promise<Uint8Array>;
  /** Throws where a bit is wrong or the end is missing. */
  open(sealed: ReadableStream<Uint8Array>): Promise<AsyncIterable<Uint8Array>>;
  /** How long what is sealed will be. */
  sealedBytes(plain: number): number;
}

/** No passphrase that was given opens the key of a copy. By that alone nothing is known of what it locks. */
export class WrongPassphrase extends Lack {}

export interface Keyring {
  /** A new key: what goes beside the copy, and what it does. */
  make(passphrase: string): Promise<{ readonly locked: Uint8Array; readonly seal: Seal }>;
  /** @throws WrongPassphrase where the passphrase is not the one that it was locked with, or the lock itself is damaged */
  open(locked: Uint8Array, passphrase: string): Promise<Seal>;
}

/** So many that were opened are remembered: what was copied is read back at once. */
const remembered = 4;

/** @param newSecret 256 random bits, url-safe */
export function createKeyring(newSecret: () => string): Keyring {
  const opened = new Map<string, Seal>();
  const nameOf = (locked: Uint8Array, passphrase: string) =>
    createHash('sha256').update(locked).update(passphrase).digest('hex');
  async function remember(locked: Uint8Array, passphrase: string, identity: string): Promise<Seal> {
    const seal = await sealBy(identity);
    opened.set(nameOf(locked, passphrase), seal);
    for (const name of [...opened.keys()].slice(0, -remembered)) opened.delete(name);
    return seal;
  }
  return {
    async make(passphrase) {
      const age = await import('age-encryption');
      const identity = await age.generateX25519Identity();
      const lock = new age.Encrypter();
      lock.addRecipient(await passphraseRecipient(passphrase, newSecret));
      const locked = await lock.encrypt(`${identity}\n`);
      return { locked, seal: await remember(locked, passphrase, identity) };
    },
    async open(locked, passphrase) {
      const known = opened.get(nameOf(locked, passphrase));
      if (known) return known;
      const age = await import('age-encryption');
      const opener = new age.Decrypter();
      opener.addIdentity(passphraseIdentity(passphrase));
      const identity = await opener.decrypt(locked, 'text').catch((cause: unknown) => {
        if (isNoMatch(cause))
          throw new WrongPassphrase(
            'its key.age does not open with this passphrase, or is damaged: give passphrase: of the day that it was copied',
          );
        throw new Error(`key.age is damaged: ${cause instanceof Error ? cause.message : String(cause)}`, {
          cause,
        });
      });
      return remember(locked, passphrase, identity.trim());
    },
  };
}

/** As the library says that what it was given opens none of the locks. */
function isNoMatch(cause: unknown): boolean {
  return cause instanceof Error && /^no identity matched/.test(cause.message);
}

async function sealBy(identity: string): Promise<Seal> {
  const age = await import('age-encryption');
  const recipient = await age.identityToRecipient(identity);
  const seal = async (plain: AsyncIterable<Uint8Array>) => {
    const encrypter = new age.Encrypter();
    encrypter.addRecipient(recipient);
    return bytesOf(await encrypter.encrypt(streamOf(plain)));
  };
  const empty = (await seal(nothing())).length;
  return {
    seal,
    async open(sealed) {
      const decrypter = new age.Decrypter();
      decrypter.addIdentity(identity);
      return decrypter.decrypt(sealed);
    },
    sealedBytes: (plain) => empty + plain + bytesOfTag * (Math.max(1, Math.ceil(plain / bytesOfChunk)) - 1),
  };
}

export function sumOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}

/** The global's types do not know its `from`. */
function streamOf(parts: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
