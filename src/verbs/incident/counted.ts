/** Incidents as the figures count them, each with the person who was on it. */
import { isOutage } from '../../core/incident/hygiene.ts';
import type { CountedIncident } from '../../core/incident/statistics.ts';
import { timesOf } from '../../core/incident/times.ts';
import { personBehind } from '../../pipeline/person-behind.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Incident } from '../../store/incidents.ts';
import * as incidentRows from '../../store/incidents.ts';
import * as pages from '../../store/pages.ts';
import type { VerbContext } from '../context.ts';

const pageSize = 500;

/** Opened in [from, to), merged ones too. */
export async function countedIncidents(
  ctx: VerbContext,
  from: number,
  to: number,
  service?: string,
): Promise<(CountedIncident & { readonly openedAt: number })[]> {
  const incidents = await openedIn(ctx, from, to, service);
  const names = new Set(incidents.flatMap((one) => one.acknowledgedBy ?? []));
  const people = new Map<string, string | null>();
  for (const name of names) people.set(name, await personOf(ctx, name));
  const counted: (CountedIncident & { readonly openedAt: number })[] = [];
  for (const incident of incidents) {
    const { id, title, level, lead, services, conduct, openedAt, acknowledgedBy } = incident;
    const alerts = await alertRows.ofIncident(ctx.store.db, id);
    counted.push({
      ...{ id, title, level, lead, services, openedAt },
      acknowledgedBy: acknowledgedBy === null ? null : (people.get(acknowledgedBy) ?? null),
      ...timesOf(incident, alerts, await pages.ofIncident(ctx.store.db, id)),
      reopened: conduct?.reopened ?? 0,
      isMerged: conduct?.mergedInto !== undefined,
      ...(isOutage(alerts) ? {} : { isNoOutage: true }),
    });
  }
  return counted;
}

/** The command line of this machine names nobody. */
async function personOf(ctx: VerbContext, name: string): Promise<string | null> {
  const person = await personBehind(ctx.store.db, name, ctx.configuration());
  return person === 'cli' ? null : person;
}

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
