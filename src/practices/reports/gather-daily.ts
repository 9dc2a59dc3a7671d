/** Reads what the daily report is made of. */
import type { Configuration } from '../../core/configuration.ts';
import { isOutage } from '../../core/incident/hygiene.ts';
import { detectionMs, spansOf, timesOf } from '../../core/incident/times.ts';
import { severityWord } from '../../core/severity.ts';
import type { Clock } from '../../core/time.ts';
import type { ActionView, IncidentView, JournalEntry, Overview } from '../../core/view.ts';
import type { Estate } from '../../pipeline/bound.ts';
import { allWindows } from '../../pipeline/holds.ts';
import type { Picture } from '../../pipeline/picture.ts';
import * as actionRows from '../../store/actions.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Incident } from '../../store/incidents.ts';
import * as incidentRows from '../../store/incidents.ts';
import type { Store, Tx } from '../../store/index.ts';
import * as journal from '../../store/journal.ts';
import * as pages from '../../store/pages.ts';
import type { SampleStore } from '../../store/samples/index.ts';
import type { DailyFacts, Unseen } from './daily-facts.ts';
import { createMeasurer } from './measure.ts';

export interface DailySources {
  readonly clock: Pick<Clock, 'now'>;
  readonly store: Pick<Store, 'db'>;
  readonly samples: Pick<SampleStore, 'quantiles' | 'aggregate' | 'covered'>;
  readonly picture: Pick<Picture, 'target'>;
  readonly overview: Overview;
  readonly configuration: Configuration;
  estate(): Estate;
}

export const dayMs = 86_400_000;
const pageSize = 200;
/** Kinds of the journal that say what was changed or when nobody watched. */
const told = [
  'configuration.reloaded',
  'configuration.rejected',
  'upkeep.started',
  'upkeep.stopped',
  'upkeep.failed',
  'gap.detected',
  'clock.set-back',
  'account.created',
  'token.created',
  'token.revoked',
];

export async function gatherDaily(sources: DailySources): Promise<DailyFacts> {
  const { overview, configuration } = sources;
  const { db } = sources.store;
  const to = sources.clock.now();
  const from = to - dayMs;
  const since = from - dayMs;
  const windows = await allWindows({ configuration: () => configuration, clock: sources.clock }, db, since);
  const measurer = createMeasurer({ ...sources, windows }, { from, to });
  const targets = [];
  for (const view of overview.targets) targets.push(await measurer.target(view));
  const services = [];
  for (const view of overview.services) services.push(await measurer.service(view, targets));
  const incidents = [];
  for (const incident of await incidentsSince(db, since)) {
    const alerts = await alertRows.ofIncident(db, incident.id);
    const times = timesOf(incident, alerts, await pages.ofIncident(db, incident.id));
    const { acknowledgeMs, resolveMs } = spansOf(times);
    incidents.push({
      ...viewOf(incident, configuration),
      ...{ detectMs: detectionMs(times), acknowledgeMs, resolveMs },
      ...(isOutage(alerts) ? {} : { isNoOutage: true as const }),
    });
  }
  return {
    from,
    to,
    overview,
    severities: configuration.severities,
    incidents,
    services,
    targets,
    unseen: unseenIn(sources),
    actions: await actionsSince(db, since),
    journal: await journalSince(db, from),
  };
}

async function incidentsSince(tx: Tx, since: number): Promise<Incident[]> {
  const found = new Map((await incidentRows.open(tx)).map((incident) => [incident.id, incident]));
  let before: string | undefined;
  for (;;) {
    const page = await incidentRows.list(tx, { status: 'all', limit: pageSize, before });
    for (const incident of page)
      if (incident.openedAt >= since || (incident.resolvedAt ?? 0) >= since) found.set(incident.id, incident);
    const last = page.at(-1);
    // Incidents that opened a week before the span and ended in it are rare enough to be read, older ones are not.
    if (page.length < pageSize || !last || last.openedAt < since - 7 * dayMs) break;
    before = last.id;
  }
  return [...found.values()].sort((a, b) => b.openedAt - a.openedAt);
}

async function actionsSince(tx: Tx, since: number): Promise<ActionView[]> {
  for (let limit = pageSize; ; limit *= 4) {
    const actions = await actionRows.list(tx, { limit });
    const oldest = actions.at(-1);
    if (actions.length < limit || !oldest || oldest.proposedAt < since) {
      return actions.filter((action) => action.proposedAt >= since || (action.endedAt ?? 0) >= since);
    }
  }
}

async function journalSince(tx: Tx, since: number): Promise<JournalEntry[]> {
  const found: JournalEntry[] = [];
  let before: number | undefined;
  for (;;) {
    const page = await journal.list(tx, { kinds: told, limit: pageSize, before });
    found.push(...page.filter((entry) => entry.at >= since));
    const last = page.at(-1);
    if (page.length < pageSize || !last || last.at < since) return found.reverse();
    before = last.seq;
  }
}

function viewOf(incident: Incident, { severities }: Configuration): IncidentView {
  const { id, title, level, status, lead, services, targets } = incident;
  const { openedAt, acknowledgedAt, acknowledgedBy, mitigatedAt, resolvedAt } = incident;
  return {
    ...{ id, title, level, status, lead, services, targets },
    ...{ openedAt, acknowledgedAt, acknowledgedBy, mitigatedAt, resolvedAt },
    severity: severityWord(severities, level),
    firingAlerts: 0,
    summary: incident.findings[0]?.summary ?? null,
    mergedInto: incident.conduct?.mergedInto ?? null,
    lulls: incident.conduct?.lulls ?? [],
  };
}

/** What the last run of each check could not see, and targets nothing is known of. */
function unseenIn({ overview, picture }: DailySources): Unseen[] {
  return overview.targets.flatMap((target): Unseen[] => {
    const checks = [...picture.target(target.name).checks.values()];
    const missing = checks.flatMap((check) =>
      check.missing.map(({ metrics, reason, remedy }) => ({
        target: target.name,
        what: metrics.includes('*') ? check.probe : metrics.join(', '),
        reason,
        remedy,
      })),
    );
    const broken = checks
      .filter((check) => check.why === 'broken-probe')
      .map((check) => ({ target: target.name, what: check.probe, reason: check.detail, remedy: null }));
    if (missing.length + broken.length > 0 || target.health !== 'unknown') return [...missing, ...broken];
    return [{ target: target.name, what: 'everything', reason: target.detail, remedy: null }];
  });
}
