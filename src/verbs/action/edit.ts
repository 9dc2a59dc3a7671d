import { z } from 'zod';
import * as actionRows from '../../store/actions.ts';
import { defineVerb } from '../context.ts';
import { jsonInput, parsedInput } from './request.ts';

export const actionEdit = defineVerb({
  name: 'action.edit',
  summary:
    'Changes the input of an action that waits for approval, within its bounds: a new plan with a new digest; approvals of the old one no longer count',
  scope: 'operate',
  changes: true,
  route: 'POST /actions/:id/edit',
  positional: ['id'],
  examples: [`upkeep action edit 01990d2c --input '{"limit": 5}'`],
  input: z.object({
    id: z.string().min(4).describe('its id, or the beginning of it'),
    input: jsonInput.describe('what is to be different, as JSON: {"limit": 5}; the rest stays'),
  }),
  async run({ ctx, input, actor }) {
    const { id } = await actionRows.find(ctx.store.db, input.id);
    return ctx.actor.edit(id, parsedInput(input.input), actor.name);
  },
});
