import { z } from 'zod';
import { type IncidentStatistics, statisticsOf } from '../../core/incident/statistics.ts';
import { zonesOf } from '../../core/oncall/load.ts';
import { parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as pages from '../../store/pages.ts';
import { defineVerb } from '../context.ts';
import { countedIncidents } from './counted.ts';
import { knownNames, momentOf } from './fields.ts';

export const incidentStats = defineVerb({
  name: 'incident.stats',
  summary: 'Gives MTTD, MTTA and MTTR, incidents answered in time, repeats, and the load on each person',
  scope: 'read',
  changes: false,
  route: 'GET /statistics/incidents',
  positional: [],
  examples: ['upkeep incident stats', 'upkeep incident stats --from 90d --service api --within 15m'],
  input: z.object({
    from: z
      .string()
      .default('30d')
      .describe('opened after this time: 30d (so long ago), or 2026-12-01T00:00:00Z'),
    to: z.string().optional().describe('opened before this time'),
    service: z.string().optional().describe('only those that reached this service'),
    within: z.string().default('15m').describe('how soon somebody is to be on it'),
  }),
  async run({ ctx, input }): Promise<IncidentStatistics> {
    const now = ctx.clock.now();
    const [from, to] = [momentOf(ctx, 'from', input.from) ?? 0, momentOf(ctx, 'to', input.to) ?? now];
    if (from >= to) throw new UpkeepError('bad-input', 'from must be before to');
    const withinMs = parseDuration(input.within);
    if (withinMs === undefined) throw new UpkeepError('bad-input', 'within: give a duration such as 15m');
    if (input.service !== undefined) knownNames(ctx, 'service', [input.service]);
    const incidents = await countedIncidents(ctx, from, to, input.service);
    const { oncall, timezone } = ctx.configuration();
    const ids = new Set(incidents.map(({ id }) => id));
    const sent = await pages.sentBetween(ctx.store.db, from, to);
    return statisticsOf(
      incidents,
      input.service === undefined ? sent : sent.filter(({ incidentId }) => ids.has(incidentId)),
      { from, to, withinMs, zoneOf: zonesOf(oncall, timezone) },
    );
  },
});
