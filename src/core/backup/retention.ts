/**
 * Which backups may go. Pure: the catalogue and what is known of the clock in, a named reason for every backup out.
 * The invariants are those of knowledge of what went wrong elsewhere: a clock set forward makes everything look old, a
 * backup that was never restored protects nobody, a full that is deleted takes its increments with it. Nothing is
 * removed before it was marked for a week, and an order is made anew from the catalogue before each step.
 */
import { type Backup, isProvenByRestore } from './catalogue.ts';

const dayMs = 86_400_000;

export interface Retention {
  /** Nothing younger goes; 30 days at least. */
  readonly keepMs: number;
  /** So many newer ones of the same repository must be proven by a restore. */
  readonly provenSince: number;
  /** Of the bytes of one repository, in one run. */
  readonly mostShare: number;
  /** How long a backup stays marked before it is removed. */
  readonly markedMs: number;
}

export const leastKeepMs = 30 * dayMs;

export const defaultRetention: Retention = {
  keepMs: leastKeepMs,
  provenSince: 2,
  mostShare: 0.2,
  markedMs: 7 * dayMs,
};

/** Two runs that are further apart, by the wall clock, say that it may have jumped. */
const mostBetweenRunsMs = 2 * dayMs;
/** A repository's own clock bears ours out when it is as near. */
const nearMs = 3_600_000;

export interface RetentionFacts {
  readonly now: number;
  /** By the wall clock; null where none is known. */
  readonly lastRunAt: number | null;
  /** Since when nobody has borne out a clock that jumped; null where it is trusted. */
  readonly clockDoubtedSince: number | null;
  /** What repositories say the time is, asked just now. */
  readonly witnesses: readonly { readonly from: string; readonly at: number }[];
  /** What is backed up -> why nothing of it may go: a failed drill, an open checksum failure. */
  readonly troubled: ReadonlyMap<string, string>;
}

export type RetentionReason =
  | 'clock-in-doubt'
  | 'in-trouble'
  | 'not-understood'
  | 'pinned'
  | 'locked'
  | 'younger-than-kept'
  | 'nothing-proven'
  | 'newest-proven'
  | 'too-few-proven-since'
  | 'needed'
  | 'one-full-a-run'
  | 'too-much-at-once'
  | 'marked'
  | 'old-enough';

export interface Decision {
  readonly id: string;
  /** `wait`: marked, and its week is not over; `unmark`: marked, and it must stay after all. */
  readonly kind: 'keep' | 'mark' | 'wait' | 'unmark' | 'remove';
  readonly reason: RetentionReason;
}

export interface DeletionPlan {
  readonly decisions: readonly Decision[];
  /** The log below may go; null: all of it stays. */
  readonly logsFrom: readonly {
    readonly of: string;
    readonly repository: string;
    readonly from: number | null;
  }[];
}

export function planDeletion(
  catalogue: readonly Backup[],
  retention: Retention,
  facts: RetentionFacts,
): DeletionPlan {
  const sorted = [...catalogue].sort(byAge);
  const decisions = new Map<string, Decision>();
  const shelves = Map.groupBy(sorted, shelfOf);
  for (const shelf of shelves.values()) decideShelf(shelf, retention, facts, decisions);
  limitFulls(sorted, decisions);
  return {
    decisions: sorted.flatMap(({ id }) => decisions.get(id) ?? []),
    logsFrom: [...shelves.values()].map((shelf) => logOf(shelf, decisions)),
  };
}

/** One thing in one repository: what proves or needs what never reaches beyond. */
function shelfOf({ of, repository }: Backup): string {
  return JSON.stringify([of, repository]);
}

function byAge(a: Backup, b: Backup): number {
  return a.endedAt - b.endedAt || (a.id < b.id ? -1 : Number(a.id > b.id));
}

function decideShelf(
  shelf: readonly Backup[],
  retention: Retention,
  facts: RetentionFacts,
  decisions: Map<string, Decision>,
): void {
  const stays = new Map<string, RetentionReason>();
  const ground = groundOf(shelf, facts);
  for (const backup of shelf) {
    const reason = reasonToStay(backup, ground, retention, facts.now);
    if (reason) stays.set(backup.id, reason);
  }
  keepNeeded(shelf, stays);
  limitBytes(shelf, retention, facts.now, stays);
  keepNeeded(shelf, stays);
  for (const backup of shelf) {
    decisions.set(backup.id, decisionOf(backup, stays.get(backup.id), retention, facts.now));
  }
  holdForWaiting(shelf, decisions);
}

function decisionOf(
  { id, markedAt }: Backup,
  reason: RetentionReason | undefined,
  { markedMs }: Retention,
  now: number,
): Decision {
  if (reason) return { id, kind: markedAt === null ? 'keep' : 'unmark', reason };
  if (markedAt === null) return { id, kind: 'mark', reason: 'old-enough' };
  return now - markedAt >= markedMs
    ? { id, kind: 'remove', reason: 'old-enough' }
    : { id, kind: 'wait', reason: 'marked' };
}

interface Ground {
  /** Why nothing of the shelf goes, whatever it is like. */
  readonly reason: RetentionReason | undefined;
  readonly ids: ReadonlySet<string>;
  /** Proven by a restore and not marked, newest first. */
  readonly proven: readonly Backup[];
}

function groundOf(shelf: readonly Backup[], facts: RetentionFacts): Ground {
  const proven = shelf.filter((one) => one.markedAt === null && isProvenByRestore(one)).reverse();
  const trouble = isTroubled(shelf, facts) ? 'in-trouble' : undefined;
  return {
    reason: isClockTrusted(facts) ? trouble : 'clock-in-doubt',
    ids: new Set(shelf.map(({ id }) => id)),
    proven,
  };
}

function reasonToStay(
  backup: Backup,
  { reason, ids, proven }: Ground,
  { keepMs, provenSince }: Retention,
  now: number,
): RetentionReason | undefined {
  if (reason) return reason;
  if (!backup.needs.every((id) => ids.has(id))) return 'not-understood';
  if (backup.isPinned) return 'pinned';
  if (backup.lockedUntil !== null && backup.lockedUntil > now) return 'locked';
  if (ageOf(backup, now) < Math.max(keepMs, leastKeepMs)) return 'younger-than-kept';
  const [newest] = proven;
  if (!newest) return 'nothing-proven';
  if (newest.id === backup.id) return 'newest-proven';
  const last = proven[provenSince - 1];
  return last === undefined || byAge(last, backup) <= 0 ? 'too-few-proven-since' : undefined;
}

/** What the next run must know of this one: a jump stays in doubt until a repository bears the clock out. */
export function clockAfterRun(
  facts: RetentionFacts,
): Pick<RetentionFacts, 'lastRunAt' | 'clockDoubtedSince'> {
  const isFirst = facts.lastRunAt === null && facts.witnesses.length === 0;
  const isDoubted = !isClockTrusted(facts) && !(isFirst && facts.clockDoubtedSince === null);
  return {
    lastRunAt: facts.now,
    clockDoubtedSince: isDoubted ? (facts.clockDoubtedSince ?? facts.now) : null,
  };
}

/**
 * A clock that was off for days may be wrong, and so may everything that is told by it. It is trusted again when a
 * repository says the same time; one that says another is believed over ours.
 */
export function isClockTrusted({ now, lastRunAt, clockDoubtedSince, witnesses }: RetentionFacts): boolean {
  if (witnesses.some(({ at }) => Math.abs(at - now) > nearMs)) return false;
  if (witnesses.length > 0) return true;
  if (clockDoubtedSince !== null || lastRunAt === null) return false;
  return lastRunAt <= now && now - lastRunAt <= mostBetweenRunsMs;
}

export function isTroubled(shelf: readonly Backup[], { troubled }: RetentionFacts): boolean {
  const newest = shelf.at(-1);
  return newest !== undefined && (newest.taken !== 'good' || troubled.has(newest.of));
}

/** By the youngest of what its engine, its repository and we ourselves say; nothing that lies ahead has an age. */
export function ageOf({ endedAt, writtenAt, firstSeenAt }: Backup, now: number): number {
  return now - Math.max(endedAt, writtenAt ?? endedAt, firstSeenAt);
}

/** What a backup that stays cannot be restored without stays as well. */
function keepNeeded(shelf: readonly Backup[], stays: Map<string, RetentionReason>): void {
  const byId = new Map(shelf.map((one) => [one.id, one]));
  const open = [...stays.keys()];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const needed of byId.get(id)?.needs ?? []) {
      if (stays.has(needed)) continue;
      stays.set(needed, 'needed');
      open.push(needed);
    }
  }
}

/**
 * So much of what is new to be marked, and of what is to be removed, goes in one run: the oldest chain first, and of a
 * chain first what nothing else needs.
 */
function limitBytes(
  shelf: readonly Backup[],
  retention: Retention,
  now: number,
  stays: Map<string, RetentionReason>,
): void {
  const allowed = shelf.reduce((sum, { bytes }) => sum + bytes, 0) * retention.mostShare;
  const spent = { mark: 0, remove: 0 };
  for (const one of leavesFirst(shelf)) {
    if (stays.has(one.id)) continue;
    const { kind } = decisionOf(one, undefined, retention, now);
    if (kind !== 'mark' && kind !== 'remove') continue;
    spent[kind] += one.bytes;
    if (spent[kind] > allowed) stays.set(one.id, 'too-much-at-once');
  }
}

function leavesFirst(shelf: readonly Backup[]): Backup[] {
  const byId = new Map(shelf.map((one) => [one.id, one]));
  const rootOf = (one: Backup) =>
    one.needs.reduce((root, id) => {
      const needed = byId.get(id);
      return needed && byAge(needed, root) < 0 ? needed : root;
    }, one);
  return [...shelf].sort((a, b) => byAge(rootOf(a), rootOf(b)) || byAge(b, a));
}

/** What is removed leaves nothing behind that could not be restored without it, not even what only waits. */
function holdForWaiting(shelf: readonly Backup[], decisions: Map<string, Decision>): void {
  for (const one of leavesFirst(shelf)) {
    const own = decisions.get(one.id);
    if (!own || own.kind === 'remove') continue;
    for (const id of one.needs) {
      if (decisions.get(id)?.kind === 'remove') decisions.set(id, { id, kind: 'wait', reason: 'needed' });
    }
  }
}

/** One full of each thing is marked, and one removed, in one run, whatever the repository. */
function limitFulls(sorted: readonly Backup[], decisions: Map<string, Decision>): void {
  const seen = new Set<string>();
  for (const { id, of, kind } of sorted) {
    const decision = decisions.get(id);
    if (kind !== 'full' || (decision?.kind !== 'mark' && decision?.kind !== 'remove')) continue;
    const key = JSON.stringify([of, decision.kind]);
    if (seen.has(key)) {
      const held = decision.kind === 'mark' ? 'keep' : 'wait';
      decisions.set(id, { id, kind: held, reason: 'one-full-a-run' });
    }
    seen.add(key);
  }
}

function logOf(shelf: readonly Backup[], decisions: ReadonlyMap<string, Decision>) {
  const [{ of, repository } = { of: '', repository: '' }] = shelf;
  const left = shelf.filter(({ id }) => decisions.get(id)?.kind !== 'remove');
  const from = left.reduce<number | null>(
    (least, { logFrom }) => (least === null || logFrom === null ? null : Math.min(least, logFrom)),
    left.length === 0 ? null : Number.POSITIVE_INFINITY,
  );
  return { of, repository, from };
}
