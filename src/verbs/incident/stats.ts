import { z } from 'zod';
import {
  type CountedIncident,
  type IncidentStatistics,
  statisticsOf,
} from '../../core/incident/statistics.ts';
import { timesOf } from '../../core/incident/times.ts';
import { parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Incident } from '../../store/incidents.ts';
import * as incidentRows from '../../store/incidents.ts';
import * as pages from '../../store/pages.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { knownNames, momentOf } from './fields.ts';

const pageSize = 500;

export const incidentStats = defineVerb({
  name: 'incident.stats',
  summary: 'Gives MTTD, MTTA and MTTR, incidents answered in time, repeats, and the load on each person',
  scope: 'read',
  changes: false,
  route: 'GET /statistics/incidents',
  positional: [],
  examples: ['upkeep incident stats', 'upkeep incident stats --from 90d --service api --within 15m'],
  input: z.object({
    from: z.string().default('30d').describe('opened after this time: 30d ago, or 2026-12-01T00:00:00Z'),
    to: z.string().optional().describe('opened before this time'),
    service: z.string().optional().describe('only those that reached this service'),
    within: z.string().default('15m').describe('how soon somebody is to be on it'),
  }),
  async run({ ctx, input }): Promise<IncidentStatistics> {
    const now = ctx.clock.now();
    const [from, to] = [momentOf('from', input.from, now) ?? 0, momentOf('to', input.to, now) ?? now];
    if (from >= to) throw new UpkeepError('bad-input', 'from must be before to');
    const withinMs = parseDuration(input.within);
    if (withinMs === undefined) throw new UpkeepError('bad-input', 'within: give a duration such as 15m');
    if (input.service !== undefined) knownNames(ctx, 'service', [input.service]);
    const incidents: CountedIncident[] = [];
    for (const one of await openedIn(ctx, from, to, input.service)) incidents.push(await countedOf(ctx, one));
    const hour = new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone: ctx.configuration().timezone, hour: '2-digit', hourCycle: 'h23' },
    } as const);
    const isNight = (at: number) => {
      const at_ = Number(hour.format(at));
      return at_ >= 22 || at_ < 6;
    };
    const sent = await pages.sentBetween(ctx.store.db, from, now + 1);
    return statisticsOf(incidents, sent, { from, to, withinMs, isNight });
  },
});

async function openedIn(
  ctx: VerbContext,
  from: number,
  to: number,
  service: string | undefined,
): Promise<Incident[]> {
  const found: Incident[] = [];
  for (let before: string | undefined; ; ) {
    const page = await incidentRows.list(ctx.store.db, { from, to, service, limit: pageSize, before });
    found.push(...page.filter(({ openedAt }) => openedAt >= from));
    const last = page.at(-1);
    if (page.length < pageSize || !last) return found;
    before = last.id;
  }
}

async function countedOf(ctx: VerbContext, incident: Incident): Promise<CountedIncident> {
  const { id, title, level, lead, services, acknowledgedBy, conduct } = incident;
  return {
    ...{ id, title, level, lead, services, acknowledgedBy },
    ...timesOf(incident, await alertRows.ofIncident(ctx.store.db, id)),
    reopened: conduct?.reopened ?? 0,
    isMerged: conduct?.mergedInto !== undefined,
  };
}
