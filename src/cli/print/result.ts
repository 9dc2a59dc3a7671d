/** What a verb answered, for people. Verbs without a form of their own are shown as indented text. */
import { actorWords } from '../../core/actor-words.ts';
import { capital, count } from '../../core/count.ts';
import type { IncidentDetail, IncidentView, JournalEntry } from '../../core/view.ts';
import type { Audit } from '../../verbs/audit/verify.ts';
import { inZone, machineZone, moment } from '../moments.ts';
import { paint, plain, plainLines, type Terminal, table } from '../terminal.ts';
import { accessForms } from './access.ts';
import { printAction, printActions, printExplanation, printProposal, printUndo } from './action.ts';
import { needForms } from './backup-needs.ts';
import { backupForms } from './backups.ts';
import { changeForms } from './changes.ts';
import { doneForms } from './done.ts';
import { drillForms } from './drills.ts';
import { printFindings } from './findings.ts';
import { guardForms } from './guard.ts';
import { entryRow, printDeclared, printIncident, printOneIncident } from './incident.ts';
import {
  printActionItem,
  printActionItems,
  printImpact,
  printPostmortem,
  printPostmortemEdit,
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

/** `all`: nothing is folded. */
interface Manner {
  readonly all?: boolean;
}

type Print = (terminal: Terminal, result: never, now: number, manner: Manner) => string;

const forms: Readonly<Record<string, Print>> = {
  'incident.list': (terminal, incidents: IncidentView[], now) =>
    incidents.length === 0
      ? 'No incident is like that.'
      : incidents.flatMap((one) => incidentLines(terminal, one, now)).join('\n'),
  'incident.show': printIncident,
  'incident.ack': printAcknowledged,
  'incident.resolve': printResolved,
  'incident.declare': printDeclared,
  'incident.assign': printOneIncident,
  'incident.role': printOneIncident,
  'incident.level': printOneIncident,
  'incident.note': printOneIncident,
  'incident.merge': printOneIncident,
  'incident.split': printOneIncident,
  'incident.investigate': (terminal, found: Pick<IncidentDetail, 'findings' | 'evidence'>) =>
    printFindings(terminal, found, { isIncident: true }),
  'incident.impact': printImpact,
  'incident.update': printUpdate,
  'incident.updates': printUpdates,
  'incident.postmortem': printPostmortem,
  'incident.stats': printStatistics,
  'postmortem.edit': printPostmortemEdit,
  'agent.definition': printPostmortem,
  'action-item.list': printActionItems,
  'action-item.add': printActionItem,
  'action-item.edit': printActionItem,
  'action-item.close': printActionItem,
  'action.list': printActions,
  'action.show': printAction,
  'action.propose': printProposal,
  'backup.prepare': printProposal,
  'action.approve': printAction,
  'action.edit': printAction,
  'action.deny': printAction,
  'action.undo': printUndo,
  'action.report': (_: Terminal, { content }: { content: string }) => content,
  'guard.explain': printExplanation,
  ...guardForms,
  'account.list': (terminal, found: { name: string; role: string; createdAt: number }[]) =>
    found.length === 0
      ? 'No account yet; the link that upkeep run prints makes it.'
      : table(
          terminal,
          found.map((one) => [`  ${plain(one.name)}`, one.role, `since ${moment(terminal, one.createdAt)}`]),
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
  ...needForms,
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
  'report.recovery-plan': printPostmortem,
  'report.daily': (_terminal, report: { markdown: string }) => plainLines(report.markdown),
  'audit.verify': printAudit,
};

/** Whether a verb has a form of its own. */
export function hasForm(verb: string): boolean {
  return Object.hasOwn(forms, verb);
}

/** @param timezone the team's, in which times are written; that of this machine where it is not known */
export function printResult(
  terminal: Terminal,
  verb: string,
  result: unknown,
  now: number,
  timezone: string = machineZone(),
  manner: Manner = {},
): string {
  const form = forms[verb];
  return inZone(terminal, timezone, (terminal) =>
    form ? form(terminal, result as never, now, manner) : printAny(terminal, result, ''),
  );
}

function printAudit(terminal: Terminal, { ok, checked, brokenAt, reason, proofs }: Audit): string {
  const good = paint(terminal, 'green', '✓');
  const bad = paint(terminal, 'red', '✗');
  return [
    brokenAt === null
      ? `${good} the journal's chain is whole: ${count(checked, 'entry', 'entries')}`
      : `${bad} the journal was changed at entry ${brokenAt}: ${reason}`,
    ...proofs.wrong.map((text) => `${bad} ${plain(text)}`),
    ...(ok && proofs.checked > 0
      ? [`${good} the signed evidence of ${count(proofs.checked, 'proof')} holds`]
      : []),
  ].join('\n');
}

function printResolved(
  terminal: Terminal,
  incident: IncidentView & {
    stillFiring: readonly { target: string; summary: string }[];
    opensAgainAt: number | null;
    opens?: 'again' | 'new' | null;
  },
  now: number,
): string {
  const { stillFiring, opensAgainAt, opens } = incident;
  const what = opens === 'new' ? 'a new incident, which names this one, opens' : 'it opens again';
  const warning = `${count(stillFiring.length, 'alert')} still ${stillFiring.length === 1 ? 'fires' : 'fire'}: ${what} at ${moment(terminal, opensAgainAt ?? now)} unless that clears`;
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

/** One that needs no acknowledgement says so: whoever pages through a list must see that nothing was changed. */
function printAcknowledged(
  terminal: Terminal,
  incident: IncidentView & { readonly already: 'resolved' | 'acknowledged' | null },
  now: number,
): string {
  const { already, acknowledgedAt, acknowledgedBy, takenBy, resolvedAt } = incident;
  const at = (when: number | null) => (when === null ? '' : ` ${moment(terminal, when)}`);
  const said = {
    resolved: `It was resolved${at(resolvedAt)}, so there is nothing to acknowledge. Nothing was changed.`,
    acknowledged: `${capital(actorWords(takenBy ?? acknowledgedBy ?? 'somebody'))} had acknowledged it${at(acknowledgedAt)}. Nothing was changed.`,
  };
  const line = printOneIncident(terminal, incident, now);
  return already === null ? line : `${line}\n         ${paint(terminal, 'yellow', plain(said[already]))}`;
}

function printAny(terminal: Terminal, value: unknown, indent: string): string {
  if (value === null || typeof value !== 'object') return `${indent}${plain(String(value))}`;
  const entries = Array.isArray(value)
    ? value.map((item, index) => [`${index + 1}`, item] as const)
    : Object.entries(value);
  if (entries.length === 0) return `${indent}none`;
  return entries
    .map(([key, inner]) =>
      inner !== null && typeof inner === 'object' && Object.keys(inner).length > 0
        ? `${indent}${plain(key)}:\n${printAny(terminal, inner, `${indent}  `)}`
        : isText(inner)
          ? `${indent}${plain(key)}:\n${block(inner, `${indent}  `)}`
          : `${indent}${plain(key)}: ${isMoment(key, inner) ? moment(terminal, inner) : printAny(terminal, inner, '')}`,
    )
    .join('\n');
}

/** Epoch milliseconds by the name of their field: `at`, `createdAt`. */
function isMoment(key: string, value: unknown): value is number {
  return typeof value === 'number' && value > 0 && /^at$|At$/.test(key);
}

/** A runbook, a report: its lines are meant. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim().includes('\n');
}

function block(text: string, indent: string): string {
  return plainLines(text.trim()).replaceAll(/^(?=.)/gm, indent);
}
