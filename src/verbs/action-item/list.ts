import { z } from 'zod';
import * as actionItems from '../../store/action-items.ts';
import * as incidentRows from '../../store/incidents.ts';
import { defineVerb } from '../context.ts';

export const actionItemList = defineVerb({
  name: 'action-item.list',
  summary: 'Lists action items of post-mortems, the first due first',
  scope: 'read',
  changes: false,
  route: 'GET /action-items',
  positional: [],
  examples: ['upkeep action-item list', 'upkeep action-item list --owner ann --state all'],
  input: z.object({
    state: z.enum(['open', 'closed', 'all']).default('open').describe('which of them'),
    owner: z.string().optional().describe('only of this person'),
    incident: z.string().min(4).optional().describe('only of the incident with this id'),
  }),
  async run({ ctx, input: { state, owner, incident } }) {
    const { db } = ctx.store;
    const of = incident === undefined ? undefined : (await incidentRows.find(db, incident)).id;
    const now = ctx.clock.now();
    const items = await actionItems.list(db, {
      ...(state === 'all' ? {} : { isOpen: state === 'open' }),
      ...(owner === undefined ? {} : { owner }),
      ...(of === undefined ? {} : { incidentId: of }),
    });
    return items.map((item) => ({
      ...item,
      isOverdue: item.endedAt === null && item.dueAt !== null && item.dueAt < now,
    }));
  },
});
