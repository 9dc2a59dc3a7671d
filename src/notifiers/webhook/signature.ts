import { createHmac } from 'node:crypto';

/**
 * `t=1700000000,v1=<hex>`: HMAC-SHA256 with the shared secret over the time in seconds, a dot and the body as sent.
 * A receiver computes it anew, compares in constant time, and drops what is older than a few minutes.
 */
export function signature(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
