/**
 * Backups that fail say why in their own alert, and no diagnosis looks for it: whatever trouble is found beside them, they
 * stay in the title and among the causes. Pure.
 */
import type { Alert } from '../alert.ts';
import type { Finding } from '../evidence.ts';
import { grouped, named } from '../fold.ts';
import type { Topology } from '../topology.ts';
import { besideLead, isOfBackups, isOfLog } from './subjects.ts';

const mostNamed = 3;

type OfPlan = Pick<Alert, 'rule' | 'target' | 'labels' | 'state'>;

/** Those that fail; once nothing fires any more, those that did. */
function plansOf(alerts: readonly OfPlan[]): string[] {
  const own = alerts.filter(isOfBackups);
  const firing = own.filter(({ state }) => state === 'firing');
  const isOver = alerts.every(({ state }) => state !== 'firing');
  return [...new Set((isOver ? own : firing).flatMap(({ labels }) => labels.backup ?? []))];
}

/** Of an alert of backups that leads, all of its target that fail: `backups of physical, dump`. Null of any other. */
export function leadWords(
  lead: Pick<Alert, 'rule' | 'target' | 'summary'>,
  alerts: readonly OfPlan[],
): string | null {
  if (!isOfBackups(lead)) return null;
  const names = plansOf(alerts.filter(({ target }) => target === lead.target));
  return names.length < 2 ? lead.summary : `backups of ${named(names, mostNamed)}`;
}

/** A title that is of something else, with the backups that fail beside it. */
export function withBackups(title: string, alerts: readonly OfPlan[]): string {
  const names = plansOf(alerts);
  return names.length === 0 ? title : `${title}, and backups of ${named(names, mostNamed)}`;
}

/**
 * A title with what fires beside its subject and is no consequence of it: a log archive that hangs, and of a title that is
 * of backups or the log the gravest other trouble. Backups it names already.
 */
export function withBeside(title: string, lead: Alert, alerts: readonly Alert[], topology: Topology): string {
  const beside = besideLead(lead, alerts, topology).filter((one) => !isOfBackups(one));
  const log = beside.find(isOfLog);
  const other = beside.find((one) => !isOfLog(one));
  return [title, ...[log, other].flatMap((one) => (one ? [inside(one.summary)] : []))].join('; ');
}

/** Within a sentence; a name such as TCP stays as it is. */
function inside(words: string): string {
  return /^[A-Z][a-z]+ /.test(words) ? `${words.charAt(0).toLowerCase()}${words.slice(1)}` : words;
}

/** What the alerts of backups say themselves, to stand beside what was found of other trouble. @param at epoch milliseconds */
export function backupFindings(alerts: readonly Alert[], at: number): Finding[] {
  const firing = alerts.filter((alert) => isOfBackups(alert) && alert.state === 'firing');
  return grouped(firing, ({ rule, target }) => `${rule}|${target}`).map(
    (alike): Finding => ({
      ...{ id: alike[0].rule, target: alike[0].target, confidence: 1, isByItself: true, seenAt: at },
      summary: alike.map(({ detail }) => detail).join(' '),
      onset: Math.min(...alike.map(({ since }) => since)),
      explanation: 'The alert says it itself; what else was found does not explain it.',
      explained: [{ rule: alike[0].rule, target: alike[0].target }],
      ...{ evidence: [], unseen: [], recommendations: [] },
    }),
  );
}
