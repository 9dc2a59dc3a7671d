import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import { planReminder } from '../../practices/postmortem/reminders.ts';
import * as actionItems from '../../store/action-items.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';
import { personOf } from '../incident/fields.ts';
import { knownPerson } from '../known-person.ts';
import { dueOf } from './fields.ts';

export const actionItemEdit = defineVerb({
  name: 'action-item.edit',
  summary: 'Changes the task, owner or day of an action item',
  scope: 'operate',
  changes: true,
  repeatable: true,
  route: 'POST /action-items/:id',
  positional: ['id'],
  examples: ['upkeep action-item edit 01990d2e --owner bob --due 2026-12-15'],
  input: z.object({
    id: z.string().min(4).describe('its id, or the beginning of it'),
    task: z.string().trim().min(3).max(500).optional().describe('what is to be done'),
    owner: z.string().trim().max(100).optional().describe('who does it; nobody takes it away'),
    due: z.string().optional().describe('until when: 2026-12-01, 14d; none takes the day away'),
  }),
  async run({ ctx, input, actor }) {
    const before = await actionItems.find(ctx.store.db, input.id);
    if (before.endedAt !== null) throw new UpkeepError('conflict', `action item ${before.id} is closed`);
    const { task = before.task, due } = input;
    const named = input.owner === undefined ? before.owner : personOf(input.owner);
    const owner = named === null || named === before.owner ? named : await knownPerson(ctx, 'owner', named);
    const item = {
      ...before,
      task,
      owner,
      dueAt: due === undefined ? before.dueAt : dueOf(ctx, due),
    };
    const now = ctx.clock.now();
    await ctx.store.transaction(async (tx) => {
      await actionItems.update(tx, item);
      const isNew = item.dueAt !== before.dueAt || item.owner !== before.owner;
      await planReminder(tx, item, now, isNew);
      await journal.append(tx, {
        ...{ at: now, actor: actor.name, kind: 'action-item.edited', subject: `action-item:${item.id}` },
        incidentId: item.incidentId,
        payload: { task: item.task, owner: item.owner, dueAt: item.dueAt },
      });
    });
    ctx.changed();
    return item;
  },
});
