/** From the facts of a day to its report. Pure: the same facts give the same report. */
import { capital, count } from '../../core/count.ts';
import { noOutageWords } from '../../core/incident/statistics-words.ts';
import { levels } from '../../core/severity.ts';
import { formatDuration } from '../../core/time.ts';
import type { Health } from '../../core/view.ts';
import { backupSection } from './backup-section.ts';
import type { DailyFacts } from './daily-facts.ts';
import {
  type ActionFigures,
  actionFigures,
  type IncidentFigures,
  incidentFigures,
  incidentsOf,
  mean,
  missedBy,
  spansOf,
} from './daily-figures.ts';
import {
  actionSection,
  changeSection,
  incidentSection,
  serviceSection,
  targetSection,
  unseenSection,
} from './daily-sections.ts';
import type { Figure, ReportDocument, Tone } from './document.ts';
import { availability, listing, momentsIn, percent, unknownText } from './words.ts';

export function composeDaily(facts: DailyFacts): ReportDocument {
  const { overview, from, to } = facts;
  const moments = momentsIn(overview.timezone);
  return {
    title: `${overview.name}: daily health summary, ${moments.day(to)}`,
    span: `${moments.long(from)} to ${moments.long(to)}, ${overview.timezone}`,
    tone: toneOf(facts),
    headline: headlineOf(facts),
    lead: leadOf(facts),
    figures: figuresOf(facts),
    sections: [
      incidentSection(facts, moments),
      ...serviceSection(facts),
      targetSection(facts),
      ...backupSection(facts, moments),
      ...unseenSection(facts),
      actionSection(facts, moments),
      changeSection(facts, moments),
    ],
    footer: `Written by Upkeep ${overview.version} at ${moments.long(to)} (${overview.timezone}).`,
  };
}

const tones: Readonly<Record<Health, Tone>> = {
  ok: 'ok',
  warning: 'warning',
  critical: 'critical',
  unknown: 'unknown',
};

function toneOf({ overview }: DailyFacts): Tone {
  if (overview.incidents.some((one) => one.level === 'critical' || one.level === 'high')) return 'critical';
  if (overview.incidents.length > 0 && overview.health === 'ok') return 'warning';
  return tones[overview.health];
}

/** What is wrong at this moment, the gravest first. */
function headlineOf({ overview }: DailyFacts): string {
  const named = (health: Health) =>
    overview.targets.filter((target) => target.health === health).map((target) => target.name);
  const open = overview.incidents.filter((one) => one.status !== 'mitigated');
  const first = open.toSorted((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level))[0];
  if (open.length === 1 && first) return `One incident is open (${first.severity}): ${first.title}.`;
  if (open.length > 1 && first)
    return `${open.length} incidents are open, the gravest ${first.severity}: ${first.title}.`;
  const [critical, warning, unknown] = [named('critical'), named('warning'), named('unknown')];
  if (critical.length > 0) return `${capital(listing(critical))} ${are(critical)} in trouble.`;
  if (warning.length > 0)
    return `${capital(listing(warning))} ${warning.length === 1 ? 'needs' : 'need'} a look.`;
  if (overview.targets.length === 0) return 'Nothing is watched yet.';
  if (unknown.length === overview.targets.length) return 'Nothing is known: no target could be seen.';
  if (unknown.length > 0) return `What can be seen is well; nothing is known of ${listing(unknown)}.`;
  const mitigated = overview.incidents.length;
  if (mitigated > 0) return `All is well again; ${count(mitigated, 'incident')} must still prove it.`;
  return overview.targets.length === 1
    ? 'The one target is well.'
    : `All ${overview.targets.length} targets are well.`;
}

function are(names: readonly string[]): string {
  return names.length === 1 ? 'is' : 'are';
}

function leadOf(facts: DailyFacts): string {
  const { today } = spansOf(facts);
  const incidents = incidentFigures(facts.incidents, today);
  const actions = actionFigures(facts.actions, today);
  const missed = facts.services.filter((service) => missedBy(service).length > 0);
  const objectives = facts.services.filter(
    ({ view }) => view.objective !== null || view.latencyObjective !== null,
  );
  const parts = [
    incidentWords(incidents),
    ...(objectives.length === 0
      ? []
      : [
          objectiveWords(
            missed.map(({ view }) => view.name),
            objectives.length,
          ),
        ]),
    ...actionWords(actions),
  ];
  const waiting =
    actions.waiting === 0 ? '' : ` ${count(actions.waiting, 'action waits', 'actions wait')} for approval.`;
  return `${capital(parts.join('; '))}.${waiting}`;
}

function incidentWords({ opened, resolved, merged }: IncidentFigures): string {
  if (opened + resolved + merged === 0) return 'no incident opened or ended';
  const others = merged === 0 ? '' : `, ${merged} merged into others`;
  return `${count(opened, 'incident')} opened and ${resolved} ended${others}`;
}

function actionWords({ done, failed, refused }: ActionFigures): string[] {
  if (done + failed + refused === 0) return [];
  const others = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  return [[`${count(done, 'action')} done`, ...others].join(', ')];
}

function objectiveWords(missed: readonly string[], all: number): string {
  if (missed.length > 0)
    return `${listing(missed)} missed ${missed.length === 1 ? 'its objective' : 'their objectives'}`;
  return all === 1 ? 'the objective was met' : `all ${all} services met their objectives`;
}

function figuresOf(facts: DailyFacts): Figure[] {
  const { today, before } = spansOf(facts);
  const [now, then] = [incidentFigures(facts.incidents, today), incidentFigures(facts.incidents, before)];
  const [actions, earlier] = [actionFigures(facts.actions, today), actionFigures(facts.actions, before)];
  const span = (ms: number | null) => (ms === null ? unknownText : ms < 1_000 ? '< 1 s' : formatDuration(ms));
  const dayBefore = (text: string) => `day before: ${text}`;
  return [
    {
      label: 'Incidents opened',
      value: String(now.opened),
      note: `${now.noOutages === 0 ? '' : `${noOutageWords(now.noOutages)}; `}${dayBefore(String(then.opened))}`,
      tone: bySeverityTone(facts),
    },
    {
      label: 'Time to detect',
      value: span(now.detectMs),
      note:
        now.detectMs === null ? undetected(now) : `median${longest(now)}; ${dayBefore(span(then.detectMs))}`,
      tone: 'quiet',
    },
    {
      label: 'Time to acknowledge',
      value: span(now.acknowledgeMs),
      note:
        now.acknowledgeMs === null
          ? 'no outage was acknowledged'
          : `median; ${dayBefore(span(then.acknowledgeMs))}`,
      tone: 'quiet',
    },
    {
      label: 'Time to resolve',
      value: span(now.resolveMs),
      note: now.resolveMs === null ? 'no outage was resolved' : `median; ${dayBefore(span(then.resolveMs))}`,
      tone: 'quiet',
    },
    lowestAvailability(facts),
    {
      label: 'Actions done',
      value: String(actions.done),
      note: [
        ...(actions.failed > 0 ? [`${actions.failed} failed`] : []),
        ...(actions.refused > 0 ? [`${actions.refused} refused`] : []),
        dayBefore(String(earlier.done)),
      ].join(', '),
      tone: actions.failed > 0 ? 'critical' : 'quiet',
    },
    watched(facts),
  ];
}

function longest({ detectMs, longestDetectMs }: IncidentFigures): string {
  if (longestDetectMs === null || detectMs === longestDetectMs) return '';
  return `, longest ${formatDuration(longestDetectMs)}`;
}

function undetected({ opened, noOutages }: IncidentFigures): string {
  return opened === noOutages ? 'no outage was opened' : 'when it began is not known';
}

function bySeverityTone(facts: DailyFacts): Tone {
  const levels = incidentsOf(facts).map((incident) => incident.level);
  if (levels.length === 0) return 'ok';
  return levels.some((level) => level === 'critical' || level === 'high') ? 'critical' : 'warning';
}

function lowestAvailability({ services, targets }: DailyFacts): Figure {
  const all =
    services.length > 0
      ? services.map(({ view: { name, objective }, ...rest }) => ({ ...rest, name, objective }))
      : targets.map((target) => ({ ...target, objective: null }));
  const known = all.filter((one) => one.today.availability !== null);
  const lowest = known.toSorted((a, b) => (a.today.availability ?? 1) - (b.today.availability ?? 1))[0];
  const label = 'Lowest availability';
  if (!lowest) return { label, value: unknownText, note: 'nothing was measured', tone: 'unknown' };
  const share = lowest.today.availability ?? 0;
  const earlier = lowest.before
    ? `; day before: ${availability(lowest.before.availability, lowest.objective)}`
    : '';
  return {
    label,
    value: availability(share, lowest.objective),
    note: share === 1 ? `every ${services.length > 0 ? 'service' : 'target'}` : `${lowest.name}${earlier}`,
    tone: share === 1 ? 'ok' : share < 0.99 ? 'critical' : 'warning',
  };
}

/** How much of the day the report speaks of; what nobody looked at is unknown, not good. */
function watched({ targets }: DailyFacts): Figure {
  const share = mean(targets.map((target) => target.today.seen));
  return {
    label: 'Of the day watched',
    // A check that runs late by a moment is no gap.
    value: share === null ? unknownText : share > 0.998 ? '100 %' : percent(share),
    note: share === null || share > 0.998 ? count(targets.length, 'target') : 'the rest is unknown',
    tone: share === null || share < 0.9 ? 'unknown' : 'quiet',
  };
}
