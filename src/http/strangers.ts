/** Requests that come without a session and must prove themselves by what they carry. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Access } from './access.ts';
import { addressOf } from './address.ts';
import { createAttempts } from './attempts.ts';

export interface Stranger {
  readonly address: string;
  /** It could not prove itself; too many of these and it is not heard for a while. */
  failed(): void;
}

/** Counted by address alone: a stranger must not keep others from being heard. */
export function createStrangers(access: Access, kind: string) {
  const attempts = createAttempts(access.clock);
  return {
    /** @throws UpkeepError too-many-attempts */
    meet(c: Context<{ Bindings: HttpBindings }>): Stranger {
      const address = addressOf(c, access.publicUrl() !== null);
      const knocking = `(${kind}) ${address}`;
      attempts.check(knocking, address);
      return { address, failed: () => attempts.failed(knocking, address) };
    },
  };
}
