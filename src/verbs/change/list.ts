import { z } from 'zod';
import { unknownName } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as changeRows from '../../store/changes.ts';
import { defineVerb } from '../context.ts';
import { spanBack } from '../moment.ts';

export const changeList = defineVerb({
  name: 'change.list',
  summary:
    'Reads the change ledger, newest first: what was deployed, set or replaced, and what changed unannounced',
  scope: 'read',
  changes: false,
  route: 'GET /changes',
  positional: ['target'],
  examples: ['upkeep change list', 'upkeep change list db --since 7d'],
  input: z.object({
    target: z
      .string()
      .optional()
      .describe('of this target and of what it needs; of everything when left out'),
    since: z.string().default('24h').describe('how far back: 6h, 7d, or a time such as 2026-12-01T03:00:00Z'),
    limit: z.coerce.number().int().min(1).max(500).default(100).describe('at most this many'),
  }),
  async run({ ctx, input }) {
    const to = ctx.clock.now();
    const from = to - spanBack('since', input.since, ctx.configuration().timezone, to);
    if (input.target === undefined) return changeRows.list(ctx.store.db, { from, to, limit: input.limit });
    if (!ctx.estate().targets.has(input.target))
      throw new UpkeepError(
        'not-found',
        unknownName('target', input.target, [...ctx.estate().targets.keys()]),
      );
    return (await ctx.ledger.around(input.target, from, to)).slice(0, input.limit);
  },
});
