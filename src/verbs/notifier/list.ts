import { z } from 'zod';
import { stateOf } from '../../core/breaker.ts';
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
        return {
          name,
          kind,
          fallback,
          state: stateOf(breaker, now),
          /** Failed attempts; of what waits since before the start, too. */
          failuresInARow:
            breaker.lastSuccessAt === null
              ? Math.max(breaker.failures, stored.failedAttempts)
              : breaker.failures,
          /** When it is tried again. */
          openUntil: breaker.openUntil,
          lastDeliveredAt: Math.max(stored.lastDeliveredAt ?? 0, breaker.lastSuccessAt ?? 0) || null,
          lastFailureAt: breaker.lastFailure?.at ?? null,
          lastFailure: breaker.lastFailure?.detail ?? stored.lastError,
          waiting: stored.waiting,
          oldestWaitingAt: stored.oldestWaitingAt,
        };
      }),
    );
  },
});
