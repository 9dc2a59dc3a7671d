/**
 * Many incidents at once: the first calls at once, what is no graver than that is told with others of its kind in one
 * message for each receiver. Only messages are folded: every incident is escalated, acknowledged and ended by itself. Pure.
 */
import { graver, isGraver, type Level } from '../severity.ts';

/** What calls within this time after another call may be of one storm. */
export const stormWindowMs = 2 * 60_000;
/** Checks of one interval find what fails together within this time; what joins is one message. */
export const stormSettlesMs = 10_000;
/** Where the message cannot be changed: what joins later is told by the next one. */
const apartMs = 60_000;
/** What failed together ends together: for so long the end of what was told by itself waits for that of the others. */
const endsTogetherMs = 30_000;
/** What flapped more often must be well for longer before it is over (`recoveryHold`): for so long ends wait for each other. */
const longestEndMs = 15 * 60_000;
/** A recovery is judged, and its message written, within this time. */
const judgedWithinMs = 2_000;
/** So many calls of their own may a receiver have within the window. */
const mostAlone = 2;

/** A call that waits to leave. */
export interface WaitingCall {
  readonly level: Level;
  /** Since when it waits, epoch milliseconds. */
  readonly since: number;
  /** Calls for other incidents wait for the same receiver. */
  readonly hasCompany: boolean;
  /** It was opened again, and the message of the storm names it already. */
  readonly isNamed: boolean;
}

/** What the receiver heard of other incidents. Times are epoch milliseconds. */
export interface Heard {
  readonly calls: readonly {
    readonly at: number;
    readonly level: Level;
    /** Its incident is resolved. */
    readonly isOver?: boolean;
  }[];
  /** The message of a storm that it has. */
  readonly storm: {
    readonly level: Level;
    readonly joinedAt: number;
    readonly toldAt: number;
  } | null;
  /** Its message of a storm can be changed: no time must pass between two states of it. */
  readonly isChangeable: boolean;
}

/** Each that is not over: when it counts as over if it stays well, epoch milliseconds; null where it fires. */
export type Unended = readonly (number | null)[];

/** The end of an incident that has messages of its own, while a storm goes on beside it whose message cannot be changed. */
export function endTurnOf(
  { since, others }: { readonly since: number; readonly others: Unended },
  now: number,
): Exclude<Turn, { reason: 'graver' | 'named' | 'first' }> {
  if (others.length === 0) return { kind: 'fold', reason: 'storm' };
  const wait = others.includes(null) ? endsTogetherMs : waitFor(others, since, now);
  const until = Math.min(since, now) + Math.max(wait, endsTogetherMs);
  return now < until ? { kind: 'wait', until, reason: 'settles' } : { kind: 'now', reason: 'alone' };
}

/**
 * The end of the last incident of a storm whose message cannot be changed: what was told by itself when it began, and has
 * recovered but not for long enough, ends with it. What fires on has an end of its own.
 */
export function lastEndTurnOf(
  { since, beside }: { readonly since: number; readonly beside: Unended },
  now: number,
): Exclude<Turn, { kind: 'now' }> {
  const until = Math.min(since, now) + waitFor(beside, since, now);
  return now < until ? { kind: 'wait', until, reason: 'settles' } : { kind: 'fold', reason: 'storm' };
}

function waitFor(others: Unended, since: number, now: number): number {
  const last = Math.max(0, ...others.map((until) => (until === null ? 0 : until + judgedWithinMs)));
  return Math.min(longestEndMs, Math.max(0, last - Math.min(since, now)));
}

export type Turn =
  | { readonly kind: 'now'; readonly reason: 'first' | 'graver' | 'alone' }
  | { readonly kind: 'wait'; readonly until: number; readonly reason: 'settles' | 'told-lately' }
  /** `named`: with nothing to tell but how it stands. */
  | { readonly kind: 'fold'; readonly reason: 'storm' | 'named' };

/** The gravest that the receiver heard within the window; null where it heard nothing. */
export function gravestHeard(heard: Heard, now: number): Level | null {
  const told = toldLately(heard, now).levels;
  return told.length === 0 ? null : gravestOf(told);
}

function toldLately(heard: Heard, now: number) {
  const isRecent = (at: number) => at <= now && now - at < stormWindowMs;
  // What is over and was told a while ago is no part of what fails now.
  const calls = heard.calls.filter(
    ({ at, isOver }) => isRecent(at) && (!isOver || now - at < stormSettlesMs),
  );
  const storm = heard.storm !== null && isRecent(heard.storm.joinedAt) ? heard.storm : null;
  return { calls, storm, levels: [...calls, ...(storm === null ? [] : [storm])].map(({ level }) => level) };
}

/** Whether a call leaves by itself: always where it is the first of the window, or graver than what was heard. */
export function turnOf(call: WaitingCall, heard: Heard, now: number): Turn {
  const { calls, storm, levels } = toldLately(heard, now);
  if (levels.length === 0) return { kind: 'now', reason: 'first' };
  if (isGraver(call.level, gravestOf(levels))) return { kind: 'now', reason: 'graver' };
  if (storm !== null && call.isNamed) return { kind: 'fold', reason: 'named' };
  const isStorm = storm !== null || calls.length >= mostAlone;
  // A clock that was set back must not make it wait longer.
  const from = isStorm ? Math.min(call.since, now) : Math.max(...calls.map(({ at }) => at));
  if (now < from + stormSettlesMs) return { kind: 'wait', until: from + stormSettlesMs, reason: 'settles' };
  if (!isStorm && !call.hasCompany) return { kind: 'now', reason: 'alone' };
  const next = storm === null || heard.isChangeable ? now : Math.min(storm.toldAt, now) + apartMs;
  return next > now
    ? { kind: 'wait', until: next, reason: 'told-lately' }
    : { kind: 'fold', reason: 'storm' };
}

/** As `turnOf` where nothing may wait any more, as before a stop. */
export function lastTurnOf(call: WaitingCall, heard: Heard, now: number): Exclude<Turn, { kind: 'wait' }> {
  const turn = turnOf(call, heard, now);
  if (turn.kind !== 'wait') return turn;
  return call.hasCompany ? { kind: 'fold', reason: 'storm' } : { kind: 'now', reason: 'alone' };
}

/** What one message for many calls is: an escalation where each of them is one; with one that is new it is news. */
export function callOf<Event extends string>(events: readonly Event[]): Event | 'incident.opened' {
  const [first] = events;
  return first !== undefined && events.every((one) => one === first) ? first : 'incident.opened';
}

export function gravestOf(levels: readonly Level[]): Level {
  return levels.reduce<Level>(graver, 'low');
}
