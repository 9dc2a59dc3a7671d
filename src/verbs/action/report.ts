import { z } from 'zod';
import { timestamp } from '../../clock.ts';
import { reportOf } from '../../pipeline/report-action.ts';
import { completionHtml } from '../../practices/reports/completion.ts';
import * as actionRows from '../../store/actions.ts';
import { defineVerb } from '../context.ts';

export const actionReport = defineVerb({
  name: 'action.report',
  summary:
    'The completion report of an action: changes, before and after, backup, rollback, monitoring, suggested commit',
  scope: 'read',
  changes: false,
  route: 'GET /actions/:id/report',
  positional: ['id'],
  examples: ['upkeep action report 01990d2c', 'upkeep action report 01990d2c --format html > report.html'],
  input: z.object({
    id: z.string().min(4).describe('its id, or the beginning of it'),
    format: z.enum(['markdown', 'html']).default('markdown').describe('in which form'),
  }),
  async run({ ctx, input }) {
    const action = await actionRows.find(ctx.store.db, input.id);
    const metrics = ctx.estate().targets.get(action.plan.target)?.metrics ?? {};
    const markdown = await reportOf(ctx, ctx.store.db, action, (metric) => metrics[metric]?.unit);
    const span = timestamp(action.endedAt ?? action.proposedAt);
    const content = input.format === 'html' ? completionHtml(action, markdown, span) : markdown;
    return { id: action.id, state: action.state, format: input.format, content };
  },
});
