import { z } from 'zod';
import { stateOf } from '../../core/breaker.ts';
import { channelHealth } from '../../core/channel-health.ts';
import type { Tx } from '../../store/index.ts';
import * as journal from '../../store/journal.ts';
import * as outbox from '../../store/outbox.ts';
import { defineVerb } from '../context.ts';

export const notifierList = defineVerb({
  name: 'notifier.list',
  summary:
    'Every channel: when it last took a message, what waits for it, and whether it is left alone for now',
  scope: 'read',
  changes: false,
  route: 'GET /notifiers',
  positional: [],
  examples: ['upkeep notifier list', 'upkeep notifier list --json'],
  input: z.object({}),
  async run({ ctx }) {
    const now = ctx.clock.now();
    return Promise.all(
      ctx.configuration().notifiers.map(async ({ name, kind, fallback = null }) => {
        const breaker = ctx.notifications.breaker(name);
        const stored = await outbox.record(ctx.store.db, name);
        const tried = await lastTest(ctx.store.db, name);
        const { health, failingSince, lastDeliveredAt } = channelHealth([
          { deliveredAt: breaker.lastSuccessAt, failedAt: breaker.failingSince },
          { deliveredAt: stored.lastDeliveredAt, failedAt: stored.failingSince },
          { deliveredAt: tried?.ok ? tried.at : null, failedAt: tried?.ok === false ? tried.at : null },
        ]);
        const lastFailure = breaker.lastFailure?.detail ?? stored.lastError;
        return {
          name,
          kind,
          fallback,
          health,
          failingSince,
          state: stateOf(breaker, now),
          /** Failed attempts; of what waits since before the start, too. */
          failuresInARow:
            breaker.lastSuccessAt === null
              ? Math.max(breaker.failures, stored.failedAttempts)
              : breaker.failures,
          /** When it is tried again. */
          openUntil: breaker.openUntil,
          lastDeliveredAt,
          lastFailureAt: breaker.lastFailure?.at ?? null,
          lastFailure: lastFailure ?? (tried?.ok === false ? tried.detail : null),
          waiting: stored.waiting,
          oldestWaitingAt: stored.oldestWaitingAt,
        };
      }),
    );
  },
});

/** Tests by hand leave no message behind; the journal has them. */
async function lastTest(tx: Tx, name: string) {
  const [entry] = await journal.list(tx, {
    subject: `notifier:${name}`,
    kinds: ['notifier.tested'],
    limit: 1,
  });
  return entry && { at: entry.at, ok: entry.payload.ok === true, detail: String(entry.payload.detail) };
}
