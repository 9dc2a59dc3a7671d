import { z } from 'zod';
import * as actionRows from '../../store/actions.ts';
import { defineVerb } from '../context.ts';

export const actionShow = defineVerb({
  name: 'action.show',
  summary: 'Shows one action: plan, judgement of the guard, result, completion report',
  scope: 'read',
  changes: false,
  route: 'GET /actions/:id',
  positional: ['id'],
  examples: ['upkeep action show 01990d2c'],
  input: z.object({ id: z.string().min(4).describe('its id, or the beginning of it') }),
  run: ({ ctx, input }) => actionRows.find(ctx.store.db, input.id),
});
