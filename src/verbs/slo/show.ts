import { z } from 'zod';
import { unknownName } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as alertRows from '../../store/alerts.ts';
import { defineVerb } from '../context.ts';
import { firingView } from '../rule/view.ts';
import { historyOf } from './history.ts';
import { sloViews } from './view.ts';

export const sloShow = defineVerb({
  name: 'slo.show',
  summary:
    'One service: its objectives, burn by window, when the budget is used up, its history and its alerts',
  scope: 'read',
  changes: false,
  route: 'GET /slos/:service',
  positional: ['service'],
  examples: ['upkeep slo show shop'],
  input: z.object({ service: z.string().describe('its name') }),
  async run({ ctx, input }) {
    await ctx.objectives.settled();
    const states = ctx.objectives.states().filter(({ service }) => service.name === input.service);
    const first = states[0];
    if (!first)
      throw new UpkeepError(
        'not-found',
        unknownName(
          'service with an SLO',
          input.service,
          ctx.configuration().services.map((one) => one.name),
        ),
      );
    const to = ctx.clock.now();
    const from = to - first.objective.periodMs;
    const target = first.service.targets[0] ?? '';
    const history = (metric: string, objective: string) =>
      historyOf(ctx.samples, { target, metric, labels: { service: input.service, objective }, from, to });
    const objectives = [];
    for (const view of await sloViews(ctx, states))
      objectives.push({
        ...view,
        /** For charts: burn of the last hour, and share left, over the period or since the first value. */
        burnHistory: await history('slo.burn', view.objective),
        budgetHistory: await history('slo.budget_left', view.objective),
      });
    const fired = await alertRows.firedSince(ctx.store.db, from, 'slo.burn-rate');
    return {
      service: input.service,
      from,
      to,
      objectives,
      isFrozen: ctx.objectives.frozen().includes(input.service),
      firings: fired
        .filter(({ labels }) => labels.service === input.service)
        .toReversed()
        .map(firingView),
    };
  },
});
