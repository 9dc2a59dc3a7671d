/** The journal of an incident as people tell it. */
import { formatDuration } from '../../core/time.ts';
import type { JournalEntry } from '../../core/view.ts';

export interface Told {
  readonly at: number;
  readonly what: string;
  readonly who: string;
}

type Payload = JournalEntry['payload'];
const word = (payload: Payload, key: string): string => String(payload[key] ?? '');
const list = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value ?? ''));

const tellings: Readonly<Record<string, (payload: Payload) => string | null>> = {
  'alert.fired': (p) =>
    `${word(p, 'rule')} fired on ${word(p, 'target')}: ${word(p, 'detail') || word(p, 'summary')}`,
  'alert.raised': (p) => `${word(p, 'rule')} on ${word(p, 'target')} got graver`,
  'alert.resolved': (p) => `${word(p, 'rule')} on ${word(p, 'target')} cleared`,
  'alert.released': (p) =>
    `${word(p, 'rule')} on ${word(p, 'target')} no longer held back (${word(p, 'heldBy')})`,
  'incident.opened': (p) =>
    p.reason ? `Incident declared: ${word(p, 'title')}` : 'Incident opened; team alerted',
  'incident.reopened': (p) => `Opened again: ${word(p, 'reason')}`,
  'incident.escalated': (p) =>
    p.to && p.from
      ? `Level raised from ${word(p, 'from')} to ${word(p, 'to')}`
      : `Told ${word(p, 'to')}: ${word(p, 'reason')}`,
  'incident.level-set': (p) => `Level set from ${word(p, 'from')} to ${word(p, 'to')}: ${word(p, 'reason')}`,
  'incident.led': (p) => `The trouble lies in ${word(p, 'to')}`,
  'incident.acknowledged': () => 'Acknowledged',
  'incident.unacknowledged': (p) => `Acknowledgement of ${word(p, 'by')} lapsed`,
  'incident.assigned': (p) => (p.to === null ? 'Assigned to nobody' : `Assigned to ${word(p, 'to')}`),
  'incident.role': (p) =>
    p.to === null ? `${word(p, 'role')}: nobody` : `${word(p, 'to')} is ${word(p, 'role')}`,
  'incident.note': (p) => word(p, 'text'),
  'incident.impact': (p) => `Users affected: ${p.count ?? 'unknown'}${p.note ? `, ${word(p, 'note')}` : ''}`,
  'incident.told': (p) => `Stakeholders told (${word(p, 'status')}): ${word(p, 'text')}`,
  'incident.diagnosed': (p) => {
    const [first] = Array.isArray(p.findings) ? p.findings : [];
    return first ? `Cause identified: ${String(first.summary)}` : null;
  },
  'incident.mitigated': () => 'Service restored (mitigated)',
  'incident.resolved': (p) => `Resolved: ${word(p, 'note') || 'by hand'}`,
  'incident.merged': (p) => `Merged into ${word(p, 'into')}`,
  'incident.absorbed': (p) => `Took in incident ${word(p, 'incident')}: ${word(p, 'title')}`,
  'incident.split': (p) => `Split off ${list(p.alerts)} as ${word(p, 'into')}`,
  'incident.related': (p) => `Related to incident ${word(p, 'incident')}`,
  'oncall.paged': (p) => `Paged ${word(p, 'person')} by ${list(p.by)}`,
  'oncall.held': (p) => `Page of ${word(p, 'person')} waits: ${word(p, 'reason')}`,
  'oncall.nobody': (p) => `Reached nobody: ${list(p.reasons)}`,
  'escalation.exhausted': () => 'Every step of the escalation was taken; nobody answered',
  'clock.warning': (p) => `The ${word(p, 'clock')} clock is about to be missed`,
  'clock.missed': (p) =>
    `The ${word(p, 'clock')} clock was missed (${formatDuration(Number(p.limitMs ?? 0))})`,
  'message.given-up': (p) =>
    `A message to ${word(p, 'notifier')} could not be delivered: ${word(p, 'detail')}`,
  'message.diverted': (p) => `${word(p, 'to')} told in place of ${word(p, 'notifier')}`,
  'action.proposed': (p) => `Proposed: ${word(p, 'summary')}`,
  'action.approved': () => 'Approved',
  'action.denied': (p) => `Denied: ${word(p, 'reason')}`,
  'action.applying': (p) => `Mitigation started: ${word(p, 'summary') || word(p, 'action')}`,
  'action.applied': (p) => `Applied: ${word(p, 'result')}`,
  'action.interrupted': () => 'An action was interrupted',
  'postmortem.edited': () => null,
  'incident.learned': () => null,
};

/** Entries that nobody would tell are left out; of kinds that are not known here their name is told. */
export function tell(journal: readonly JournalEntry[]): Told[] {
  return journal.flatMap(({ at, actor, kind, payload }) => {
    const telling = tellings[kind];
    const what = telling
      ? telling(payload)
      : `${kind.replace(/[.-]/g, ' ')}${payload.summary ? `: ${String(payload.summary)}` : ''}`;
    return what === null || what === '' ? [] : [{ at, what, who: actor }];
  });
}
