/** How often would this rule have alerted? Stored values through the same steps as live, beside what people did. */
import { objectivesOf } from '../../core/burn-rate/of-service.ts';
import type { ServiceSettings } from '../../core/configuration.ts';
import type { MaintenanceWindow } from '../../core/maintenance.ts';
import { type KnownSeries, type Rehearsed, rehearse } from '../../core/rehearsal.ts';
import type { BurnRateRule, Rule } from '../../core/rule.ts';
import { type SeverityScheme, severityWord } from '../../core/severity.ts';
import type { Estate } from '../../pipeline/bound.ts';
import { historyOf } from '../../pipeline/learned/history.ts';
import { createExclusions } from '../../pipeline/objectives/exclusions.ts';
import { aboutOf, learnPast } from '../../pipeline/objectives/past.ts';
import type { SampleStore } from '../../store/samples/index.ts';
import { createMinuteCounts } from './burning.ts';
import { type KnownValues, knownValues } from './known-values.ts';

/** An incident that people took for one: acknowledged, or acted upon. */
export interface Acted {
  readonly id: string;
  readonly targets: readonly string[];
  readonly openedAt: number;
  /** A little before it was opened, since alerts may have come first. */
  readonly from: number;
  readonly to: number;
}

export interface Replayed {
  readonly alerts: readonly (Rehearsed & {
    readonly incident: string | null;
    /** What an incident by it would be, in the team's own word. */
    readonly severity: string;
  })[];
  /** Alerts that fall into an incident that somebody acknowledged. */
  readonly acknowledged: number;
  readonly firingMs: number;
}

export interface ReplaySources {
  readonly samples: Pick<SampleStore, 'range' | 'aggregate' | 'covered'>;
  readonly estate: Estate;
  readonly services: readonly ServiceSettings[];
  readonly windows: readonly MaintenanceWindow[];
}

export interface ReplaySpan {
  readonly target: string;
  readonly from: number;
  readonly to: number;
}

/** Read once; the rule may then be played with several settings. `null`: nothing was stored. */
export async function prepareReplay(
  sources: ReplaySources,
  rule: Rule,
  span: ReplaySpan,
): Promise<((changed: Rule) => Rehearsed[]) | null> {
  const { from, to } = span;
  if (rule.kind === 'burn-rate') {
    const burning = await burningOf(sources, rule, span);
    return burning && ((changed) => rehearse({ rule: changed, from, to, ...burning }));
  }
  const known: KnownValues = await knownValues(sources.samples, { rule, ...span });
  if (known.series.length === 0) return null;
  return (changed) => rehearse({ rule: changed, ...known, from, to });
}

/** A service is judged each minute. */
async function burningOf(sources: ReplaySources, rule: BurnRateRule, { target, from, to }: ReplaySpan) {
  const service = sources.services.find(({ name }) => name === rule.service);
  const objective = service && objectivesOf(service).find(({ kind }) => kind === rule.objective);
  if (!service || !objective || !sources.estate.targets.has(target)) return null;
  const longest = Math.max(...rule.windows.map(({ longMs }) => longMs));
  const counts = createMinuteCounts(from - longest, to);
  const exclusions = createExclusions();
  exclusions.replace(sources.windows, sources.estate.topology);
  const question = {
    service,
    kind: rule.objective,
    of: (name: string) => {
      const watched = sources.estate.targets.get(name);
      return watched && aboutOf(watched);
    },
    isExcluded: exclusions.isExcluded,
    from: from - longest,
    to,
    fineMs: to - from + longest,
  };
  const { range, covered } = sources.samples;
  await learnPast({ history: historyOf(sources.samples), range, covered }, question, counts);
  const { count, since } = counts.close();
  if (since === null) return null;
  const points: KnownSeries['points'] = Array.from({ length: Math.ceil((to - from) / 60_000) }, (_, i) => ({
    at: from + (i + 1) * 60_000,
    value: 0,
  }));
  const excludedMs = (begin: number, end: number) => exclusions.excludedMs(service.targets, begin, end);
  return {
    series: [{ labels: rule.where ?? {}, points }],
    burning: { count, objective, since, excludedMs },
  };
}

/** Beside what people did: whether each alert fell into an incident that somebody took for one. */
export function withIncidents(
  alerts: readonly Rehearsed[],
  rule: Pick<Rule, 'levels'>,
  scheme: SeverityScheme,
  target: string,
  acted: readonly Acted[],
  to: number,
): Replayed {
  const placed = alerts.map((alert) => {
    const end = alert.resolvedAt ?? to;
    const incident = acted.find(
      (one) => one.targets.includes(target) && one.from <= end && one.to >= alert.since,
    );
    const severity = severityWord(scheme, rule.levels[alert.level]);
    return { ...alert, severity, incident: incident?.id ?? null };
  });
  return {
    alerts: placed,
    acknowledged: placed.filter(({ incident }) => incident !== null).length,
    firingMs: placed.reduce(
      (sum, one) => sum + ((one.resolvedAt ?? one.unknownSince ?? to) - one.firedAt),
      0,
    ),
  };
}
