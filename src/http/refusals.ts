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

/** Of each kind a burst of this many, then one in three minutes: at most 500 a day; each says how many were left out. */
const burst = 20;
const refillMs = 180_000;

export type Refusals = ReturnType<typeof createRefusals>;

export function createRefusals(of: {
  readonly store: Store;
  readonly clock: Clock;
  readonly changed: () => void;
}) {
  // Of each kind, so that junk of one does not hide another.
  const buckets = new Map<string, { left: number; filledAt: number; omitted: number }>();

  return async function note({ actor, kind, subject, payload }: Refusal): Promise<void> {
    const now = of.clock.now();
    const bucket = buckets.get(kind) ?? { left: burst, filledAt: now, omitted: 0 };
    buckets.set(kind, bucket);
    const refilled = Math.floor((now - bucket.filledAt) / refillMs);
    if (refilled > 0) {
      bucket.left = Math.min(burst, bucket.left + refilled);
      bucket.filledAt += refilled * refillMs;
    }
    if (bucket.left === 0) {
      bucket.omitted++;
      return;
    }
    bucket.left--;
    const before = bucket.omitted === 0 ? {} : { leftOutBefore: bucket.omitted };
    bucket.omitted = 0;
    await of.store.transaction((tx) =>
      journal.append(tx, { at: now, actor, kind, subject, payload: { ...payload, ...before } }),
    );
    of.changed();
  };
}
