import { requestInput, requestOf } from '../action/request.ts';
import { defineVerb } from '../context.ts';

export const guardExplain = defineVerb({
  name: 'guard.explain',
  summary: 'Says what the guard would answer to an action and why, without doing anything',
  scope: 'read',
  changes: false,
  route: 'GET /guard/explain',
  positional: ['action', 'target'],
  examples: ['upkeep guard explain process.restart api-process'],
  input: requestInput,
  run: ({ ctx, input }) => ctx.actor.explain(requestOf(input)),
});
