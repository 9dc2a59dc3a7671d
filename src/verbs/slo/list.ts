import { z } from 'zod';
import { defineVerb } from '../context.ts';
import { sloView } from './view.ts';

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
    return { objectives: ctx.objectives.states().map(sloView), frozen: ctx.objectives.frozen() };
  },
});
