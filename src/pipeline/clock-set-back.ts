/**
 * A clock that is set back would delay all that waits by as much: steps of a call, recovery, messages that are tried again.
 * What waits for a span of time is brought forward with the clock, once; what waits for a moment of the calendar stays.
 * Set forwards, or slept over, it comes at once: nobody knows which of them it was, and a page too soon hurts less.
 */
import { broughtForward, plannedBefore } from '../core/wait.ts';
import * as actionRows from '../store/actions.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import * as journal from '../store/journal.ts';
import * as outbox from '../store/outbox.ts';
import type { Desk } from './desk.ts';

/** Less is left to how clocks are kept right. */
const toleranceMs = 5_000;
const againMs = 1_000;

export interface SetBacks {
  /** At a start: the clock says less than when the last entry was written. What waited then waits as long from now. */
  look(): Promise<void>;
  /** While it runs. @param byMs how far the clock went back */
  take(byMs: number): void;
  stop(): void;
}

/** @param kinds of jobs that wait for a span of time */
export function followSetBacks(desk: Desk, kinds: readonly string[]): SetBacks {
  const { clock, store } = desk;
  let cancel = () => {};

  function take(byMs: number) {
    store
      .transaction((tx) => bringForward(tx, byMs))
      .then(desk.changed)
      .catch((error: unknown) => {
        desk.log.error('what waits could not be moved with the clock', { error: String(error) });
        cancel = clock.after(againMs, () => take(byMs));
      });
  }

  async function bringForward(tx: Tx, byMs: number): Promise<void> {
    const now = clock.now();
    const from = plannedBefore(now, byMs);
    const waiting = await jobs.waitingAfter(tx, kinds, from);
    for (const { id, runAt, payload } of waiting)
      await jobs.move(tx, id, { runAt: runAt - byMs, payload: broughtForward(payload, byMs) });
    await jobs.capLeases(tx, now);
    const messages = await outbox.bringForward(tx, { byMs, from, now });
    await incidentRows.bringRecoveryForward(tx, byMs);
    await actionRows.bringExpiryForward(tx, byMs);
    // The entry stands for all of it: after a crash the next start sees by it that this was done.
    await journal.append(tx, {
      ...{ at: now, actor: 'upkeep', kind: 'clock.set-back', subject: 'upkeep' },
      payload: { byMs, jobs: waiting.length, messages },
    });
  }

  return {
    take,
    look: () =>
      store.transaction(async (tx) => {
        const [last] = await journal.list(tx, { limit: 1 });
        const byMs = last ? last.at - clock.now() : 0;
        if (byMs > toleranceMs) await bringForward(tx, byMs);
      }),
    stop: () => cancel(),
  };
}
