import { z } from 'zod';
import { defineVerb } from '../context.ts';
import { sloViews } from './view.ts';

export const sloList = defineVerb({
  name: 'slo.list',
  summary: 'Objectives of services: what was measured, what is left of the error budget, how fast it burns',
  scope: 'read',
  changes: false,
  route: 'GET /slos',
  positional: [],
  examples: ['upkeep slo list'],
  input: z.object({}),
  async run({ ctx }) {
    await ctx.objectives.settled();
    return { objectives: await sloViews(ctx, ctx.objectives.states()), frozen: ctx.objectives.frozen() };
  },
});
