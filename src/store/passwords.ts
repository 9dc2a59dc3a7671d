/** Passwords as scrypt hashes that carry their own parameters. */
import { type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { newSecret } from '../id.ts';

/** OWASP Password Storage Cheat Sheet: N = 2^15, r = 8, p = 3, which takes 32 MiB. */
const cost = { ln: 15, r: 8, p: 3 };
const keyBytes = 32;
/** A stored hash asking for more is taken for tampered; it could bind all memory. */
const most = { ln: 20, r: 16, p: 16 };

const format = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/;

/** `$scrypt$ln=15,r=8,p=3$salt$key`, both in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = newSecret();
  const key = await derive(password, salt, cost, keyBytes);
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${salt}$${key.toString('base64url')}`;
}

/** False also for a hash that cannot be read. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, ln, r, p, salt, key] = format.exec(hash) ?? [];
  if (salt === undefined || key === undefined) return false;
  const parameters = { ln: Number(ln), r: Number(r), p: Number(p) };
  if (parameters.ln > most.ln || parameters.r > most.r || parameters.p > most.p) return false;
  const expected = Buffer.from(key, 'base64url');
  const actual = await derive(password, salt, parameters, expected.length);
  return timingSafeEqual(actual, expected);
}

/** No password has it; checking against it takes as long as a real one, so that names cannot be guessed by time. */
export const nobodysHash = `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${'A'.repeat(43)}$${'A'.repeat(43)}`;

function derive(password: string, salt: string, { ln, r, p }: typeof cost, length: number): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r };
  return new Promise((resolve, reject) => {
    // Typed on another keyboard, an accent may come as one character or two.
    scrypt(password.normalize('NFKC'), salt, length, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
