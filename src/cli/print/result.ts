/** What a verb answered, for people. Verbs without a form of their own are shown as indented text. */
import { timestamp } from '../../clock.ts';
import { count } from '../../core/count.ts';
import type { IncidentDetail, IncidentView, JournalEntry } from '../../core/view.ts';
import { paint, plain, plainLines, type Terminal, table } from '../terminal.ts';
import { accessForms } from './access.ts';
import { actionRow, printAction, printActions, printExplanation, printProposal } from './action.ts';
import { backupForms } from './backups.ts';
import { changeForms } from './changes.ts';
import { doneForms } from './done.ts';
import { drillForms } from './drills.ts';
import { printFindings } from './findings.ts';
import { guardForms } from './guard.ts';
import {
  impactLines,
  printActionItem,
  printActionItems,
  printImpact,
  printPostmortem,
  printStatistics,
  printUpdate,
  printUpdates,
} from './incidents.ts';
import { logForms } from './logs.ts';
import { printNotifiers, printNotifierTest } from './notifiers.ts';
import { onCallForms } from './oncall.ts';
import { printAnswer } from './question.ts';
import { quietForms } from './quiet.ts';
import { ruleForms } from './rules.ts';
import { printSlo } from './slo.ts';
import { sourceForms } from './sources.ts';
import { incidentLines } from './status.ts';
import { statusPageForms } from './status-page.ts';
import { printTarget } from './target.ts';

type Print = (terminal: Terminal, result: never, now: number) => string;

const forms: Readonly<Record<string, Print>> = {
  'incident.list': (terminal, incidents: IncidentView[], now) =>
    incidents.length === 0
      ? 'No incident is like that.'
      : incidents.flatMap((one) => incidentLines(terminal, one, now)).join('\n'),
  'incident.show': (terminal, incident: IncidentDetail, now) => printIncident(terminal, incident, now),
  'incident.ack': printOneIncident,
  'incident.resolve': printResolved,
  'incident.declare': printOneIncident,
  'incident.assign': printOneIncident,
  'incident.role': printOneIncident,
  'incident.level': printOneIncident,
  'incident.note': printOneIncident,
  'incident.merge': printOneIncident,
  'incident.split': printOneIncident,
  'incident.investigate': (terminal, found: Pick<IncidentDetail, 'findings' | 'evidence'>) =>
    printFindings(terminal, found),
  'incident.impact': printImpact,
  'incident.update': printUpdate,
  'incident.updates': printUpdates,
  'incident.postmortem': printPostmortem,
  'incident.stats': printStatistics,
  'postmortem.edit': printPostmortem,
  'agent.definition': printPostmortem,
  'action-item.list': printActionItems,
  'action-item.add': printActionItem,
  'action-item.edit': printActionItem,
  'action-item.close': printActionItem,
  'action.list': printActions,
  'action.show': printAction,
  'action.propose': printProposal,
  'action.approve': printAction,
  'action.edit': printAction,
  'action.deny': printAction,
  'action.undo': printProposal,
  'action.report': (_: Terminal, { content }: { content: string }) => content,
  'guard.explain': printExplanation,
  ...guardForms,
  'account.list': (terminal, found: { name: string; role: string; createdAt: number }[]) =>
    found.length === 0
      ? 'No account yet; the link that upkeep run prints makes it.'
      : table(
          terminal,
          found.map((one) => [`  ${plain(one.name)}`, one.role, `since ${timestamp(one.createdAt)}`]),
        ),
  'account.password': (terminal, { account, endedSessions }: { account: string; endedSessions: number }) =>
    `${paint(terminal, 'green', '✓')} ${plain(account)} has a new password; ${count(endedSessions, 'session')} ended`,
  'notifier.list': printNotifiers,
  'notifier.test': printNotifierTest,
  'journal.list': (terminal, entries: JournalEntry[]) =>
    table(
      terminal,
      entries.map((entry) => entryRow(terminal, entry)),
    ),
  'question.ask': printAnswer,
  'target.show': printTarget,
  ...backupForms,
  ...changeForms,
  ...drillForms,
  ...logForms,
  ...onCallForms,
  ...quietForms,
  'slo.show': printSlo,
  ...accessForms,
  ...doneForms,
  ...sourceForms,
  ...statusPageForms,
  ...ruleForms,
  'report.daily': (_terminal, report: { markdown: string }) => plainLines(report.markdown),
  'audit.verify': (
    terminal,
    result: { ok: boolean; checked: number; brokenAt: number | null; reason: string | null },
  ) =>
    result.ok
      ? `${paint(terminal, 'green', '✓')} the journal's chain is whole: ${count(result.checked, 'entry', 'entries')}`
      : `${paint(terminal, 'red', '✗')} the journal was changed at entry ${result.brokenAt}: ${result.reason}`,
};

/** Whether a verb has a form of its own. */
export function hasForm(verb: string): boolean {
  return Object.hasOwn(forms, verb);
}

export function printResult(terminal: Terminal, verb: string, result: unknown, now: number): string {
  const form = forms[verb];
  return form ? form(terminal, result as never, now) : printAny(result, '');
}

function printResolved(
  terminal: Terminal,
  incident: IncidentView & {
    stillFiring: readonly { target: string; summary: string }[];
    opensAgainAt: number | null;
  },
  now: number,
): string {
  const { stillFiring, opensAgainAt } = incident;
  const warning = `${count(stillFiring.length, 'alert')} still ${stillFiring.length === 1 ? 'fires' : 'fire'}: it opens again at ${timestamp(opensAgainAt ?? now)} unless that clears`;
  return [
    printOneIncident(terminal, incident, now),
    ...(stillFiring.length === 0
      ? []
      : [
          `         ${paint(terminal, 'yellow', warning)}`,
          ...stillFiring.map(({ target, summary }) => `         ${plain(target)}: ${plain(summary)}`),
        ]),
  ].join('\n');
}

function printOneIncident(terminal: Terminal, incident: IncidentView, now: number): string {
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

function printIncident(terminal: Terminal, incident: IncidentDetail, now: number): string {
  const heading = (text: string) => `\n${paint(terminal, 'bold', text)}`;
  return [
    printOneIncident(terminal, { ...incident, summary: null }, now),
    `         services: ${incident.services.join(', ') || '-'} · targets: ${incident.targets.join(', ')}`,
    ...(incident.impact ? [heading('Impact'), ...impactLines(incident.impact)] : []),
    heading('Alerts'),
    table(
      terminal,
      incident.alerts.map((alert) => [
        `  ${alert.state}`,
        alert.rule,
        alert.target,
        plain(
          [alert.detail || alert.summary, ...(alert.said === undefined ? [] : [`(${alert.said})`])].join(' '),
        ),
      ]),
    ),
    heading('Findings'),
    printFindings(terminal, incident),
    ...(incident.actions.length === 0
      ? []
      : [
          heading('Actions'),
          table(
            terminal,
            incident.actions.map((action) => actionRow(terminal, action, now)),
          ),
        ]),
    ...(incident.actionItems?.length
      ? [heading('Action items'), printActionItems(terminal, incident.actionItems)]
      : []),
    heading('Timeline'),
    table(
      terminal,
      incident.timeline.map((entry) => entryRow(terminal, entry)),
    ),
  ].join('\n');
}

function entryRow(terminal: Terminal, entry: JournalEntry): string[] {
  const payload = Object.entries(entry.payload)
    .filter(([, value]) => typeof value !== 'object' && value !== '')
    .map(([key, value]) => `${key}=${plain(String(value))}`);
  return [
    `  ${timestamp(entry.at)}`,
    paint(terminal, 'bold', entry.kind),
    plain(entry.actor),
    paint(terminal, 'gray', payload.join(' ')),
  ];
}

function printAny(value: unknown, indent: string): string {
  if (value === null || typeof value !== 'object') return `${indent}${plain(String(value))}`;
  const entries = Array.isArray(value)
    ? value.map((item, index) => [`${index + 1}`, item] as const)
    : Object.entries(value);
  if (entries.length === 0) return `${indent}none`;
  return entries
    .map(([key, inner]) =>
      inner !== null && typeof inner === 'object' && Object.keys(inner).length > 0
        ? `${indent}${plain(key)}:\n${printAny(inner, `${indent}  `)}`
        : `${indent}${plain(key)}: ${isMoment(key, inner) ? timestamp(inner) : printAny(inner, '')}`,
    )
    .join('\n');
}

/** Epoch milliseconds by the name of their field: `at`, `createdAt`. */
function isMoment(key: string, value: unknown): value is number {
  return typeof value === 'number' && value > 0 && /^at$|At$/.test(key);
}
