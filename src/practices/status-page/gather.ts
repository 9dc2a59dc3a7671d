/** Reads what the page is made of, and lets through what the public may know. */
import { excludedSpans, type MaintenanceWindow, running } from '../../core/maintenance.ts';
import {
  type ComponentSettings,
  componentState,
  confirmedUp,
  overallState,
  type PublicComponent,
  type PublicIncident,
  type PublicPage,
  type StatusPageSettings,
} from '../../core/status-page.ts';
import {
  type Day,
  type DayMeasure,
  dayBar,
  daysUntil,
  lengthOf,
  type Span,
  uptimeOf,
  within,
} from '../../core/status-page-days.ts';
import {
  componentsOf,
  type IncidentFacts,
  publicIncident,
  publicMaintenance,
} from '../../core/status-page-incidents.ts';
import type { Clock } from '../../core/time.ts';
import type { Estate } from '../../pipeline/bound.ts';
import type { Picture } from '../../pipeline/picture.ts';
import type { Store } from '../../store/index.ts';
import * as statusRows from '../../store/status-page.ts';
import * as updateRows from '../../store/updates.ts';
import * as windowRows from '../../store/windows.ts';
import type { DayMeasurer } from './measure-days.ts';
import { moment } from './moments.ts';

export interface PageSources {
  readonly clock: Pick<Clock, 'now'>;
  readonly store: Pick<Store, 'db'>;
  readonly picture: Pick<Picture, 'target'>;
  readonly measurer: DayMeasurer;
  readonly settings: StatusPageSettings;
  readonly maintenance: readonly MaintenanceWindow[];
  /** Of `incidents:`. */
  readonly reopenWithinMs: number;
  readonly estate: Estate;
  readonly digest: (text: string) => string;
}

const dayMs = 86_400_000;
/** How far back the history goes, and how far ahead maintenance is told. */
const historyMs = 366 * dayMs;
const aheadMs = 30 * dayMs;
/** Written every minute; a page so old was left behind by an Upkeep that stopped. */
const staleAfterMs = 10 * 60_000;

interface Known {
  readonly now: number;
  readonly windows: readonly MaintenanceWindow[];
  readonly incidents: readonly IncidentFacts[];
  readonly published: ReadonlyMap<IncidentFacts, PublicIncident>;
  readonly days: readonly Day[];
}

export async function gatherPage(sources: PageSources): Promise<PublicPage> {
  const { settings, estate } = sources;
  const { db } = sources.store;
  const now = sources.clock.now();
  const windows = [...sources.maintenance, ...(await windowRows.list(db, now - historyMs))];
  const incidents = await statusRows.incidentsSince(db, now - historyMs);
  const oldest = Math.min(now - historyMs, ...incidents.map(({ openedAt }) => openedAt));
  const updates = Map.groupBy(await updateRows.publicSince(db, oldest), (update) => update.incidentId);
  const rules = {
    components: settings.components,
    announce: settings.announce,
    reopenWithinMs: sources.reopenWithinMs,
    when: (at: number) => moment(at, settings.timezone),
    idOf: (text: string) => sources.digest(`status-page ${text}`).slice(0, 12),
  };
  const published = new Map(
    incidents.flatMap((incident) => {
      const found = publicIncident(incident, updates.get(incident.id) ?? [], rules);
      return found ? [[incident, found] as const] : [];
    }),
  );
  const days = daysUntil(now, settings.timezone);
  const known: Known = { now, windows, incidents, published, days };
  const components: PublicComponent[] = [];
  for (const component of settings.components)
    components.push(await componentOf(component, sources, known, rules.idOf));
  return {
    title: settings.title,
    url: settings.url,
    timezone: settings.timezone,
    writtenAt: now,
    staleAfter: now + staleAfterMs,
    overall: overallState(components.map(({ state }) => state)),
    components,
    incidents: [...published.values()],
    maintenance: publicMaintenance(
      windows,
      { from: now - historyMs, now, to: now + aheadMs },
      estate.topology,
      rules,
    ),
  };
}

async function componentOf(
  component: ComponentSettings,
  sources: PageSources,
  known: Known,
  idOf: (text: string) => string,
): Promise<PublicComponent> {
  const days = await daysOf(component, sources, known);
  return {
    id: idOf(`component ${component.name}`),
    name: component.name,
    group: component.group,
    description: component.description,
    state: stateNow(component, sources, known),
    uptime: uptimeOf(days),
    days,
  };
}

function stateNow(component: ComponentSettings, sources: PageSources, { now, windows, incidents }: Known) {
  const { estate, picture } = sources;
  const covered = running(windows, now, estate.topology);
  const open = incidents.filter(
    (incident) => incident.resolvedAt === null && componentsOf(incident, [component]).length > 0,
  );
  return componentState({
    targets: component.targets.map((name) => {
      const settings = estate.targets.get(name)?.settings;
      const { lastAt, recent } = picture.target(name);
      // As in the overview: values older than three intervals say nothing of now.
      const isStale =
        !settings || lastAt === null || now - lastAt > 3 * settings.everyMs + settings.timeoutMs;
      return confirmedUp(recent, isStale);
    }),
    incidents: open.map(({ level, mitigatedAt, firingOn }) => {
      const own = component.targets.filter((name) => firingOn?.includes(name)).length;
      return {
        ...{ level, isMitigated: mitigatedAt !== null },
        isElsewhere: firingOn !== undefined && own === 0,
        isOnSome: own > 0 && own < component.targets.length,
      };
    }),
    isUnderMaintenance: component.targets.some((name) =>
      covered.some(({ covers }) => covers === null || covers.has(name)),
    ),
  });
}

async function daysOf(component: ComponentSettings, sources: PageSources, known: Known) {
  const { estate, measurer } = sources;
  const { now, windows, published, days } = known;
  const [first] = days;
  const targets: { excluded: readonly Span[]; measures: readonly DayMeasure[] }[] = [];
  for (const name of component.targets) {
    const watched = estate.targets.get(name);
    if (!watched || !first) continue;
    // Asked once for all days: following a rule is what costs.
    const excluded = excludedSpans(windows, name, first.from, now, estate.topology);
    targets.push({ excluded, measures: await measurer.target(watched, days, now, excluded) });
  }
  const reaching = [...published].filter(
    ([, incident]) => incident.components.includes(component.name) && incident.impact !== 'operational',
  );
  return days.map((day, index) =>
    dayBar({
      date: day.date,
      measures: targets.flatMap(({ measures }) => measures[index] ?? []),
      maintenanceMs: Math.max(0, ...targets.map(({ excluded }) => lengthOf(within(day, excluded)))),
      incidents: reaching
        .filter(([{ openedAt, resolvedAt }]) => openedAt < day.to && (resolvedAt ?? now) >= day.from)
        .map(([, { title }]) => title),
    }),
  );
}
