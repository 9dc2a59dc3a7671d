import { z } from 'zod';
import { replayPolicy } from '../../core/guard/replay.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as actionRows from '../../store/actions.ts';
import { defineVerb } from '../context.ts';
import { spanBack } from '../moment.ts';

const mostActions = 5_000;
/** What was done before the span fills its first budgets: an hour, a day, an incident of a few days. */
const filledByMs = 7 * 24 * 3_600_000;
/** What a request line bears once it is encoded. */
const longestPolicy = 10_000;

export const guardSimulate = defineVerb({
  name: 'guard.simulate',
  summary:
    'Judges the actions of the past under another policy and says what would have been decided otherwise',
  scope: 'read',
  changes: false,
  route: 'GET /guard/simulate',
  positional: ['policy'],
  examples: ['upkeep guard simulate stricter.yaml --since 30d', 'upkeep guard simulate upkeep.yaml --json'],
  input: z.object({
    policy: z
      .string()
      .max(longestPolicy)
      .meta({ format: 'document' })
      .describe('YAML: what stands below guard:, alone or in a file with that key'),
    since: z
      .string()
      .default('30d')
      .describe('how far back: 12h, 7d, 30d, or a time such as 2026-12-01T03:00:00Z'),
  }),
  async run({ ctx, input }) {
    const read = ctx.readPolicy(input.policy);
    if ('problems' in read) throw new UpkeepError('bad-input', `policy: ${read.problems.join('; ')}`);
    const to = ctx.clock.now();
    const from = to - spanBack('since', input.since, ctx.configuration().timezone, to);
    const actions = await actionRows.list(ctx.store.db, { since: from - filledByMs, limit: mostActions });
    const { targets, environment } = ctx.configuration();
    const environments = new Map(targets.map((target) => [target.name, target.environment]));
    return {
      from,
      to,
      ...replayPolicy(actions, read.policy, (target) => environments.get(target) ?? environment, from),
      isCut: actions.length === mostActions,
    };
  },
});
