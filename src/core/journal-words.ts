/** Journal entries as people read them: the one place that names events. Pure. */
import { withFigures } from './alert-words.ts';
import { causeAmong } from './diagnosis.ts';
import { partlyRestored } from './incident/standing.ts';
import { accessWords as access } from './journal-words-access.ts';
import { type EndBefore, endWords } from './own-end.ts';
import { followed, list, type Payload, plural, type Saying, type Words, word } from './payload-words.ts';
import { gapWords } from './schedule.ts';
import { formatDuration, sayDelay } from './time.ts';
import type { JournalEntry } from './view.ts';

export type Event = Pick<JournalEntry, 'actor' | 'kind' | 'payload'>;

/** An id as it is typed on the command line. */
const short = (payload: Payload, key: string): string => word(payload, key).slice(0, 13);
const on = (p: Payload): string => `${word(p, 'rule')} on ${word(p, 'target')}`;
const action = (p: Payload): string =>
  word(p, 'summary') || (p.action ? `${word(p, 'action')} on ${word(p, 'target')}` : '');
const ended: Saying = (p) => followed(action(p), word(p, 'result') || word(p, 'reason'));

const ledBy: Saying = (p) => {
  const now = word(p, 'now') || word(p, 'title');
  if (!p.before) return `The trouble lies in ${word(p, 'to')}`;
  return p.isBeforeOver
    ? `The first cause is over (${word(p, 'before')}); now ${now}`
    : `Another cause leads now: ${now}; before it ${word(p, 'before')}`;
};

const calling = ['incident.opened', 'incident.escalated'];

/** `The page to ann by mail left 5 m late: connect ECONNREFUSED`. */
export function lateWords(p: Payload): string {
  const what = !calling.includes(word(p, 'event'))
    ? `A message to ${word(p, 'notifier')}`
    : p.person
      ? `The page to ${word(p, 'person')} by ${word(p, 'notifier')}`
      : `The page to ${word(p, 'notifier')}`;
  const told = p.toldBy ? `; ${word(p, 'toldBy')} had told it` : '';
  return followed(`${what} left ${formatDuration(Number(p.lateMs))} late`, word(p, 'detail')) + told;
}

const incidents: Readonly<Record<string, Words>> = {
  'alert.fired': [
    'Alert fired',
    (p) =>
      followed(
        `${word(p, 'rule')} fired on ${word(p, 'target')}`,
        withFigures({ detail: word(p, 'detail') || word(p, 'summary'), said: word(p, 'said') }),
      ),
  ],
  'alert.raised': ['Alert got graver', (p) => `${on(p)} got graver`],
  'alert.restated': [
    'Another error',
    (p) => `${on(p)} fires on by another error: ${word(p, 'detail')}; before: ${word(p, 'before')}`,
  ],
  'alert.resolved': ['Alert cleared', (p) => `${on(p)} cleared`],
  'alert.held': ['Alert held back', (p) => `${on(p)} is held back by ${word(p, 'heldBy') || word(p, 'by')}`],
  'alert.released': [
    'Alert released',
    (p) =>
      word(p, 'heldBy').startsWith('resolved:')
        ? `${on(p)} still fires after its incident was resolved by hand`
        : `${on(p)} no longer held back (${word(p, 'heldBy')})`,
  ],
  'incident.opened': [
    'Incident opened',
    (p) => {
      if (p.from) return `Split from incident ${short(p, 'from')}: ${word(p, 'title')}`;
      return p.reason ? `Incident declared: ${word(p, 'title')}` : 'Incident opened';
    },
  ],
  'incident.reopened': [
    'Incident opened again',
    (p) =>
      `Opened again: ${word(p, 'reason')}${p.before ? `; what was found before (${word(p, 'before')}) counts no longer` : ''}`,
  ],
  'incident.escalated': [
    'Incident escalated',
    (p) =>
      p.to && p.from
        ? `Level raised from ${word(p, 'from')} to ${word(p, 'to')}`
        : `Told ${word(p, 'to')}: ${word(p, 'reason')}`,
  ],
  'incident.called-again': [
    'Called anew',
    (p) =>
      p.reason === 'another-cause'
        ? 'It is back for another cause, and nobody has it in hand: people are called anew'
        : 'It was well and is back, and nobody has it in hand: people are called anew',
  ],
  'incident.level-set': [
    'Level changed',
    (p) => `Level set from ${word(p, 'from')} to ${word(p, 'to')}: ${word(p, 'reason')}`,
  ],
  'incident.led': ['Cause moved', ledBy],
  'incident.acknowledged': ['Acknowledged', () => 'Acknowledged'],
  'incident.unacknowledged': ['Acknowledgement lapsed', (p) => `Acknowledgement of ${word(p, 'by')} lapsed`],
  'incident.assigned': [
    'Assigned',
    (p) => (p.to === null ? 'Assigned to nobody' : `Assigned to ${word(p, 'to')}`),
  ],
  'incident.role': [
    'Role given',
    (p) => (p.to === null ? `${word(p, 'role')}: nobody` : `${word(p, 'to')} is ${word(p, 'role')}`),
  ],
  'incident.note': ['Note', (p) => word(p, 'text')],
  'incident.impact': [
    'Impact entered',
    (p) => `Users affected: ${p.count ?? 'unknown'}${p.note ? `, ${word(p, 'note')}` : ''}`,
  ],
  'incident.told': [
    'Stakeholders told',
    (p) => `Stakeholders told (${word(p, 'status')}): ${word(p, 'text')}`,
  ],
  'incident.diagnosed': [
    'Diagnosed',
    (p) => {
      const first = causeAmong<{ summary?: unknown; beside?: string }>(
        Array.isArray(p.findings) ? p.findings : [],
      );
      return first ? `Cause identified: ${String(first.summary)}` : 'No cause was found';
    },
  ],
  'incident.cause-told': [
    'Cause told',
    (p) =>
      `${p.news === 'other-cause' ? 'Another cause' : 'The cause'} is told to ${list(p.to)}: ${word(p, 'summary')}`,
  ],
  'incident.joined-told': [
    'More trouble told',
    (p) => `What joined it is told${list(p.to) === '' ? '' : ` to ${list(p.to)}`}: ${word(p, 'summary')}`,
  ],
  'incident.partly-restored': [
    'Partly restored',
    (p) =>
      partlyRestored({
        ...{ by: word(p, 'by'), restored: word(p, 'restored') },
        failing: Array.isArray(p.failing) ? p.failing.map(String) : [],
      }),
  ],
  'incident.mitigated': ['Mitigated', () => 'Service restored (mitigated)'],
  'incident.resolved': [
    'Resolved',
    (p) => `Resolved: ${word(p, 'note') || 'by hand'}${typeof p.stands === 'string' ? `; ${p.stands}` : ''}`,
  ],
  'incident.merged': ['Merged', (p) => `Merged into ${short(p, 'into')}`],
  'incident.absorbed': [
    'Took in another incident',
    (p) => `Took in incident ${short(p, 'incident')}: ${word(p, 'title')}`,
  ],
  'incident.split': ['Split', (p) => `Split off ${list(p.alerts)} as ${short(p, 'into')}`],
  'incident.related': [
    'Related incident',
    (p) => {
      const related = followed(`Related to incident ${short(p, 'incident')}`, word(p, 'reason'));
      const { id, into } = (p.merge ?? {}) as { id?: string; into?: string };
      if (!id || !into) return related;
      return `${related}. If it is one trouble: upkeep incident merge ${id.slice(0, 13)} ${into.slice(0, 13)}`;
    },
  ],
  'incident.learned': ['Times of the incident'],
  'postmortem.edited': ['Post-mortem edited'],
  'action-item.added': ['Action item added', (p) => followed(word(p, 'task'), word(p, 'owner'))],
  'action-item.closed': ['Action item closed', (p) => followed(word(p, 'task'), word(p, 'outcome'))],
  'action-item.edited': ['Action item changed', (p) => word(p, 'task')],
  'action-item.reminded': ['Reminded of an action item', (p) => followed(word(p, 'task'), word(p, 'why'))],
};

const people: Readonly<Record<string, Words>> = {
  'oncall.paged': ['Paged', (p) => `Paged ${word(p, 'person')} by ${list(p.by)}`],
  'oncall.held': ['Page waits', (p) => `Page of ${word(p, 'person')} waits: ${word(p, 'reason')}`],
  'oncall.nobody': ['Reached nobody', (p) => `Reached nobody: ${list(p.reasons)}`],
  'oncall.overridden': ['Taken over'],
  'oncall.swapped': ['Turns swapped'],
  'oncall.cancelled': ['Override taken back'],
  'oncall.note': ['Note for the hand-off', (p) => word(p, 'text')],
  'oncall.feed-given': ['Calendar address given out'],
  'oncall.feed-ended': ['Calendar address ended'],
  'oncall.handed-off': [
    'Handed off',
    (p) => `From ${word(p, 'from') || 'nobody'} to ${word(p, 'to') || 'nobody'}`,
  ],
  'oncall.calendar-unread': ['Calendar could not be read'],
  'escalation.paused': [
    'Calls pause',
    (p) => `Nobody else is called while all alerts are held: ${word(p, 'reason')}`,
  ],
  'escalation.resumed': ['Calls go on'],
  'escalation.exhausted': [
    'Escalation exhausted',
    () => 'Every step of the escalation was taken; nobody answered',
  ],
  'clock.warning': ['Clock runs out', (p) => `The ${word(p, 'clock')} clock is about to be missed`],
  'clock.missed': [
    'Clock missed',
    (p) => `The ${word(p, 'clock')} clock was missed (${formatDuration(Number(p.limitMs ?? 0))})`,
  ],
  'message.given-up': [
    'Message given up',
    (p) => `A message to ${word(p, 'notifier')} could not be delivered: ${word(p, 'detail')}`,
  ],
  'message.delayed': [
    'Message delayed',
    (p) =>
      followed(`A message to ${word(p, 'notifier')} did not leave and is tried again`, word(p, 'detail')),
  ],
  'message.first': [
    'Team alerted',
    (p) => {
      const to = p.person ? `${word(p, 'person')} by ${word(p, 'notifier')}` : word(p, 'notifier');
      const after = sayDelay(Number(p.afterMs), 'it was written');
      return `The first message arrived at ${to}, ${after}; team alerted`;
    },
  ],
  'message.late': ['Message late', lateWords],
  'message.diverted': ['Message diverted', (p) => `${word(p, 'to')} told in place of ${word(p, 'notifier')}`],
  'message.folded': [
    'Told with others',
    (p) =>
      `${p.person ? `${word(p, 'person')} by ${word(p, 'notifier')}` : word(p, 'notifier')} is told in one message with other incidents of that moment`,
  ],
  'message.dropped': [
    'Message dropped',
    (p) =>
      followed(`A message to ${word(p, 'notifier')} was not sent`, word(p, 'detail') || word(p, 'reason')),
  ],
  'notifier.tested': [
    'Notifier tested',
    (p) => followed(`${word(p, 'notifier')} ${p.ok ? 'works' : 'failed'}`, word(p, 'detail')),
  ],
  'silence.created': ['Silence made', (p) => followed(list(p.matchers), word(p, 'reason'))],
  'silence.ended': ['Silence ended', (p) => word(p, 'reason')],
  'maintenance.scheduled': ['Maintenance planned'],
  'maintenance.cancelled': ['Maintenance cancelled'],
  'maintenance.announced': ['Maintenance announced'],
  'maintenance.started': ['Maintenance started'],
  'maintenance.ended': ['Maintenance ended'],
  'status-page.link': ['New address of the status page'],
  'subscriber.confirmed': ['Status page subscribed'],
  'subscriber.ended': ['Status page subscription ended'],
  'report.written': ['Report written', (p) => word(p, 'title')],
};

const actions: Readonly<Record<string, Words>> = {
  'action.proposed': ['Action proposed', (p) => `Proposed: ${action(p)}`],
  'action.not-planned': ['Action not planned', ended],
  'action.awaiting-approval': ['Waits for approval', ended],
  'action.permitted': ['Action permitted', ended],
  'action.asked': ['Asked for approval', (p) => followed(action(p), `asked ${list(p.whom)}`)],
  'action.approved-in-part': [
    'First approval',
    (p) => followed(action(p), `one yes of ${word(p, 'needed')}`),
  ],
  'action.edited': ['Action edited', (p) => followed('Edited, to be approved anew', action(p))],
  'action.approved': ['Action approved', () => 'Approved'],
  'action.denied': ['Action denied', (p) => `Denied: ${word(p, 'reason')}`],
  'action.refused': ['Action refused', ended],
  'action.expired': ['Approval expired', ended],
  'action.withdrawn': ['Request withdrawn', ended],
  'action.applying': ['Action started', (p) => `Mitigation started: ${action(p)}`],
  'action.applied': ['Action applied', (p) => `Applied: ${word(p, 'result')}`],
  'action.verifying': ['Action being verified', ended],
  'action.done': ['Action worked', ended],
  'action.failed': ['Action failed', ended],
  'action.undone': ['Action undone', ended],
  'action.interrupted': [
    'Action interrupted',
    (p) => `Interrupted while it was applied: ${action(p)}; it is not applied again, and checked`,
  ],
};

const itself: Readonly<Record<string, Words>> = {
  'upkeep.started': [
    'Upkeep started',
    (p) =>
      `Version ${word(p, 'version')}, ${plural(p.targets ?? 0, 'target')}${p.before ? `; the run before ${endWords(p.before as EndBefore)}` : ''}`,
  ],
  'upkeep.stopped': ['Upkeep stopped'],
  'upkeep.failed': [
    'Upkeep failed',
    (p) => `Upkeep itself failed: ${word(p, 'error')}${p.at ? `, at ${word(p, 'at')}` : ''}`,
  ],
  'gap.detected': [
    'Gap in what was watched',
    (p) =>
      p.from && p.to
        ? `Blind for ${formatDuration(Number(p.to) - Number(p.from))} until now: ${gapWords(p.why)}`
        : '',
  ],
  'clock.set-back': [
    'The clock was set back',
    (p) =>
      `By ${formatDuration(Number(p.byMs ?? 0))}: what waited comes in its time, ${plural(p.jobs ?? 0, 'job')} and ${plural(p.messages ?? 0, 'message')} of it moved with the clock`,
  ],
  'configuration.reloaded': [
    'Configuration read anew',
    (p) =>
      [
        ...(Array.isArray(p.targets) ? [plural(p.targets.length, 'target')] : []),
        ...(Array.isArray(p.backdated)
          ? [`began before that and counts for no SLO any more: ${p.backdated.join(', ')}`]
          : []),
      ].join('; '),
  ],
  'configuration.rejected': [
    'Configuration rejected',
    (p) => (Array.isArray(p.problems) ? plural(p.problems.length, 'problem') : ''),
  ],
  'configuration.edited': ['Configuration edited'],
  'heartbeat.created': ['Ping address made'],
  'heartbeat.rotated': ['Ping address replaced'],
  'backup.taken': ['Backup taken', (p) => followed(`Backup of ${word(p, 'plan')}`, word(p, 'detail'))],
  'backup.failed': [
    'Backup failed',
    (p) => followed(`The backup of ${word(p, 'plan')} failed`, word(p, 'detail')),
  ],
  'backup.proven': [
    'Backup proven',
    (p) =>
      p.restoredInMs === null
        ? `Backup ${short(p, 'id')} of ${word(p, 'plan')} lies there as it was written`
        : `Backup ${short(p, 'id')} of ${word(p, 'plan')} was restored in ${formatDuration(Number(p.restoredInMs))} and compared`,
  ],
  'backup.not-proven': [
    'Backup not proven',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')} did not hold`, word(p, 'detail')),
  ],
  'backup.proof-not-run': [
    'Proof could not run',
    (p) =>
      followed(`Nothing is known of backup ${short(p, 'id')} of ${word(p, 'plan')} by it`, word(p, 'detail')),
  ],
  'backup.copied': [
    'Backup copied elsewhere',
    (p) => followed(`Copy of ${word(p, 'plan')}`, word(p, 'detail')),
  ],
  'backup.fetched': [
    'Copy fetched',
    (p) => `Copy ${short(p, 'id')} of ${word(p, 'plan')} into ${word(p, 'folder')}`,
  ],
  'backup.copy-failed': [
    'Copy failed',
    (p) => followed(`The copy of ${word(p, 'plan')} failed`, word(p, 'detail')),
  ],
  'backup.restoring': ['Restore begun', (p) => `Backup ${short(p, 'id')} of ${word(p, 'plan')}`],
  'backup.restored': [
    'Backup restored',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')} is restored`, word(p, 'at')),
  ],
  'backup.not-restored': [
    'Restore failed',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')} was not restored`, word(p, 'detail')),
  ],
  'backup.waits': [
    'Backup waits',
    (p) => followed(`The backup of ${word(p, 'plan')} waits`, word(p, 'detail')),
  ],
  'backup.cut-off': [
    'Work on a backup cut off',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')}`, word(p, 'detail')),
  ],
  'backup.cleared': [
    'Rest of a restore cleared away',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')}`, word(p, 'detail')),
  ],
  'backup.marked': [
    'Backup marked for removal',
    (p) => `Backup ${short(p, 'id')} of ${word(p, 'plan')} goes in a week unless somebody pins it`,
  ],
  'backup.unmarked': [
    'Mark taken from a backup',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')} stays`, word(p, 'why')),
  ],
  'backup.removing': ['Removal begun', (p) => `Backup ${short(p, 'id')} of ${word(p, 'plan')}`],
  'backup.removed': [
    'Backup removed',
    (p) => `Backup ${short(p, 'id')} of ${word(p, 'plan')} is gone, as it was approved`,
  ],
  'backup.kept': [
    'Removal cut off',
    (p) => `Backup ${short(p, 'id')} of ${word(p, 'plan')} was to be removed and is still there, whole`,
  ],
  'backup.drill-not-run': [
    'Monthly drill not run',
    (p) => followed(`${word(p, 'what')} of the backups of ${word(p, 'plan')}`, word(p, 'detail')),
  ],
  'backup.drill-waits': [
    'Monthly drill waits',
    (p) => followed(`The monthly drill of ${word(p, 'plan')} waits`, word(p, 'detail')),
  ],
  'backup.pinned': [
    'Backup pinned',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')} stays whatever its age`, word(p, 'why')),
  ],
  'backup.unpinned': [
    'Backup unpinned',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')} goes its way`, word(p, 'why')),
  ],
  'backup.missing': [
    'Backup missing',
    (p) =>
      followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')} is not where it was put`, word(p, 'folder')),
  ],
  'backup.found': ['Backup found again', (p) => `Backup ${short(p, 'id')} of ${word(p, 'plan')}`],
  'backup.adopted': [
    'Backup found that was not known here',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')}`, word(p, 'detail')),
  ],
  'backup.looked-at': [
    'Backups of others looked at',
    (p) => followed(`In the repository of ${word(p, 'plan')}`, word(p, 'why')),
  ],
  'backup.forgotten': [
    'Missing backup given up',
    (p) => followed(`Backup ${short(p, 'id')} of ${word(p, 'plan')} is gone for good`, word(p, 'why')),
  ],
  'backup.evidence': ['Proof signed', (p) => `Proof of backup ${short(p, 'id')} of ${word(p, 'plan')}`],
  'backup.clock-trusted': ['Clock borne out', (p) => word(p, 'why')],
  'change.observed': ['Change seen', (p) => word(p, 'summary')],
  'change.reported': ['Change reported', (p) => word(p, 'summary')],
};

export const eventWords: Readonly<Record<string, Words>> = {
  ...incidents,
  ...people,
  ...actions,
  ...access,
  ...itself,
};

export function toldOf(event: Event): JournalEntry['told'] {
  return { title: eventTitle(event.kind), text: eventSentence(event), who: actorText(event.actor) };
}

/** `Alert fired`; of a kind that is not known here its own name in words. */
export function eventTitle(kind: string): string {
  const plain = kind.replace(/[.-]/g, ' ');
  return eventWords[kind]?.[0] ?? `${plain.slice(0, 1).toUpperCase()}${plain.slice(1)}`;
}

/** What happened as one sentence; null where the title says all. */
export function eventSentence({ kind, payload }: Pick<Event, 'kind' | 'payload'>): string | null {
  const say = eventWords[kind]?.[1];
  const text = say ? say(payload) : valuesText(payload);
  return text === '' || text === eventTitle(kind) ? null : text;
}

const actors: Readonly<Record<string, string>> = {
  upkeep: 'Upkeep',
  guard: 'the guard',
  policy: 'the policy',
  system: 'Upkeep',
  cli: 'the command line',
  stranger: 'somebody unknown',
};

/** `ann`, `the token ci`, `the policy`. */
export function actorText(actor: string): string {
  if (actor.startsWith('token:')) return `the token ${actor.slice('token:'.length)}`;
  return actors[actor] ?? actor;
}

const sentences = ['summary', 'title', 'reason', 'detail', 'message', 'note', 'result', 'why', 'what'];

/** Its own sentence where it has one, else its plain values; what only machines read is left out. */
function valuesText(payload: Payload): string {
  const own = sentences.map((key) => payload[key]).find((value) => typeof value === 'string' && value !== '');
  if (typeof own === 'string') return own;
  return Object.entries(payload)
    .filter(([name]) => !/^(id|at|since|digest|hash|key)$|(Id|At)$/.test(name))
    .flatMap(([name, value]) => {
      const text = valueText(name, value);
      return text === null ? [] : [text];
    })
    .join(', ');
}

function valueText(name: string, value: unknown): string | null {
  const words = name.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  if (name.endsWith('Ms') && typeof value === 'number')
    return `${words.replace(/ ms$/, '')} ${formatDuration(value)}`;
  if (typeof value === 'boolean') return value ? words : null;
  if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return `${words} ${value}`;
  if (!Array.isArray(value)) return null;
  const parts = value.filter((each) => typeof each === 'string' || typeof each === 'number');
  return parts.length === 0 ? null : `${words} ${parts.join(', ')}`;
}
