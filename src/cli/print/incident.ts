/** One incident for whoever is called: the cause and what to do first, then what it hit, then what happened. */
import { count } from '../../core/count.ts';
import type { AlertView, IncidentDetail, IncidentView, JournalEntry } from '../../core/view.ts';
import { moment, shortMoment } from '../moments.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';
import { actionRow } from './action.ts';
import { printFindings } from './findings.ts';
import { impactLines, printActionItems } from './incidents.ts';
import { incidentLines } from './status.ts';

/** More than these are folded by rule. */
const alertsListed = 12;
/** So many of one rule are listed also where others are folded, and as many names stand for a folded rule. */
const alertsNamed = 3;
const targetsNamed = 8;
/** A run of entries that say the same of several targets, this long or longer, is one row. */
const runFolded = 5;

export function printOneIncident(terminal: Terminal, incident: IncidentView, now: number): string {
  const { assignee, roles = {}, mergedInto } = incident;
  const people = [
    ...(assignee ? [`assigned to ${assignee}`] : []),
    ...Object.entries(roles).map(([role, person]) => `${role} ${person}`),
    ...(mergedInto ? [`merged into ${mergedInto}`] : []),
  ];
  return [
    ...incidentLines(terminal, incident, now),
    ...(people.length === 0 ? [] : [`         ${paint(terminal, 'gray', plain(people.join(' · ')))}`]),
  ].join('\n');
}

/** @param all nothing is folded */
export function printIncident(
  terminal: Terminal,
  incident: IncidentDetail,
  now: number,
  { all = false }: { readonly all?: boolean } = {},
): string {
  const { services, targets, impact, alerts, actions, actionItems, timeline } = incident;
  const heading = (text: string) => `\n${paint(terminal, 'bold', text)}`;
  const some = all ? targets.length : targetsNamed;
  return [
    printOneIncident(terminal, { ...incident, summary: null }, now),
    `         services: ${services.join(', ') || '-'} · targets: ${named(targets, some)}`,
    heading('Findings'),
    printFindings(terminal, incident, all ? {} : { inFull: 1 }),
    ...(actions.length === 0
      ? []
      : [
          heading('Actions'),
          table(
            terminal,
            actions.map((action) => actionRow(terminal, action, now)),
          ),
        ]),
    ...(impact ? [heading('Impact'), ...impactLines(impact)] : []),
    heading(all ? 'Alerts' : alertsHeading(alerts)),
    table(
      terminal,
      all ? alerts.map((one) => alertRow(terminal, one, now)) : alertRows(terminal, alerts, now),
    ),
    ...(actionItems?.length ? [heading('Action items'), printActionItems(terminal, actionItems)] : []),
    heading('Timeline'),
    table(
      terminal,
      all
        ? timeline.map((one) => entryRow(terminal, one))
        : runsOf(timeline).map((run) => runRow(terminal, run)),
    ),
  ].join('\n');
}

function named(names: readonly string[], most: number): string {
  if (names.length <= most + 1) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

function alertsHeading(alerts: readonly AlertView[]): string {
  if (alerts.length <= alertsListed) return 'Alerts';
  const rules = byRule(alerts).map(([{ rule }, ...others]) => `${others.length + 1} × ${rule}`);
  return `${count(alerts.length, 'alert')}: ${named(rules, targetsNamed)} (each with --all, or in --json)`;
}

type Some<One> = readonly [One, ...One[]];

/** By rule and state; the fewest first, since what is rare among many is what differs. */
function byRule(alerts: readonly AlertView[]): Some<AlertView>[] {
  const groups = new Map<string, [AlertView, ...AlertView[]]>();
  for (const alert of alerts) {
    const key = `${alert.rule}|${alert.state}`;
    const group = groups.get(key);
    if (group) group.push(alert);
    else groups.set(key, [alert]);
  }
  return [...groups.values()].sort((a, b) => a.length - b.length);
}

function alertRows(terminal: Terminal, alerts: readonly AlertView[], now: number): string[][] {
  if (alerts.length <= alertsListed) return alerts.map((one) => alertRow(terminal, one, now));
  return byRule(alerts).flatMap((group) => {
    const [{ state, rule, summary }] = group;
    if (group.length <= alertsNamed) return group.map((one) => alertRow(terminal, one, now));
    const targets = [...new Set(group.map(({ target }) => target))];
    return [[`  ${state}`, `${group.length} × ${rule}`, named(targets, alertsNamed), plain(summary)]];
  });
}

function alertRow(terminal: Terminal, alert: AlertView, now: number): string[] {
  const said = alert.said === undefined ? [] : [`(${alert.said}${firedWords(terminal, alert, now)})`];
  const text = [alert.detail || alert.summary, ...said].join(' ');
  return [`  ${alert.state}`, alert.rule, alert.target, plain(text)];
}

/** The value of an alert is that of the moment it fired at. */
function firedWords(terminal: Terminal, { firedAt }: { firedAt: number | null }, now: number): string {
  return firedAt === null ? '' : ` at ${shortMoment(terminal, firedAt, now)}`;
}

/** Entries that follow each other and tell the same of several targets. */
function runsOf(timeline: readonly JournalEntry[]): Some<JournalEntry>[] {
  const runs: [JournalEntry, ...JournalEntry[]][] = [];
  const about = ({ kind, payload }: JournalEntry) =>
    kind.startsWith('alert.') ? `${kind}|${payload.rule}` : null;
  for (const entry of timeline) {
    const last = runs.at(-1);
    if (last && about(entry) !== null && about(last[0]) === about(entry)) last.push(entry);
    else runs.push([entry]);
  }
  return runs.flatMap((run) =>
    run.length < runFolded ? run.map((one): Some<JournalEntry> => [one]) : [run],
  );
}

function runRow(terminal: Terminal, run: Some<JournalEntry>): string[] {
  const [first] = run;
  const row = entryRow(terminal, first);
  if (run.length === 1) return row;
  const targets = [...new Set(run.map(({ payload }) => String(payload.target)))];
  const text = `${run.length} × ${first.payload.rule} on ${named(targets, alertsNamed)}`;
  return [...row.slice(0, 3), paint(terminal, 'gray', plain(text))];
}

export function entryRow(terminal: Terminal, entry: JournalEntry): string[] {
  const { title, text, who } = entry.told;
  return [
    `  ${moment(terminal, entry.at)}`,
    paint(terminal, 'bold', plain(title)),
    plain(who),
    paint(terminal, 'gray', plain(text ?? '')),
  ];
}
