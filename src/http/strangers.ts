/** Requests that come without a session and must prove themselves by what they carry. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Access } from './access.ts';
import { addressOf } from './address.ts';
import { createAttempts } from './attempts.ts';

export interface Stranger {
  readonly address: string;
  /**
   * It could not prove itself. Who can is never kept waiting for the failures of others: behind a proxy that names
   * nobody all come from one address.
   * @throws UpkeepError too-many-attempts where that happened too often, and then counts no more
   */
  failed(): void;
}

/** Counted by address alone: a stranger must not keep others from being heard. */
export function createStrangers(access: Access, kind: string) {
  const attempts = createAttempts(access.clock);
  return {
    meet(c: Context<{ Bindings: HttpBindings }>): Stranger {
      const address = addressOf(c, access.publicUrl() !== null);
      const knocking = `(${kind}) ${address}`;
      return {
        address,
        failed() {
          attempts.check(knocking, address);
          attempts.failed(knocking, address);
        },
      };
    },
  };
}
