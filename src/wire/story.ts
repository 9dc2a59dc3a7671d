/** What a message tells people, in the order they need it; each channel puts it into its own form and escapes it. */
import { timestamp } from '../clock.ts';
import { actorWords } from '../core/actor-words.ts';
import { withFigures } from '../core/alert-words.ts';
import { capital, count } from '../core/count.ts';
import { factsInWords } from '../core/fact-words.ts';
import type { Message, MessageIncident, MessageStorm } from '../core/message.ts';
import { cappedLines, plain } from '../core/plain.ts';
import type { Level } from '../core/severity.ts';
import { formatDuration } from '../core/time.ts';
import { plainMarkup, renderMarkdown } from './markdown.ts';
import { clockTime, onTheirClock } from './moments.ts';

export type Tone = Level | 'good' | 'neutral';

export interface Choice {
  readonly purpose: 'acknowledge' | 'resolve' | 'approve' | 'deny';
  readonly label: string;
  /** A signed link; null where the message brought none. */
  readonly url: string | null;
}

export interface Story {
  readonly tone: Tone;
  /** `SEV1 · db takes no logins · since 10:32:05 UTC`: level, what is broken, since when. One line, not escaped. */
  readonly headline: string;
  /** The same without level and time, for a subject that stays the same. */
  readonly subject: string;
  /** What has just happened: `Acknowledged`, `The cause was found`. */
  readonly news: string;
  /** `News`, `Impact`, `Cause`, `Evidence`, `Upkeep`: one line of text each, not escaped. */
  readonly lines: readonly { readonly label: string; readonly text: string }[];
  /** Markdown of a report or a notice. */
  readonly markdown: string | null;
  readonly choices: readonly Choice[];
  readonly url: string;
}

const words: Readonly<Record<Message['event'], string>> = {
  'incident.opened': 'Opened',
  'incident.updated': 'Update',
  'incident.escalated': 'Escalated',
  'incident.mitigated': 'Mitigated',
  'incident.resolved': 'Resolved',
  'incident.acknowledged': 'Acknowledged',
  'approval.requested': 'Approval wanted',
  'report.ready': 'Report',
  'maintenance.scheduled': 'Maintenance planned',
  'maintenance.started': 'Maintenance started',
  'maintenance.ended': 'Maintenance ended',
  'oncall.handoff': 'On-call hand-off',
  'status.published': 'Status',
  test: 'Test',
};

/** @param timezone on whose clock moments are written; UTC where left out */
export function storyOf(message: Message, timezone?: string): Story {
  const { incident, approval, report, notice, storm } = message;
  const common = { news: newsOf(message), choices: choicesOf(message), url: message.url };
  if (approval) return { ...common, ...approvalStory(message, approval, timezone) };
  if (incident) return { ...common, ...incidentStory(message, incident, timezone) };
  if (storm) return { ...common, ...stormStory(message, storm, timezone) };
  const text = notice ?? report;
  const subject = plain(text?.title ?? `${words[message.event]} from ${message.source}`, 200);
  return {
    ...common,
    tone: 'neutral',
    subject,
    // The title of a notice of maintenance says its phase.
    headline: message.event.startsWith('maintenance.') ? subject : `${words[message.event]} · ${subject}`,
    lines: [],
    markdown: text?.markdown ?? null,
  };
}

const followUpWords = {
  'cause-found': 'Cause found',
  'other-cause': 'Another cause',
  'more-trouble': 'More trouble',
} as const;

const againWords = {
  'came-back': 'Called anew, it is back',
  'another-cause': 'Called anew, another cause',
} as const;

function newsOf({ event, incident, followUp }: Message): string {
  if (followUp !== undefined && event === 'incident.updated') return followUpWords[followUp];
  if (event === 'incident.acknowledged') return takenBy(incident) ?? words[event];
  if (event === 'incident.escalated' && incident?.calledAgain !== undefined)
    return againWords[incident.calledAgain];
  return event === 'incident.opened' && incident?.reopenedAt !== undefined ? 'Reopened' : words[event];
}

/** `Acknowledged by zoe`; null where nobody is known. */
function takenBy(incident: MessageIncident | undefined): string | null {
  const by = nameOf(incident);
  return by === null ? null : `Acknowledged by ${by}`;
}

function nameOf(incident: MessageIncident | undefined): string | null {
  return incident?.acknowledgedBy === undefined ? null : plain(actorWords(incident.acknowledgedBy), 60);
}

/** Of the report of an action: task, changes, before and after; a message is read on a phone. */
const mostReport = 1_500;
const wholeReport = '… the whole report is on the page of the action';

function incidentStory(message: Message, incident: MessageIncident, timezone: string | undefined) {
  const clock = (at: string) => clockTime(at, message.at, timezone);
  const subject = plain(incident.title, 160);
  const level = plain(incident.severity, 20);
  const end = incident.resolvedAt;
  const again = incident.reopenedAt;
  const status = (incident.status === 'acknowledged' ? takenBy(incident) : null) ?? capital(incident.status);
  const state = incident.status !== 'open' ? [status] : again === undefined ? [] : ['Reopened'];
  const from = again ?? incident.openedAt;
  const since = again === undefined ? 'since' : 'again since';
  const time = `${comesAndGoes(incident)}${timeWords(since, from, end, clock)}`;
  const isFollowUp = message.followUp !== undefined && message.event === 'incident.updated';
  const head = message.event === 'incident.escalated' || isFollowUp ? [newsOf(message)] : state;
  const tone: Tone =
    incident.status === 'resolved' || incident.status === 'mitigated' ? 'good' : incident.level;
  return {
    tone,
    subject,
    headline: [...head, level, subject, time].join(' · '),
    lines: [
      ...newsLine(message),
      ...linesOf(incident).map(({ label, text }) => ({
        label,
        text: onTheirClock(text, message.at, timezone),
      })),
    ],
    markdown: message.report ? cappedLines(message.report.markdown, mostReport, wholeReport) : null,
  };
}

/** Twice is a relapse; from then on it flaps. */
const flapsFrom = 3;

function comesAndGoes({ alerts, resolvedAt }: MessageIncident): string {
  const times = Math.max(0, ...alerts.map((alert) => alert.times ?? 1));
  if (times < flapsFrom) return '';
  return resolvedAt === undefined
    ? `goes up and down, ${times} times `
    : `went up and down, ${times} times, `;
}

/** `since 10:32`, or `10:32 to 10:40 (8 m)` of what is over. */
function timeWords(
  since: string,
  from: string,
  to: string | undefined,
  clock: (moment: string) => string,
): string {
  if (to === undefined) return `${since} ${clock(from)}`;
  return `${clock(from)} to ${clock(to)} (${formatDuration(Date.parse(to) - Date.parse(from))})`;
}

/** A word of its own about the incident, as that a clock was missed: where one message is updated, it must not take its place. */
function newsLine({ notice }: Message): { label: string; text: string }[] {
  if (notice === undefined) return [];
  const text = renderMarkdown(notice.markdown, plainMarkup)
    .split('\n')
    .map((line) => line.replace(/^\s*[-•]\s+/, '').replace(/\.$/, ''))
    .filter((line) => line.trim() !== '')
    .join('; ');
  return [{ label: 'News', text: plain(text === '' ? notice.title : `${notice.title}. ${text}`, 600) }];
}

/** More are counted, not listed. */
const stormListed = 12;

function stormStory(message: Message, storm: MessageStorm, timezone: string | undefined) {
  const { event, at } = message;
  const { incidents } = storm;
  const clock = (moment: string) => clockTime(moment, at, timezone);
  const open = incidents.filter(({ status }) => status !== 'resolved');
  const subject = count(incidents.length, 'more incident');
  const level = plain(storm.severity, 20);
  const time = timeWords('since', storm.since, storm.until, clock);
  const state = open.length === 0 ? ['Resolved'] : event === 'incident.escalated' ? ['Escalated'] : [];
  const still = open.length === incidents.length || open.length === 0 ? [] : [`${open.length} still open`];
  const sorted = [...open, ...incidents.filter(({ status }) => status === 'resolved')];
  const lines = sorted.slice(0, stormListed).map((one) => ({
    label: plain(one.severity, 20),
    text: `${plain(one.title, 160)}${one.status === 'open' ? '' : ` · ${one.status}`}`,
  }));
  const more = sorted.length - lines.length;
  return {
    tone: open.length === 0 ? ('good' as const) : storm.level,
    subject,
    headline: [...state, level, subject, time, ...still].join(' · '),
    lines: [...newsLine(message), ...lines, ...(more > 0 ? [{ label: 'And', text: `${more} more` }] : [])],
    markdown: null,
  };
}

function approvalStory(
  message: Message,
  approval: NonNullable<Message['approval']>,
  timezone: string | undefined,
) {
  const until = clockTime(approval.expiresAt, message.at, timezone);
  const subject = plain(approval.summary, 160);
  const about = message.incident ? `${message.incident.severity}: ${message.incident.title}` : null;
  return {
    tone: message.incident?.level ?? ('high' as const),
    subject,
    headline: `Approval wanted · ${subject} · until ${until}`,
    lines: [
      { label: 'Plan', text: plain(approval.summary, 600) },
      { label: 'Why asked', text: onTheirClock(plain(approval.reason, 300), message.at, timezone) },
      ...(about === null ? [] : [{ label: 'Incident', text: plain(about, 200) }]),
      ...(approval.open?.length ? [{ label: 'Mind', text: plain(approval.open.join(' · '), 600) }] : []),
      { label: 'Until', text: `${until}; then it is not done` },
    ],
    markdown: null,
  };
}

function linesOf(incident: MessageIncident): { label: string; text: string }[] {
  const lines = [{ label: 'Impact', text: impactOf(incident) }];
  const [finding] = incident.diagnosis?.findings ?? [];
  const sure = `${Math.round((finding?.confidence ?? 0) * 100)} %`;
  if (finding && incident.diagnosis?.isOlder) {
    const text = `${plain(finding.summary, 400)} (${sure}), found before this fired`;
    lines.push(...alertLine(incident), { label: 'Known', text });
  } else if (finding) {
    lines.push(...measuredLine(incident), {
      label: 'Cause',
      text: `${plain(finding.summary, 400)} (${sure})`,
    });
    for (const item of finding.evidence.slice(0, 2)) {
      const shown = factsInWords(item.title, item.facts ?? {}, timestamp)
        .slice(0, 4)
        .join(', ');
      lines.push({ label: 'Evidence', text: plain(shown ? `${item.title}: ${shown}` : item.title, 300) });
    }
  } else lines.push(...alertLine(incident));
  if (incident.paged?.length) lines.push({ label: 'Paged', text: pagedWords(incident.paged) });
  const [doing] = doings(incident);
  lines.push({ label: 'Upkeep', text: doing ?? '' });
  return lines.filter(({ text }) => text !== '');
}

/** `ann by mail, bob by sms and phone`: each person once, the newest call of many. */
function pagedWords(paged: NonNullable<MessageIncident['paged']>): string {
  const ways = new Map<string, Set<string>>();
  for (const { person, by } of paged) {
    const known = ways.get(person) ?? new Set();
    for (const way of by) known.add(way);
    ways.set(person, known);
  }
  return few(
    [...ways].map(([person, by]) => `${person} by ${[...by].join(' and ')}`),
    6,
  );
}

function impactOf({ services, targets }: MessageIncident): string {
  const where = few(targets, 6);
  return services.length === 0 ? where : `${few(services, 8)} (${where})`;
}

function few(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).map((name) => plain(name, 60));
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}

function alertLine({ alerts }: MessageIncident): { label: string; text: string }[] {
  const alert = alerts.find((one) => one.state === 'firing') ?? alerts[0];
  if (!alert) return [];
  const more = alerts.length > 1 ? ` and ${alerts.length - 1} more` : '';
  return [
    { label: 'Alert', text: plain(`${alert.rule} on ${alert.target}: ${withFigures(alert)}`, 400) + more },
  ];
}

/** Of what is gravest, where a number was judged: a cause does not say how bad it is. */
function measuredLine({ alerts: [first] }: MessageIncident): { label: string; text: string }[] {
  if (first?.state !== 'firing' || first.said === undefined) return [];
  return [{ label: 'Measured', text: plain(`${first.rule} on ${first.target}: ${first.said}`, 300) }];
}

const actionWords: Readonly<Record<string, string>> = {
  proposed: 'proposes to',
  'awaiting-approval': 'asks whether to',
  permitted: 'is about to',
  applying: 'is about to',
  verifying: 'did, and is verifying:',
  done: 'did, and it helped:',
  failed: 'tried without success to',
  undone: 'took back:',
  refused: 'may not',
  denied: 'was told not to',
  expired: 'got no answer whether to',
  withdrawn: 'no longer asks whether to',
  interrupted: 'was interrupted in:',
};

/** The newest first; what is under way before what has ended. */
function doings(incident: MessageIncident): string[] {
  const live = ['awaiting-approval', 'applying', 'verifying', 'permitted'];
  const sorted = incident.actions.toSorted(
    (a, b) => Number(live.includes(b.state)) - Number(live.includes(a.state)),
  );
  const told = sorted.map(({ state, summary }) => `${actionWords[state] ?? state} ${plain(summary, 300)}`);
  if (told.length > 0 || incident.status === 'resolved') return told;
  const by = nameOf(incident);
  const hasCause = incident.diagnosis !== undefined && !incident.diagnosis.isOlder;
  if (by !== null && !hasCause) return [`has found no cause yet; ${by} is looking`];
  if (hasCause) {
    return [`has nothing it may do by itself; ${by === null ? 'somebody must look' : `${by} is looking`}`];
  }
  return incident.status === 'open' ? ['is looking for the cause'] : [];
}

function choicesOf({ event, incident, storm, approval, links = {} }: Message): Choice[] {
  // Only by the page of the link, which names each of them: nobody answers for all by one click.
  if (storm && links.acknowledge !== undefined)
    return [{ purpose: 'acknowledge', label: 'Acknowledge all', url: links.acknowledge }];
  if (approval) {
    return [
      { purpose: 'approve', label: 'Approve', url: links.approve ?? null },
      { purpose: 'deny', label: 'Deny', url: links.deny ?? null },
    ];
  }
  if (!incident || incident.status === 'resolved' || !event.startsWith('incident.')) return [];
  const acknowledge: Choice = {
    purpose: 'acknowledge',
    label: 'Acknowledge',
    url: links.acknowledge ?? null,
  };
  const resolve: Choice = { purpose: 'resolve', label: 'Resolve', url: links.resolve ?? null };
  return incident.status === 'open' ? [acknowledge, resolve] : [resolve];
}

/**
 * The flood rule of channels that cannot update a message: only what calls for somebody, its cause, and its end is a
 * message of its own; everything between is on the dashboard.
 */
export function standsAlone({ event, followUp }: Message): boolean {
  return (
    followUp !== undefined ||
    !['incident.updated', 'incident.acknowledged', 'incident.mitigated'].includes(event)
  );
}

/** One message stands for it from its beginning to its end, and is changed; a question is a message of its own. */
export function isKept({ incident, storm, approval }: Message): boolean {
  return (incident ?? storm) !== undefined && !approval;
}

export function urlOf(story: Story, purpose: Choice['purpose']): string | null {
  return story.choices.find((choice) => choice.purpose === purpose)?.url ?? null;
}
