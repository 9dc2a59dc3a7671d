import type { Outcome } from '../../../core/sample.ts';

/** The probe ran and saw nothing: all of its metrics are unknown. Whether the name is up says `dns.answers` alone. */
export function unseen(reason: string, remedy: string): Outcome {
  return { ok: true, readings: [], missing: [{ metrics: ['*'], reason, remedy }], detail: reason };
}
