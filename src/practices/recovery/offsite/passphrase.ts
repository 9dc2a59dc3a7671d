/**
 * age's passphrase lock (the scrypt stanza of age-encryption.org/v1) by the machine's own scrypt, off this thread: the
 * library's would hold up every check for a second.
 */
import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import type { Identity, Recipient, Stanza } from 'age-encryption';

/** log2 of scrypt's rounds: OWASP's least for 8 blocks (Password Storage Cheat Sheet). */
const rounds = 17;
/** Nobody's file makes us spend more than this, as age itself has it. */
const mostRounds = 20;
const blocks = 8;
const label = 'age-encryption.org/v1/scrypt';
const saltBytes = 16;
const tagBytes = 16;
/** A key locks one file key, so it needs none. */
const nonce = Buffer.alloc(12);

/** @param newSecret 256 random bits, url-safe */
export async function passphraseRecipient(passphrase: string, newSecret: () => string): Promise<Recipient> {
  const { Stanza } = await import('age-encryption');
  return {
    async wrapFileKey(fileKey) {
      const salt = Buffer.from(newSecret(), 'base64url').subarray(0, saltBytes);
      const cipher = createCipheriv('chacha20-poly1305', await keyOf(passphrase, salt, rounds), nonce, {
        authTagLength: tagBytes,
      });
      const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
      return [new Stanza(['scrypt', unpadded(salt), String(rounds)], body)];
    },
  };
}

export function passphraseIdentity(passphrase: string): Identity {
  return {
    async unwrapFileKey([stanza, ...others]: Stanza[]) {
      const [kind, salt = '', cost = ''] = stanza?.args ?? [];
      if (!stanza || kind !== 'scrypt' || others.length > 0 || !/^[1-9]\d?$/.test(cost)) return null;
      if (Number(cost) > mostRounds) throw new Error(`it asks for 2^${cost} rounds of scrypt`);
      const key = await keyOf(passphrase, Buffer.from(salt, 'base64'), Number(cost));
      const opener = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagBytes });
      opener.setAuthTag(stanza.body.subarray(-tagBytes));
      const plain = opener.update(stanza.body.subarray(0, -tagBytes));
      try {
        opener.final();
        return new Uint8Array(plain);
      } catch {
        return null;
      }
    },
  };
}

function keyOf(passphrase: string, salt: Buffer, logRounds: number): Promise<Buffer> {
  const N = 2 ** logRounds;
  const options = { N, r: blocks, p: 1, maxmem: 256 * N * blocks };
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(passphrase, Buffer.concat([Buffer.from(label), salt]), 32, options, (error, key) =>
    error ? reject(error) : resolve(key),
  );
  return promise;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
