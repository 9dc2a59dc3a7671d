/**
 * Everything that holds a backup, not only what decided: whoever reads why it stays learns what must change, and until
 * when. Pure, and apart from the planner, which needs one reason to keep.
 */
import { type Backup, isProvenByRestore } from './catalogue.ts';
import {
  ageOf,
  type Decision,
  isClockTrusted,
  isTroubled,
  leastKeepMs,
  type Retention,
  type RetentionFacts,
  type RetentionReason,
} from './retention.ts';

export interface Hold {
  readonly reason: RetentionReason;
  /** As a sentence part. */
  readonly why: string;
  /** When it ends by itself, epoch milliseconds; null where time alone does not end it. */
  readonly until: number | null;
}

export const reasonWords: Readonly<Record<RetentionReason, string>> = {
  'clock-in-doubt': 'the clock is not confirmed',
  'in-trouble': 'the newest backup, a proof or the data is in trouble',
  'not-understood': 'it needs a backup that is not there',
  pinned: 'somebody pinned it',
  locked: 'its repository holds a lock on it',
  'younger-than-kept': 'it is younger than backups are kept',
  'nothing-proven':
    'no backup of its repository is proven by a restore (upkeep backup verify with the name of the backups proves the newest)',
  'newest-proven': 'it is the newest that a restore has proven',
  'too-few-proven-since': 'too few newer ones are proven by a restore',
  needed: 'a backup that stays cannot be restored without it',
  'one-full-a-run': 'one full backup goes in one run',
  'too-much-at-once': 'no more than a fifth of the bytes goes in one run',
  marked: 'it is marked and its week is not over',
  'old-enough': 'nothing needs it any more',
};

export interface HoldFacts extends RetentionFacts {
  readonly retention: Retention;
  readonly catalogue: readonly Backup[];
  readonly decisions: readonly Decision[];
}

/** Of one backup: what holds it, the planner's own reason among it; of one that may go, why it may, and since when it waits. */
export type Holds = (backup: Backup, decision: Decision) => Hold[];

/** Groups the catalogue once, however many backups are asked about. */
export function createHolds(facts: HoldFacts): Holds {
  const shelves = shelvesOf(facts);
  const needing = needingIn(facts);
  return (backup, decision) => {
    const { reason, kind } = decision;
    const own: Hold = { reason, why: reasonWords[reason], until: null };
    if (kind === 'mark' || kind === 'remove') return [own];
    if (kind === 'wait' && reason === 'marked')
      return [{ ...own, until: (backup.markedAt ?? facts.now) + facts.retention.markedMs }];
    const shelf = shelves.get(keyOf(backup)) ?? noShelf;
    const found = [
      ...outerHolds(backup, shelf, facts),
      ...ownHolds(backup, shelf, facts),
      ...neededHolds(needing.get(backup.id) ?? []),
    ];
    return found.some((one) => one.reason === reason) ? found : [own, ...found];
  };
}

const hold = (reason: RetentionReason, why = reasonWords[reason], until: number | null = null): Hold => ({
  reason,
  why,
  until,
});

/** What stands of one thing in one repository. */
interface Shelf {
  /** By id: how many newer ones a restore has proven that stay. */
  readonly provenSince: ReadonlyMap<string, number>;
  readonly newestProven: string | null;
  readonly isTroubled: boolean;
}

const noShelf: Shelf = { provenSince: new Map(), newestProven: null, isTroubled: false };

const keyOf = ({ of, repository }: Pick<Backup, 'of' | 'repository'>) => JSON.stringify([of, repository]);

function shelvesOf(facts: HoldFacts): Map<string, Shelf> {
  const grouped = Map.groupBy(facts.catalogue, keyOf);
  return new Map([...grouped].map(([key, those]) => [key, shelfOf(those, facts)]));
}

function shelfOf(those: readonly Backup[], facts: HoldFacts): Shelf {
  const oldestFirst = those.toSorted((a, b) => a.endedAt - b.endedAt || (a.id < b.id ? -1 : 1));
  const provenSince = new Map<string, number>();
  let newestProven: string | null = null;
  let proven = 0;
  for (const one of oldestFirst.toReversed()) {
    provenSince.set(one.id, proven);
    if (one.markedAt !== null || !isProvenByRestore(one)) continue;
    newestProven ??= one.id;
    proven += 1;
  }
  return { provenSince, newestProven, isTroubled: isTroubled(oldestFirst, facts) };
}

/** What holds all of its repository. */
function outerHolds(backup: Backup, shelf: Shelf, facts: HoldFacts): Hold[] {
  const trouble = facts.troubled.get(backup.of) ?? 'the newest backup failed';
  return [
    ...(isClockTrusted(facts) ? [] : [hold('clock-in-doubt', clockWords(facts))]),
    ...(shelf.isTroubled ? [hold('in-trouble', trouble)] : []),
  ];
}

function ownHolds(backup: Backup, shelf: Shelf, { now, retention }: HoldFacts): Hold[] {
  const keepMs = Math.max(retention.keepMs, leastKeepMs);
  const youngFor = keepMs - ageOf(backup, now);
  const isWhole = backup.needs.every((id) => shelf.provenSince.has(id));
  return [
    ...(isWhole ? [] : [hold('not-understood')]),
    ...(backup.isPinned ? [hold('pinned')] : []),
    ...(backup.lockedUntil !== null && backup.lockedUntil > now
      ? [hold('locked', reasonWords.locked, backup.lockedUntil)]
      : []),
    ...(youngFor > 0 ? [hold('younger-than-kept', reasonWords['younger-than-kept'], now + youngFor)] : []),
    ...provenHolds(backup, shelf, retention),
  ];
}

function provenHolds({ id }: Backup, shelf: Shelf, { provenSince }: Retention): Hold[] {
  if (shelf.newestProven === null) return [hold('nothing-proven')];
  if (shelf.newestProven === id) return [hold('newest-proven')];
  const newer = shelf.provenSince.get(id) ?? 0;
  if (newer >= provenSince) return [];
  return [hold('too-few-proven-since', `${newer} of ${provenSince} newer ones are proven by a restore`)];
}

const named = 3;

/** By the id of what is needed: those that need it and stay. */
function needingIn({ catalogue, decisions }: HoldFacts): Map<string, Backup[]> {
  const going = new Set(decisions.filter(({ kind }) => kind === 'remove').map((one) => one.id));
  const needing = new Map<string, Backup[]>();
  for (const one of catalogue.filter(({ id }) => !going.has(id)))
    for (const id of new Set(one.needs)) needing.set(id, [...(needing.get(id) ?? []), one]);
  return needing;
}

function neededHolds(by: readonly Backup[]): Hold[] {
  if (by.length === 0) return [];
  const names = by.slice(0, named).map((one) => one.id.slice(0, 13));
  const more = by.length > named ? ` and ${by.length - named} more` : '';
  return [hold('needed', `${names.join(', ')}${more} cannot be restored without it`)];
}

/** What is missing for the clock to be believed, and what confirms it. */
export function clockWords({ now, witnesses, lastRunAt, clockDoubtedSince }: RetentionFacts): string {
  const other = witnesses.find(({ at }) => Math.abs(at - now) > 3_600_000);
  if (other)
    return `the clock is in doubt: ${other.from} says another time; set it right on this machine or there (timedatectl), and they agree`;
  const command = 'upkeep backup trust-clock says that it is right';
  if (lastRunAt === null && clockDoubtedSince === null)
    return `the clock is not confirmed yet: this is the first look, and the next daily one can compare; ${command}`;
  return `the clock is in doubt: it jumped by more than two days since the last look, or Upkeep was down; ${command}`;
}
