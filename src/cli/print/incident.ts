/** One incident for whoever is called: the cause and what to do first, then what it hit, then what happened. */
import { saysNow } from '../../core/alert-words.ts';
import { count } from '../../core/count.ts';
import { grouped, named, type Some } from '../../core/fold.ts';
import { alertGroups, alertsListed, alertsNamed, runWords, timelineRuns } from '../../core/incident/many.ts';
import type { AlertView, IncidentDetail, IncidentView, JournalEntry } from '../../core/view.ts';
import { moment, shortMoment } from '../moments.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';
import { actionRow } from './action.ts';
import { printFindings } from './findings.ts';
import { impactLines, printActionItems } from './incidents.ts';
import { incidentLines } from './status.ts';

const targetsNamed = 8;

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

/** With what may be the same trouble, and how the two become one. */
export function printDeclared(
  terminal: Terminal,
  incident: IncidentView & { readonly alike?: readonly { readonly id: string; readonly reason: string }[] },
  now: number,
): string {
  const alike = (incident.alike ?? []).map(
    ({ id, reason }) =>
      `  May be the same trouble as incident ${id.slice(0, shortId)} (${plain(reason)}). If so: upkeep incident merge ${id.slice(0, shortId)} ${incident.id.slice(0, shortId)}`,
  );
  return [printOneIncident(terminal, incident, now), ...alike].join('\n');
}

const shortId = 13;

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
    printFindings(terminal, incident, { isIncident: true, ...(all ? {} : { inFull: 1 }) }),
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
        : timelineRuns(timeline).map((run) => runRow(terminal, run)),
    ),
  ].join('\n');
}

function alertsHeading(alerts: readonly AlertView[]): string {
  if (alerts.length <= alertsListed) return 'Alerts';
  const rules = grouped(alerts, ({ rule }) => rule)
    .toSorted((a, b) => a.length - b.length)
    .map((group) => `${group.length} × ${group[0].rule}`);
  return `${count(alerts.length, 'alert')}: ${named(rules, targetsNamed)} (each with --all, or in --json)`;
}

function alertRows(terminal: Terminal, alerts: readonly AlertView[], now: number): string[][] {
  return alertGroups(alerts).map((group) => {
    const [first] = group;
    if (group.length === 1) return alertRow(terminal, first, now);
    const targets = [...new Set(group.map(({ target }) => target))];
    return [
      `  ${first.state}`,
      `${group.length} × ${first.rule}`,
      named(targets, alertsNamed),
      plain(first.summary),
    ];
  });
}

function alertRow(terminal: Terminal, alert: AlertView, now: number): string[] {
  const said = alert.said === undefined ? [] : [`(${alert.said}${firedWords(terminal, alert, now)})`];
  const isNow = alert.now === undefined ? [] : [`now ${alert.now}; when it fired:`];
  const text = [...isNow, saysNow(alert), ...said].join(' ');
  return [`  ${alert.state}`, alert.rule, alert.target, plain(text)];
}

/** The value of an alert is that of the moment it fired at. */
function firedWords(terminal: Terminal, { firedAt }: { firedAt: number | null }, now: number): string {
  return firedAt === null ? '' : ` at ${shortMoment(terminal, firedAt, now)}`;
}

function runRow(terminal: Terminal, run: Some<JournalEntry>): string[] {
  const row = entryRow(terminal, run[0]);
  return run.length === 1 ? row : [...row.slice(0, 3), paint(terminal, 'gray', plain(runWords(run)))];
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
