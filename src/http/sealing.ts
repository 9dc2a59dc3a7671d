/** Seals small texts with AES-256-GCM, for what must come back whole and unread: secrets of apps, states of sign-ins. */
import { createCipheriv, createDecipheriv } from 'node:crypto';

const ivBytes = 12;
const tagBytes = 16;

export interface Sealing {
  /** @param purpose what was sealed for one thing opens for no other */
  seal(purpose: string, text: string): string;
  /** Null for what this key did not seal for this purpose. */
  open(purpose: string, sealed: string): string | null;
}

/** @param key 32 bytes in base64url; `newSecret` makes one */
export function createSealing(key: string, newSecret: () => string): Sealing {
  const secret = Buffer.from(key, 'base64url');
  return {
    seal(purpose, text) {
      const iv = Buffer.from(newSecret(), 'base64url').subarray(0, ivBytes);
      const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(purpose, sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < ivBytes + tagBytes) return null;
      const [iv, tag] = [bytes.subarray(0, ivBytes), bytes.subarray(ivBytes, ivBytes + tagBytes)];
      try {
        const decipher = createDecipheriv('aes-256-gcm', secret, iv, { authTagLength: tagBytes })
          .setAAD(Buffer.from(purpose))
          .setAuthTag(tag);
        return Buffer.concat([
          decipher.update(bytes.subarray(ivBytes + tagBytes)),
          decipher.final(),
        ]).toString();
      } catch {
        return null;
      }
    },
  };
}
