/** Journals who was turned away, but never as fast as strangers can knock. */
import type { Clock } from '../core/time.ts';
import type { Store } from '../store/index.ts';
import * as journal from '../store/journal.ts';

export interface Refusal {
  readonly actor: string;
  /** `login.refused`, `setup.refused`, `access.refused` */
  readonly kind: string;
  readonly subject: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A burst of this many, then one in three minutes: at most 500 entries a day; each says how many were left out. */
const burst = 20;
const refillMs = 180_000;

export type Refusals = ReturnType<typeof createRefusals>;

export function createRefusals(of: {
  readonly store: Store;
  readonly clock: Clock;
  readonly changed: () => void;
}) {
  let left = burst;
  let filledAt = of.clock.now();
  let omitted = 0;

  return async function note({ actor, kind, subject, payload }: Refusal): Promise<void> {
    const now = of.clock.now();
    const refilled = Math.floor((now - filledAt) / refillMs);
    if (refilled > 0) {
      left = Math.min(burst, left + refilled);
      filledAt += refilled * refillMs;
    }
    if (left === 0) {
      omitted++;
      return;
    }
    left--;
    const before = omitted === 0 ? {} : { leftOutBefore: omitted };
    omitted = 0;
    await of.store.transaction((tx) =>
      journal.append(tx, { at: now, actor, kind, subject, payload: { ...payload, ...before } }),
    );
    of.changed();
  };
}
