/** What went well, what went badly and what would prevent it, as far as it can be computed. Pure. */

import type { Alert } from '../alert.ts';
import { count, often } from '../count.ts';
import { causeAmong } from '../diagnosis.ts';
import type { Finding } from '../evidence.ts';
import { lateWords } from '../journal-words.ts';
import type { Level } from '../severity.ts';
import { formatDuration, sayDelay } from '../time.ts';
import type { ActionView, JournalEntry } from '../view.ts';
import type { Impact } from './impact.ts';
import { askedAt, detectionMs, type IncidentTimes, spansOf } from './times.ts';

export interface Past {
  readonly level: Level;
  readonly lead: string;
  readonly times: IncidentTimes;
  readonly alerts: readonly Alert[];
  readonly actions: readonly ActionView[];
  readonly findings: readonly Finding[];
  /** Of the incident, oldest first. */
  readonly journal: readonly JournalEntry[];
  /** Alerts of its targets that were held back meanwhile. */
  readonly muted: readonly { readonly target: string; readonly by: string }[];
  /** Incidents with the same lead in the 30 days before. */
  readonly earlier: number;
  readonly impact: Impact;
}

export interface Retrospect {
  readonly well: readonly string[];
  readonly badly: readonly string[];
  readonly prevention: readonly string[];
}

const minuteMs = 60_000;
/** Incident response under 15 minutes and recovery under an hour, as teams commonly promise. */
const answerWithinMs = 15 * minuteMs;
const recoverWithinMs = 60 * minuteMs;
const slowDetectionMs = 5 * minuteMs;
const quickDetectionMs = minuteMs;
/** A rule that waits this long before it fires is worth a look. */
const lateRuleMs = 2 * minuteMs;
const sureFrom = 0.8;

export function retrospect(past: Past): Retrospect {
  const lines: { well: string[]; badly: string[]; prevention: string[] } = {
    well: [],
    badly: [],
    prevention: [],
  };
  for (const look of [detection, answer, treatment, telling, cause, recovery]) {
    const { well = [], badly = [], prevention = [] } = look(past);
    lines.well.push(...well);
    lines.badly.push(...badly);
    lines.prevention.push(...prevention);
  }
  return lines;
}

type Look = (past: Past) => Partial<Retrospect>;

const span = formatDuration;

const detection: Look = ({ times, alerts, lead, muted }) => {
  const detectMs = detectionMs(times);
  const isUnseen = times.onset === 'declared';
  const late = alerts.filter(({ since, firedAt }) => firedAt !== null && firedAt - since >= lateRuleMs);
  const [first] = alerts.toSorted((a, b) => (a.firedAt ?? a.since) - (b.firedAt ?? b.since));
  const isSecondHand =
    first !== undefined && first.target !== lead && alerts.every(({ target }) => target !== lead);
  return {
    well:
      detectMs !== null && detectMs <= quickDetectionMs && first
        ? [
            `It was detected ${isUpperBound(times, detectMs) ? 'at most ' : ''}${sayDelay(detectMs, 'it began')}, by ${first.rule} on ${first.target}.`,
          ]
        : [],
    badly: [
      ...(first === undefined ? ['No alert told of it; somebody had to declare it.'] : []),
      ...(isUnseen && first
        ? [
            `Nothing had detected it when somebody declared it; ${first.rule} on ${first.target} told of it ${sayDelay(Math.max(0, (first.firedAt ?? first.since) - times.beganAt), 'that')}.`,
          ]
        : []),
      ...(detectMs !== null && detectMs >= slowDetectionMs ? [`It took ${span(detectMs)} to detect.`] : []),
      ...muted.map(({ target, by }) => `An alert of ${target} was held back by ${by}.`),
    ],
    prevention: [
      ...late.map(
        ({ rule, target, since, firedAt }) =>
          `Let ${rule} on ${target} wait less before it tells (its setting for): what it looks for had been there for ${span((firedAt ?? since) - since)} before anybody heard of it.`,
      ),
      ...(first === undefined ? ['Add a check that would have seen this: nothing detected it.'] : []),
      ...(isUnseen && first
        ? [
            `Find out why no check saw it before people did: ${first.rule} on ${first.target} came after them.`,
          ]
        : []),
      ...(isSecondHand
        ? [`Add a check on ${lead} itself: the trouble showed only in what depends on it.`]
        : []),
    ],
  };
};

/** Of a trouble that began somewhere between the last good check and the first failing one, the longest it can have been. */
function isUpperBound({ onset }: IncidentTimes, detectMs: number): boolean {
  return onset === 'last-good' && detectMs >= 1_000;
}

const answer: Look = ({ times, journal, level }) => {
  const { acknowledgeMs } = spansOf(times);
  const isOpen = times.resolvedAt === null;
  const of = (kind: string) => journal.filter((entry) => entry.kind === kind);
  const firstLate = of('message.late').find(({ payload }) => payload.isFirst === true);
  const unheardMs = Number(firstLate?.payload.lateMs ?? 0);
  const missed = of('clock.missed').map(({ payload }) => String(payload.clock));
  const wasCalled = level === 'critical' || level === 'high';
  const nobody = of('oncall.nobody').length;
  return {
    well:
      acknowledgeMs !== null && acknowledgeMs <= answerWithinMs
        ? [`Somebody was on it ${sayDelay(acknowledgeMs, askedWords(times))}.`]
        : [],
    badly: [
      ...(acknowledgeMs !== null && acknowledgeMs > answerWithinMs
        ? [`It took ${span(acknowledgeMs)} until somebody was on it.`]
        : []),
      ...(firstLate
        ? [
            `For ${span(unheardMs)} nobody could know of it: that long after it was written the first message left.${acknowledgeMs !== null && acknowledgeMs > unheardMs ? ` Of the ${span(acknowledgeMs)} until somebody was on it, people had ${span(acknowledgeMs - unheardMs)}.` : ''}`,
          ]
        : []),
      ...(acknowledgeMs === null && wasCalled
        ? [isOpen ? 'Nobody has acknowledged it yet.' : 'Nobody acknowledged it.']
        : []),
      ...missed.map(
        (clock) => `The ${clock === 'respond' ? 'response' : 'resolution'} clock of its level was missed.`,
      ),
      ...(of('escalation.exhausted').length > 0
        ? ['Every step of the escalation was taken without an answer.']
        : []),
      ...(of('incident.unacknowledged').length > 0 ? ['An acknowledgement lapsed without progress.'] : []),
      ...(nobody > 0 ? ['A step of the escalation reached nobody.'] : []),
    ],
    prevention:
      nobody > 0 ? ['Close the gap in the rotation: when the escalation called, nobody was on call.'] : [],
  };
};

/** From when the time to answer counts. */
function askedWords(times: IncidentTimes): string {
  if (times.onset === 'declared') return 'it was declared';
  return askedAt(times) > times.detectedAt ? 'people could know of it' : 'the first alert';
}

const treatment: Look = ({ actions, journal }) => {
  const done = actions.filter(({ state }) => state === 'done');
  const failed = actions.filter(
    ({ state }) => state === 'failed' || state === 'undone' || state === 'interrupted',
  );
  const expired = actions.filter(({ state }) => state === 'expired');
  const asked = done.flatMap((one) => {
    const waited = one.approvedAt === null ? 0 : one.approvedAt - one.proposedAt;
    return waited >= minuteMs ? [{ one, waited }] : [];
  });
  const notes = journal.filter(({ kind }) => kind === 'incident.note').length;
  return {
    well: [
      ...done.map(({ plan }) => `${plan.summary}: done and verified.`),
      ...(notes > 0 ? [`What was done was written down as it happened (${count(notes, 'note')}).`] : []),
    ],
    badly: [
      ...failed.map(({ plan, state, result }) => `${plan.summary}: ${state}${result ? ` (${result})` : ''}.`),
      ...expired.map(({ plan }) => `${plan.summary}: nobody decided before its approval expired.`),
      ...asked.map(({ one, waited }) => `${one.plan.summary}: waited ${span(waited)} for its approval.`),
    ],
    prevention: [
      ...failed.map(
        ({ plan }) =>
          `Find out why ${plan.action} on ${plan.target} did not help, before anybody tries it again.`,
      ),
      ...asked.map(
        ({ one }) =>
          `Consider letting Upkeep do ${one.plan.action} on ${one.plan.target} without asking (guard.always): somebody approved it, and it helped.`,
      ),
    ],
  };
};

const telling: Look = ({ journal, level, times }) => {
  const of = (kind: string) => journal.filter((entry) => entry.kind === kind);
  const [lost, diverted, late, delayed] = [
    of('message.given-up'),
    of('message.diverted'),
    of('message.late'),
    of('message.delayed'),
  ];
  const told = of('incident.told').length;
  const channelOf = ({ payload }: JournalEntry) => String(payload.notifier);
  const channels = [...new Set([...lost, ...diverted, ...late, ...delayed].map(channelOf))];
  const isSettled = new Set([...lost, ...diverted, ...late].map(channelOf));
  return {
    well: told > 0 ? [`Stakeholders were told ${often(told)}.`] : [],
    badly: [
      ...(lost.length > 0 ? [`${count(lost.length, 'message')} could not be delivered.`] : []),
      ...(diverted.length > 0 ? ['A channel did not answer, and its fallback had to tell.'] : []),
      ...channels.flatMap((name) => lateBy(late.filter((entry) => channelOf(entry) === name))),
      ...delayed
        .filter((entry) => !isSettled.has(channelOf(entry)))
        .map((entry) => `The channel ${channelOf(entry)} did not take a message at once${why(entry)}.`),
      ...(told === 0 && level === 'critical'
        ? [
            times.resolvedAt === null
              ? 'Stakeholders have been told nothing yet.'
              : 'Stakeholders were told nothing.',
          ]
        : []),
    ],
    prevention: channels.map(
      (name) =>
        `Find out why the channel ${name} took no message, then try it: upkeep notifier test ${name}.`,
    ),
  };
};

/** The latest of one channel stands for all of them; who was called comes first. */
function lateBy(late: readonly JournalEntry[]): string[] {
  const rank = ({ payload }: JournalEntry) => Number(payload.event === 'incident.opened');
  const [worst, ...others] = late.toSorted(
    (a, b) => rank(b) - rank(a) || Number(b.payload.lateMs) - Number(a.payload.lateMs),
  );
  if (worst === undefined) return [];
  const more = others.length > 0 ? ` (and ${count(others.length, 'message')} more)` : '';
  return [`${lateWords(worst.payload)}${more}.`];
}

function why({ payload }: JournalEntry): string {
  return payload.detail ? `: ${String(payload.detail)}` : '';
}

const cause: Look = ({ findings, journal, times, alerts, impact, earlier, lead }) => {
  const best = causeAmong(findings);
  const isSure = best !== undefined && best.confidence >= sureFrom;
  const at = journal.find(({ kind }) => kind === 'incident.diagnosed')?.at;
  const rules = [...new Set(alerts.map(({ rule }) => rule))];
  return {
    well:
      isSure && at !== undefined
        ? [
            `The cause was named ${sayDelay(Math.max(0, at - times.detectedAt), 'the first alert')}: ${best.summary}.`,
          ]
        : [],
    badly: [
      ...(best === undefined
        ? [times.resolvedAt === null ? 'No cause has been found yet.' : 'No cause was found.']
        : []),
      ...(earlier > 0
        ? [
            `${lead} had led ${earlier === 1 ? 'another incident' : `${earlier} other incidents`} in the 30 days before.`,
          ]
        : []),
    ],
    prevention: [
      ...(best === undefined && rules.length > 0 && times.resolvedAt !== null
        ? [`Write down in the runbook of ${rules.slice(0, 3).join(', ')} how the cause was found in the end.`]
        : []),
      ...(earlier > 0
        ? [`Give the trouble with ${lead} an owner and a day, as an action item: it keeps coming back.`]
        : []),
      ...(impact.users.source === 'unknown' && impact.services.length > 0
        ? [
            `Measure who is affected: with a metric in services.${impact.services[0]}.users the next post-mortem can say how many.`,
          ]
        : []),
      ...(best?.recommendations ?? []).slice(0, 1).map(recommended),
    ],
  };
};

const recovery: Look = ({ times, journal }) => {
  const { resolveMs, detectMs, acknowledgeMs, mitigateMs } = spansOf(times);
  const again = journal.filter(({ kind }) => kind === 'incident.reopened').length;
  const steps = [
    { what: 'detecting it', ms: detectMs },
    { what: 'answering it', ms: acknowledgeMs ?? 0 },
    {
      what: 'bringing the service back',
      ms: (mitigateMs ?? resolveMs ?? 0) - detectMs - (acknowledgeMs ?? 0),
    },
  ].sort((a, b) => b.ms - a.ms);
  const [longest] = steps;
  const isLong = resolveMs !== null && resolveMs > recoverWithinMs;
  const { stillFiring } = journal.findLast(({ kind }) => kind === 'incident.resolved')?.payload ?? {};
  const broken = Array.isArray(stillFiring) ? stillFiring.length : 0;
  return {
    well:
      resolveMs !== null && !isLong && broken === 0
        ? [`Service was restored ${resolveMs < 1_000 ? 'at once' : `within ${span(resolveMs)}`}.`]
        : [],
    badly: [
      ...(broken > 0
        ? [
            `It was resolved by hand while ${count(broken, 'alert')} still fired: nothing was restored by then.`,
          ]
        : []),
      ...(isLong ? [`It lasted ${span(resolveMs)}, longer than an hour.`] : []),
      ...(isLong && longest && longest.ms > 0
        ? [`The longest step was ${longest.what}: ${span(longest.ms)}.`]
        : []),
      ...(again > 0 ? [`It came back ${often(again)} after it was taken for over.`] : []),
    ],
    prevention:
      again > 0
        ? [
            'Let an incident stay well for longer before it counts as over (incidents.recoverFor): this one came back.',
          ]
        : [],
  };
};

function recommended({ action, target, why }: Finding['recommendations'][number]): string {
  return `Find out why ${action} on ${target} was called for (${why.replace(/\.$/, '')}), so that it is not needed again.`;
}
