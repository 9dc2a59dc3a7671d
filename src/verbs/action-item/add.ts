import { z } from 'zod';
import type { ActionItem } from '../../core/incident/action-item.ts';
import { planReminder } from '../../practices/postmortem/reminders.ts';
import * as actionItems from '../../store/action-items.ts';
import * as incidentRows from '../../store/incidents.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';
import { knownPerson } from '../known-person.ts';
import { dueOf } from './fields.ts';

export const actionItemAdd = defineVerb({
  name: 'action-item.add',
  summary: 'Adds an action item to the post-mortem of an incident; its owner is reminded until it is done',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /action-items',
  positional: ['incident', 'task'],
  examples: ['upkeep action-item add 01990d2c "Close the pool after each request" --owner ann --due 14d'],
  input: z.object({
    incident: z.string().min(4).describe('id of the incident, or the beginning of it'),
    task: z.string().trim().min(3).max(500).describe('what is to be done'),
    owner: z
      .string()
      .trim()
      .max(100)
      .optional()
      .describe('who does it: somebody of oncall.people, or an account'),
    due: z.string().optional().describe('until when: 2026-12-01, 14d'),
  }),
  async run({ ctx, input, actor }) {
    const incident = await incidentRows.find(ctx.store.db, input.incident);
    const now = ctx.clock.now();
    const owner = input.owner ? await knownPerson(ctx, 'owner', input.owner) : null;
    const item: ActionItem = {
      ...{ id: ctx.newId(), incidentId: incident.id, task: input.task, owner },
      ...{ dueAt: dueOf(ctx, input.due), createdBy: actor.name, createdAt: now },
      ...{ endedAt: null, endedBy: null, outcome: null },
    };
    await ctx.store.transaction(async (tx) => {
      await actionItems.insert(tx, item);
      await planReminder(tx, item, now);
      await journal.append(tx, {
        ...{ at: now, actor: actor.name, kind: 'action-item.added', subject: `action-item:${item.id}` },
        incidentId: incident.id,
        payload: { task: item.task, owner: item.owner, dueAt: item.dueAt },
      });
    });
    ctx.changed();
    return item;
  },
});
