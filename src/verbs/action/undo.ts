import { z } from 'zod';
import * as actionRows from '../../store/actions.ts';
import { defineVerb } from '../context.ts';

export const actionUndo = defineVerb({
  name: 'action.undo',
  summary:
    'Takes the change of an action back where that is possible, under the guard like any action; else says why not',
  scope: 'operate',
  changes: true,
  proposes: true,
  route: 'POST /actions/:id/undo',
  positional: ['id'],
  examples: ['upkeep action undo 01990d2c --why "the import needs it"'],
  input: z.object({
    id: z.string().min(4).describe('its id, or the beginning of it'),
    why: z.string().max(2_000).default('taken back by hand').describe('the reason; goes into the journal'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await actionRows.find(ctx.store.db, input.id);
    return ctx.actor.undo(id, actor.name, input.why, actor.through);
  },
});
