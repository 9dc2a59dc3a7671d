import { defineVerb } from '../context.ts';
import { requestInput, requestOf } from './request.ts';

export const actionPropose = defineVerb({
  name: 'action.propose',
  summary: 'Plans an action and hands it to the guard, which permits, asks or refuses',
  scope: 'operate',
  changes: true,
  proposes: true,
  route: 'POST /actions',
  positional: ['action', 'target'],
  examples: ['upkeep action propose process.restart api-process --why "does not answer"'],
  input: requestInput,
  run: ({ ctx, input, actor }) => ctx.actor.propose(requestOf(input), actor.name, null, actor.through),
});
