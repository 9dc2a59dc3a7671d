import { generateKeySync } from 'node:crypto';

/** 128 bits, as hexadecimal digits: passwords of servers that live as long as the demo does. */
export function password(): string {
  return generateKeySync('hmac', { length: 128 }).export().toString('hex');
}
