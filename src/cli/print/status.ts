import { sayAvailability, sayObjective } from '../../core/availability.ts';
import { budgetWords } from '../../core/burn-rate/worst-budget.ts';
import { count } from '../../core/count.ts';
import { named, type Some } from '../../core/fold.ts';
import { holdWords } from '../../core/incident/hold.ts';
import { openSince, summarySeenAt } from '../../core/incident/reopen.ts';
import { endWords } from '../../core/own-end.ts';
import { gapWords } from '../../core/schedule.ts';
import { groupWords, targetGroups, targetsNamed } from '../../core/target-groups.ts';
import { formatDuration } from '../../core/time.ts';
import type { IncidentView, Overview, ServiceView, TargetView } from '../../core/view.ts';
import { clockTime, shortMoment } from '../moments.ts';
import { healthMark, paint, plain, type Style, type Terminal, table } from '../terminal.ts';
import { printPlan } from './backups.ts';

/** @param about.all no target is folded */
export function printStatus(
  terminal: Terminal,
  overview: Overview,
  about: { isLive: boolean; now: number; all?: boolean },
): string {
  const parts = [headline(terminal, overview, about)];
  if (overview.endedBefore !== null)
    parts.push(paint(terminal, 'yellow', endLine(terminal, overview.endedBefore, overview, about)));
  const [gap] = overview.gaps.slice(-1);
  if (gap !== undefined)
    parts.push(paint(terminal, 'yellow', gapLine(terminal, gap, overview.gaps.length, about)));
  if (overview.configuration.problems.length > 0) {
    parts.push(
      paint(
        terminal,
        'yellow',
        `The edited configuration has ${count(overview.configuration.problems.length, 'problem')}; the one before it is in force. Run: upkeep check`,
      ),
    );
  }
  if (overview.incidents.length > 0)
    parts.push(
      section(
        terminal,
        'Incidents',
        overview.incidents.flatMap((one) => incidentLines(terminal, one, about.now)),
      ),
    );
  if (overview.approvals > 0)
    parts.push(
      paint(
        terminal,
        'yellow',
        `${count(overview.approvals, 'action waits', 'actions wait')} for approval: upkeep action list --state waiting`,
      ),
    );
  if (overview.services.length > 0)
    parts.push(
      section(terminal, 'Services', [
        table(
          terminal,
          overview.services.map((one) => serviceRow(terminal, one)),
        ),
      ]),
    );
  parts.push(targetSection(terminal, overview.targets, about));
  if (overview.backups.length > 0)
    parts.push(
      section(
        terminal,
        'Backups',
        overview.backups.flatMap((plan) => printPlan(terminal, plan, about.now).split('\n')),
      ),
    );
  return parts.join('\n\n');
}

function headline(
  terminal: Terminal,
  overview: Overview,
  { isLive, now }: { isLive: boolean; now: number },
): string {
  const down = overview.targets.filter((target) => target.health === 'critical').length;
  const unknown = overview.targets.filter((target) => target.health === 'unknown').length;
  const words = [
    count(overview.targets.length, 'target'),
    ...(down > 0 ? [paint(terminal, 'red', `${down} down or critical`)] : []),
    ...(unknown > 0 ? [paint(terminal, 'gray', `${unknown} unknown`)] : []),
    ...(overview.incidents.length > 0
      ? [paint(terminal, 'red', count(overview.incidents.length, 'open incident'))]
      : ['no open incident']),
  ];
  const since = isLive
    ? `watching for ${formatDuration(now - overview.startedAt)}`
    : 'Upkeep is not running; looked once, now';
  return `${healthMark(terminal, overview.health)} ${paint(terminal, 'bold', overview.name)}  ${words.join(', ')}  ${paint(terminal, 'gray', since)}`;
}

/** Nobody watched from that end on until this start. */
function endLine(
  terminal: Terminal,
  end: NonNullable<Overview['endedBefore']>,
  { startedAt }: Overview,
  { isLive, now }: { isLive: boolean; now: number },
): string {
  const unwatched = isLive
    ? `nothing was watched for ${formatDuration(Math.max(0, startedAt - end.at))}`
    : 'nothing is watched since';
  return `${isLive ? 'The run before' : 'Upkeep'} ${plain(endWords(end))} (${shortMoment(terminal, end.at, now)}; ${unwatched}).`;
}

/** Nobody reads what was not looked at as good or bad. */
function gapLine(
  terminal: Terminal,
  { from, to, why }: Overview['gaps'][number],
  amount: number,
  { now }: { now: number },
): string {
  const more = amount > 1 ? `; ${amount - 1} more in the last day` : '';
  if (why === 'clock-set-back')
    return `The clock was set back by ${formatDuration(to - from)}, to ${shortMoment(terminal, from, now)}: what waits is moved with it${more}.`;
  const span = `${shortMoment(terminal, from, now)} to ${shortMoment(terminal, to, now)}`;
  return `Blind from ${span} (${formatDuration(Math.max(0, to - from))}): ${gapWords(why)}${more}.`;
}

function section(terminal: Terminal, title: string, lines: readonly string[]): string {
  return [paint(terminal, 'bold', title), ...lines].join('\n');
}

const levelStyle: Readonly<Record<IncidentView['level'], Style>> = {
  critical: 'red',
  high: 'red',
  medium: 'yellow',
  low: 'gray',
};

export function incidentLines(terminal: Terminal, incident: IncidentView, now: number): string[] {
  const age = formatDuration((incident.resolvedAt ?? now) - openSince(incident));
  const state = incident.status === 'resolved' ? paint(terminal, 'green', 'resolved') : incident.status;
  return [
    `${paint(terminal, levelStyle[incident.level], incident.severity.padEnd(8))} ${plain(incident.title)}  ${state}  ${paint(terminal, 'gray', `${age} · ${incident.id.slice(0, 13)}`)}`,
    ...holdLines(terminal, incident, now),
    ...(incident.summary === null
      ? []
      : [
          `         ${paint(terminal, 'cyan', '→')} ${plain(incident.summary)}${seenWords(terminal, incident, now)}${moreWords(terminal, incident)}`,
        ]),
  ];
}

function moreWords(terminal: Terminal, { moreCauses = 0 }: IncidentView): string {
  return moreCauses === 0 ? '' : paint(terminal, 'yellow', ` (+${count(moreCauses, 'more cause')})`);
}

function serviceRow(terminal: Terminal, service: ServiceView): string[] {
  const p95 = service.p95 === null ? 'p95 unknown' : `p95 ${formatDuration(service.p95 * 1_000)}`;
  const { availability, availabilityOver, objective } = service;
  const promise = objective === null ? '' : `, promised ${sayObjective(objective)}`;
  return [
    healthMark(terminal, service.health),
    service.name,
    service.budget === null ? '' : budgetWords(service.budget),
    p95,
    `${availability === null ? 'availability unknown' : `${sayAvailability(availability, objective)} available ${availabilityOver ?? ''}`}${promise}`,
    service.budget === null ? '' : `budget ${service.budget.span}`,
  ];
}

function targetSection(
  terminal: Terminal,
  targets: readonly TargetView[],
  { now, all = false }: { now: number; all?: boolean },
): string {
  const groups = all ? targets.map((one): Some<TargetView> => [one]) : targetGroups(targets);
  const hint =
    groups.length < targets.length ? paint(terminal, 'gray', '  each with --all, or in --json') : '';
  const rows = groups.map((group) =>
    group.length === 1 ? targetRow(terminal, group[0], now) : groupRow(terminal, group, now),
  );
  return [`${paint(terminal, 'bold', 'Targets')}${hint}`, table(terminal, rows)].join('\n');
}

function groupRow(terminal: Terminal, group: Some<TargetView>, now: number): string[] {
  const [{ health, system, blindChecks }] = group;
  const slowest = group.toSorted((a, b) => (b.latency ?? 0) - (a.latency ?? 0))[0] ?? group[0];
  const oldest = Math.min(...group.map(({ lastAt }) => lastAt ?? now));
  return [
    healthMark(terminal, health),
    named(
      group.map(({ name }) => plain(name)),
      targetsNamed,
    ),
    `${group.length} × ${system}`,
    slowest.latency === null ? latencyText(slowest) : `≤ ${latencyText(slowest)}`,
    `≤ ${formatDuration(Math.max(0, now - oldest))} ago`,
    '',
    `${paint(terminal, 'gray', plain(groupWords(group)))}${blindWords(terminal, { blindChecks })}`,
  ];
}

function targetRow(terminal: Terminal, target: TargetView, now: number): string[] {
  const strip = target.recent
    .slice(-20)
    .map((up) => (up === 1 ? '▮' : up === 0 ? '▯' : '·'))
    .join('');
  const age = target.lastAt === null ? '' : `${formatDuration(Math.max(0, now - target.lastAt))} ago`;
  const latency = latencyText(target);
  return [
    healthMark(terminal, target.health),
    target.name,
    target.system,
    latency,
    age,
    strip,
    `${target.why ? `${plain(target.why)} ${paint(terminal, 'gray', '· ')}` : ''}${paint(terminal, 'gray', plain(target.detail))}${blindWords(terminal, target)}`,
  ];
}

function latencyText({ latency, hasLatency }: TargetView): string {
  if (hasLatency === false) return '';
  return latency === null ? '-' : formatDuration(latency * 1_000);
}

/** What is not seen is not well: the row must not say less than that. */
function blindWords(terminal: Terminal, { blindChecks = 0 }: Pick<TargetView, 'blindChecks'>): string {
  if (blindChecks === 0) return '';
  return paint(terminal, 'yellow', ` · ${count(blindChecks, 'check')} cannot see everything: upkeep doctor`);
}

function holdLines(terminal: Terminal, incident: IncidentView, now: number): string[] {
  const words = holdWords(incident, now, (at) => clockTime(terminal, at));
  return words === null ? [] : [`         ${paint(terminal, 'green', plain(words))}`];
}

/** Figures are those of a moment. */
function seenWords(terminal: Terminal, incident: IncidentView, now: number): string {
  const at = summarySeenAt(incident);
  return at === null ? '' : paint(terminal, 'gray', ` · seen ${shortMoment(terminal, at, now)}`);
}
