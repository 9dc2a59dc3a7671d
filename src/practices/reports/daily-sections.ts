/** The sections of the daily report. Pure. */
import { sayObjective } from '../../core/availability.ts';
import { budgetNote } from '../../core/burn-rate/worst-budget.ts';
import { count } from '../../core/count.ts';
import { openMs } from '../../core/incident/lulls.ts';
import { gapWords } from '../../core/schedule.ts';
import { formatDuration } from '../../core/time.ts';
import type { ActionView, IncidentView, JournalEntry } from '../../core/view.ts';
import type { DailyFacts, Measured, ServiceDay, TargetDay } from './daily-facts.ts';
import { actionsOf, incidentsOf, isMerged, missedBy, objectiveLatency, spansOf } from './daily-figures.ts';
import type { Cell, Drawing, Item, Section } from './document.ts';
import { actionWords, availability, healthWords, latency, type Moments, percent } from './words.ts';

/** More rows than this are summed up in a sentence. */
const mostRows = 40;

export function incidentSection(facts: DailyFacts, moments: Moments): Section {
  const incidents = incidentsOf(facts);
  if (incidents.length === 0)
    return {
      title: 'Incidents',
      blocks: [{ kind: 'text', text: 'No incident was open at any time of the day.' }],
    };
  return {
    title: 'Incidents',
    blocks: [
      {
        kind: 'table',
        columns: [
          { title: 'Severity' },
          { title: 'Incident' },
          { title: 'Opened', isShort: true },
          { title: 'Acknowledged', isNumber: true },
          { title: 'Mitigated', isNumber: true },
          { title: 'Lasted', isNumber: true },
        ],
        rows: incidents.slice(0, mostRows).map((incident) => incidentRow(incident, facts.to, moments)),
      },
      ...rest(incidents.length, 'incident'),
    ],
  };
}

function incidentRow(incident: IncidentView, now: number, moments: Moments): Cell[] {
  const { openedAt, acknowledgedAt, mitigatedAt, resolvedAt } = incident;
  const never = resolvedAt === null ? 'not yet' : 'resolved without';
  const after = (at: number | null) =>
    at === null ? never : at - openedAt < 1_000 ? 'at once' : `after ${formatDuration(at - openedAt)}`;
  return [
    { text: incident.severity, tone: levelTone(incident) },
    { text: incident.title, ...(incident.summary ? { note: incident.summary } : {}) },
    { text: moments.short(openedAt) },
    { text: after(acknowledgedAt), ...(incident.acknowledgedBy ? { note: incident.acknowledgedBy } : {}) },
    { text: after(mitigatedAt) },
    resolvedAt === null
      ? { text: formatDuration(openMs(incident, now)), note: `still ${incident.status}`, tone: 'critical' }
      : {
          text: formatDuration(openMs(incident, now)),
          ...(isMerged(incident) ? { note: 'merged into another' } : {}),
        },
  ];
}

function levelTone({ level }: IncidentView) {
  return level === 'critical' || level === 'high' ? 'critical' : level === 'medium' ? 'warning' : 'quiet';
}

export function serviceSection({ services }: DailyFacts): Section[] {
  if (services.length === 0) return [];
  const hasLatency = services.some(({ today }) => today.p95 !== null);
  const columns = [
    { title: 'Service' },
    { title: 'Now', isShort: true as const },
    { title: 'Availability', isNumber: true as const },
    { title: 'Hour by hour', isDrawn: true as const },
    ...(hasLatency
      ? [
          { title: 'Latency', isNumber: true as const },
          { title: '', isDrawn: true as const },
        ]
      : []),
    { title: 'Error budget', isNumber: true as const },
  ];
  const rows = services.map((service) => serviceRow(service, hasLatency));
  return [{ title: 'Services', blocks: [{ kind: 'table', columns, rows }] }];
}

function serviceRow(service: ServiceDay, hasLatency: boolean): Cell[] {
  const { view, today, before, hours } = service;
  const missed = missedBy(service);
  const quantile = view.latencyObjective?.quantile ?? 0.95;
  const limit = view.latencyObjective ? view.latencyObjective.belowMs / 1_000 : null;
  const measured = objectiveLatency(view, today);
  const notes = [
    ...(view.objective === null ? [] : [`objective ${sayObjective(view.objective)}`]),
    ...earlier(today.availability, before?.availability ?? null, (share) =>
      availability(share, view.objective),
    ),
  ];
  const latencyNotes = [
    `p${quantile * 100}`,
    ...(limit === null ? [] : [`objective ${latency(limit)}`]),
    ...(before ? earlier(measured, objectiveLatency(view, before), latency) : []),
  ];
  return [
    { text: view.name },
    {
      text: healthWords[view.health].word,
      tone: healthWords[view.health].tone,
      ...(view.why ? { note: view.why } : {}),
    },
    {
      text: availability(today.availability, view.objective),
      note: notes.join(', '),
      ...(missed.includes('availability') ? { tone: 'critical' as const } : {}),
    },
    { text: '', drawing: stripOf(view.name, hours) },
    ...(hasLatency
      ? [
          {
            text: latency(measured),
            note: measured === null ? '' : latencyNotes.join(', '),
            ...(missed.includes('latency') ? { tone: 'critical' as const } : {}),
          },
          { text: '', drawing: curveOf(service, limit) },
        ]
      : []),
    budgetCell(view),
  ];
}

function earlier(now: number | null, before: number | null, say: (value: number | null) => string): string[] {
  return before === null || say(now) === say(before) ? [] : [`day before ${say(before)}`];
}

function budgetCell({ budget, budgetLeft: left, budgets }: ServiceDay['view']): Cell {
  if (budget === null) return { text: 'none', note: 'no objective' };
  const { share: text } = budget;
  const note = budgetNote(budget, budgets.length);
  if (left === null) return { text, note };
  const tone = left <= 0 ? 'critical' : left < 0.25 ? 'warning' : 'ok';
  return {
    text,
    note,
    tone,
    drawing: { kind: 'bar', share: left, caption: `error budget ${text}, ${note}` },
  };
}

function stripOf(name: string, shares: readonly (number | null)[]): Drawing {
  const known = shares.filter((share) => share !== null);
  const bad = known.filter((share) => share < 1).length;
  return {
    ...{ kind: 'strip', shares },
    caption: `${name}: ${count(known.length, 'hour')} measured, ${bad} of them with failures`,
  };
}

function curveOf({ view, latencyHours }: ServiceDay, limit: number | null): Drawing {
  return { kind: 'line', values: latencyHours, limit, caption: `${view.name}: p95 hour by hour` };
}

export function targetSection({ targets }: DailyFacts): Section {
  if (targets.length === 0)
    return {
      title: 'Targets',
      blocks: [{ kind: 'text', text: 'No target is configured: run upkeep init.' }],
    };
  const worstFirst = targets.toSorted((a, b) => trouble(b) - trouble(a));
  const shown = targets.length <= mostRows ? targets : worstFirst.slice(0, mostRows);
  const others = targets.length - shown.length;
  return {
    title: 'Targets',
    blocks: [
      {
        kind: 'table',
        columns: [
          { title: 'Target' },
          { title: 'Now' },
          { title: 'Up', isNumber: true },
          { title: 'Hour by hour', isDrawn: true },
          { title: 'p95', isNumber: true },
          { title: 'Worst', isNumber: true },
        ],
        rows: shown.map(targetRow),
      },
      ...(others > 0
        ? [
            {
              kind: 'text' as const,
              text: `The ${mostRows} with most trouble are shown; ${others} are left out.`,
            },
          ]
        : []),
    ],
  };
}

function targetRow({ name, system, health, why, detail, today, before, hours }: TargetDay): Cell[] {
  const { word, tone } = healthWords[health];
  const notes = [
    ...(today.seen < 0.95 ? [`watched ${percent(today.seen)} of the day`] : []),
    ...(before ? earlier(today.availability, before.availability, availability) : []),
  ];
  return [
    { text: name, note: system },
    { text: word, tone, ...(health === 'ok' ? {} : { note: why ? `${why} · ${detail}` : detail }) },
    { text: availability(today.availability), note: notes.join(', '), ...upTone(today) },
    { text: '', drawing: stripOf(name, hours) },
    { text: latency(today.p95) },
    { text: latency(today.worst) },
  ];
}

function upTone({ availability }: Measured): Pick<Cell, 'tone'> {
  if (availability === null) return { tone: 'unknown' };
  return availability < 0.99 ? { tone: 'critical' } : availability < 1 ? { tone: 'warning' } : {};
}

function trouble({ health, today }: TargetDay): number {
  const state = { critical: 3, warning: 2, unknown: 1, ok: 0 }[health];
  return state + (1 - (today.availability ?? 0.5)) + (1 - today.seen) / 10;
}

export function unseenSection({ unseen }: DailyFacts): Section[] {
  if (unseen.length === 0) return [];
  const items = unseen.slice(0, mostRows).map(
    ({ target, what, reason, remedy }): Item => ({
      term: target,
      text: `${what}: ${reason}`,
      ...(remedy === null ? {} : { code: remedy }),
    }),
  );
  return [
    { title: 'What could not be seen', blocks: [{ kind: 'items', items }, ...rest(unseen.length, 'thing')] },
  ];
}

export function actionSection(facts: DailyFacts, moments: Moments): Section {
  const actions = actionsOf(facts.actions, spansOf(facts).today);
  if (actions.length === 0)
    return {
      title: 'Actions',
      blocks: [{ kind: 'text', text: 'Nothing was changed by Upkeep, and nothing was proposed.' }],
    };
  const columns = [
    { title: 'When', isShort: true as const },
    { title: 'Action' },
    { title: 'Outcome' },
    { title: 'Decided by' },
  ];
  const rows = actions.slice(0, mostRows).map((action) => actionRow(action, moments));
  return { title: 'Actions', blocks: [{ kind: 'table', columns, rows }, ...rest(actions.length, 'action')] };
}

function actionRow(action: ActionView, moments: Moments): Cell[] {
  const { word, tone } = actionWords[action.state];
  return [
    { text: moments.short(action.appliedAt ?? action.proposedAt) },
    { text: action.plan.summary, note: `${action.plan.action} on ${action.plan.target}` },
    { text: word, tone, note: action.result ?? '' },
    {
      text: action.approvedBy ?? 'policy',
      note: action.judgement.reason,
    },
  ];
}

export function changeSection({ journal }: DailyFacts, moments: Moments): Section {
  const items = journal
    .slice(-mostRows)
    .map((entry) => ({ term: moments.short(entry.at), text: changeText(entry) }));
  return {
    title: 'Changes and gaps',
    blocks:
      items.length === 0
        ? [{ kind: 'text', text: 'The configuration was not changed, and Upkeep watched without a gap.' }]
        : [{ kind: 'items', items }, ...rest(journal.length, 'entry', 'entries')],
  };
}

function changeText({ kind, actor, subject, payload }: JournalEntry): string {
  const size = (key: string) => (Array.isArray(payload[key]) ? payload[key].length : 0);
  const word = (key: string) => String(payload[key] ?? 'unnamed');
  switch (kind) {
    case 'configuration.reloaded':
      return `the configuration was changed: ${count(size('targets'), 'target')} from then on${lateWindows(payload)}`;
    case 'configuration.rejected':
      return `an edit of the configuration had ${count(size('problems'), 'problem')}; the one before it stayed in force`;
    case 'upkeep.started':
      return `Upkeep ${word('version')} started; before that nobody watched`;
    case 'upkeep.stopped':
      return 'Upkeep was stopped; from then on nobody watched';
    case 'upkeep.failed':
      return `Upkeep itself failed (${word('error')}); from then on nobody watched`;
    case 'gap.detected':
      return `blind for ${gapLength(payload)}: ${gapWords(payload.why)}; the gap is no outage`;
    case 'clock.set-back':
      return `the clock was set back by ${formatDuration(Number(payload.byMs ?? 0))}; what waited was moved with it`;
    case 'account.created':
      return `an account with the role ${word('role')} was created`;
    case 'token.created':
      return `${actor} created the token ${word('name')}`;
    case 'token.revoked':
      return `${actor} revoked the ${subject.replace(':', ' ')}`;
    default:
      return kind;
  }
}

/** Names of windows that take what was measured before out of SLOs. */
function lateWindows({ backdated }: JournalEntry['payload']): string {
  if (!Array.isArray(backdated)) return '';
  return `; ${backdated.join(', ')} began before that, and what was measured in it counts for no SLO any more`;
}

function gapLength({ from, to }: JournalEntry['payload']): string {
  return typeof from === 'number' && typeof to === 'number'
    ? formatDuration(Math.abs(to - from))
    : 'length unknown';
}

function rest(all: number, one: string, many = `${one}s`) {
  if (all <= mostRows) return [];
  return [
    { kind: 'text' as const, text: `${count(all - mostRows, `more ${one}`, `more ${many}`)} left out here.` },
  ];
}
