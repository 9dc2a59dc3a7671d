import { z } from 'zod';
import { planReminder } from '../../practices/postmortem/reminders.ts';
import * as actionItems from '../../store/action-items.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';

export const actionItemClose = defineVerb({
  name: 'action-item.close',
  summary: 'Closes an action item: done, or dropped',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /action-items/:id/close',
  positional: ['id'],
  examples: ['upkeep action-item close 01990d2e', 'upkeep action-item close 01990d2e --outcome dropped'],
  input: z.object({
    id: z.string().min(4).describe('its id, or the beginning of it'),
    outcome: z.enum(['done', 'dropped']).default('done').describe('what became of it'),
  }),
  async run({ ctx, input, actor }) {
    const before = await actionItems.find(ctx.store.db, input.id);
    if (before.endedAt !== null) return before;
    const now = ctx.clock.now();
    const item = { ...before, endedAt: now, endedBy: actor.name, outcome: input.outcome };
    await ctx.store.transaction(async (tx) => {
      await actionItems.update(tx, item);
      await planReminder(tx, item, now);
      await journal.append(tx, {
        ...{ at: now, actor: actor.name, kind: 'action-item.closed', subject: `action-item:${item.id}` },
        incidentId: item.incidentId,
        payload: { task: item.task, outcome: item.outcome },
      });
    });
    ctx.changed();
    return item;
  },
});
