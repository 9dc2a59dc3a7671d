import { z } from 'zod';
import { dailyReport } from '../../practices/reports/daily.ts';
import { defineVerb } from '../context.ts';
import { statusShow } from '../status/show.ts';

export const reportDaily = defineVerb({
  name: 'report.daily',
  summary: 'Writes the health summary of the last 24 hours as Markdown and HTML',
  scope: 'read',
  changes: false,
  route: 'GET /reports/daily',
  positional: [],
  examples: ['upkeep report daily > report.md', 'upkeep report daily --json | jq -r .html > report.html'],
  input: z.object({}),
  async run({ ctx, actor }) {
    const overview = await statusShow.run({ ctx, input: {}, actor });
    return dailyReport({ ...ctx, overview, configuration: ctx.configuration() });
  },
});
