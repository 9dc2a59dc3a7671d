/**
 * Which of the scheduled backups that are owed comes next, and whether it is a copy or the proof of the copy before it.
 * Upkeep may end at any moment, and often: whatever is cut off comes again, and starves nothing else. Pure.
 */
import { isInSecond } from './second-standing.ts';
import { isDue } from './standing.ts';
import { type BackupView, isRestoreProof } from './view.ts';

/** What is owed of one plan, until it was done to its end, well or not. */
export interface Owed {
  /** When the newest backup that is owed fell due. */
  readonly dueAt: number;
  /** When the oldest fell due that was not done to its end: a backup since then may lack its proof. */
  readonly since: number;
  /** How often in a row it was begun and not ended. */
  readonly tries: number;
  readonly triedAt: number | null;
  /** The last try that came first after a start, so that it had all the time there was; `proofOf` a backup, where it was one. */
  readonly first: { readonly at: number; readonly proofOf: string | null } | null;
}

export interface Candidate {
  readonly plan: string;
  readonly owed: Owed;
  /** Newest first, of this plan alone. */
  readonly known: readonly BackupView[];
  /** Zero where each backup is proven. */
  readonly proveEveryMs: number;
  /** Something else is done with it. */
  readonly isBusy: boolean;
}

export type Step = { readonly plan: string } & (
  | { readonly kind: 'take'; readonly reason: 'never-taken' | 'waited-longest' }
  | { readonly kind: 'prove'; readonly backup: string; readonly reason: 'proof-cut-off' }
);

export interface Turn {
  /** Null where nothing can be begun now. */
  readonly next: Step | null;
  /** Plans of which nothing is owed any more. */
  readonly over: readonly string[];
  /** Plans that were cut off so often that they wait, and until when: what kills Upkeep is not begun at each start. */
  readonly paused: readonly { readonly plan: string; readonly tries: number; readonly until: number }[];
  readonly busy: readonly string[];
}

/** What a plan drills each month, from its night until it was done to its end, well or not. */
export interface OwedDrill {
  readonly dueAt: number;
  /** How often in a row it was begun and not ended. */
  readonly tries: number;
  readonly triedAt: number | null;
  /** It is in the journal that it waits until something else is over. */
  readonly isTold: boolean;
}

export interface DrillCandidate {
  readonly plan: string;
  readonly owed: OwedDrill;
  /** Something else is done with it. */
  readonly isBusy: boolean;
}

export interface DrillTurn {
  /** Null where nothing can be begun now. */
  readonly next: { readonly plan: string; readonly reason: 'fewest-tries' } | null;
  readonly paused: Turn['paused'];
  readonly busy: Turn['busy'];
}

const hourMs = 3_600_000;
/** Restarts of one rollout come two or three at a time. */
const triesAtOnce = 3;
/** A backup that is due daily is tried several times before the next one. */
export const longestPauseMs = 4 * hourMs;
/** The proof of an older one says little of what a restore takes now. */
const freshMs = 7 * 24 * hourMs;

export function newlyOwed(dueAt: number): Owed {
  return { dueAt, since: dueAt, tries: 0, triedAt: null, first: null };
}

/** As it is once that step is begun. @param isFirst since the start of Upkeep */
export function begun(owed: Owed, step: Step, at: number, isFirst: boolean): Owed {
  const first = { at, proofOf: step.kind === 'prove' ? step.backup : null };
  return { ...owed, tries: owed.tries + 1, triedAt: at, ...(isFirst && { first }) };
}

/** First what waited longest for a good backup; every plan is taken once a day, so that is by age alone. */
export function nextTurn(candidates: readonly Candidate[], now: number): Turn {
  const found = candidates.map((one) => ({ one, step: stepOf(one, now), until: pausedUntil(one.owed, now) }));
  const owed = found.flatMap(({ step, ...rest }) => (step === null ? [] : [{ step, ...rest }]));
  const ready = owed.filter(({ one, until }) => !one.isBusy && until === null);
  const [first] = ready.toSorted((a, b) => compare(waitsSince(a.one, now), waitsSince(b.one, now)));
  return {
    next: first?.step ?? null,
    over: found.filter(({ step }) => step === null).map(({ one }) => one.plan),
    paused: owed.flatMap(({ one: { plan, owed: state }, until }) =>
      until === null ? [] : [{ plan, tries: state.tries, until }],
    ),
    busy: owed.filter(({ one, until }) => one.isBusy && until === null).map(({ one }) => one.plan),
  };
}

/** For when no backup can be begun: what only tries a restore takes no time of theirs. First what was cut off least often. */
export function nextDrill(candidates: readonly DrillCandidate[], now: number): DrillTurn {
  const all = candidates.map((one) => ({ ...one, until: pausedUntil(one.owed, now) }));
  const ready = all.filter(({ isBusy, until }) => !isBusy && until === null);
  const [first] = ready.toSorted((a, b) => a.owed.tries - b.owed.tries || a.owed.dueAt - b.owed.dueAt);
  return {
    next: first === undefined ? null : { plan: first.plan, reason: 'fewest-tries' },
    paused: all.flatMap(({ plan, owed: { tries }, until }) =>
      until === null ? [] : [{ plan, tries, until }],
    ),
    busy: all.filter(({ isBusy, until }) => isBusy && until === null).map(({ plan }) => plan),
  };
}

function stepOf({ plan, owed, known, proveEveryMs }: Candidate, now: number): Step | null {
  const own = ownOf(known);
  const [newest] = own;
  // A clock that was ahead made it due in what is to come.
  const dueAt = Math.min(owed.dueAt, now);
  const isTakeOwed = !own.some(({ startedAt }) => startedAt >= dueAt);
  const proofs = own.flatMap((backup) => backup.proofs);
  const lacksProof =
    newest !== undefined &&
    newest.startedAt >= Math.min(owed.since, now) &&
    !isTried(newest) &&
    isDue(proofs, now, proveEveryMs);
  // One that had a whole run for itself and did not come to its end is no longer in the way of the next copy.
  const comesBefore = lacksProof && now - newest.startedAt <= freshMs && owed.first?.proofOf !== newest.id;
  if (lacksProof && (!isTakeOwed || comesBefore))
    return { plan, kind: 'prove', backup: newest.id, reason: 'proof-cut-off' };
  if (!isTakeOwed) return null;
  return { plan, kind: 'take', reason: newest === undefined ? 'never-taken' : 'waited-longest' };
}

/** Of the plan's own repository, by a clock that can be believed. */
function ownOf(known: readonly BackupView[]): readonly BackupView[] {
  return known.filter(
    (one) => one.state === 'good' && one.copyOf === null && !isInSecond(one) && !one.isAhead,
  );
}

/** A proof came to its end, whatever it found. */
function isTried({ proofs, notRun }: Pick<BackupView, 'proofs' | 'notRun'>): boolean {
  return notRun !== undefined || proofs.some((proof) => isRestoreProof(proof) || !proof.isGood);
}

/** What was cut off although it came first goes behind those that were not tried since; one that came later keeps its place. */
function waitsSince({ known, owed: { first } }: Candidate, now: number): number {
  const good = ownOf(known)[0]?.startedAt ?? Number.NEGATIVE_INFINITY;
  return first === null || first.at > now ? good : Math.max(good, first.at);
}

/** Two that were never taken are alike. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function pausedUntil({ tries, triedAt }: Pick<Owed, 'tries' | 'triedAt'>, now: number): number | null {
  if (tries < triesAtOnce || triedAt === null || triedAt > now) return null;
  const until = triedAt + Math.min(longestPauseMs, hourMs * 2 ** (tries - triesAtOnce));
  return until > now ? until : null;
}
