/** What a deletion would do, in words; the planner itself is retention.ts. Pure. */
import { count } from '../count.ts';
import type { Backup } from './catalogue.ts';
import { type Hold, reasonWords } from './holds.ts';
import type { Decision } from './retention.ts';
import type { BackupView } from './view.ts';

export { reasonWords };

export interface DecisionView extends Decision {
  readonly plan: string;
  readonly repository: string;
  readonly startedAt: number;
  readonly bytes: number;
  readonly markedAt: number | null;
  /** The reason that decided, as a sentence part. */
  readonly why: string;
  /** All that holds it. */
  readonly holds: readonly Hold[];
}

/** What an engine says would go, held against what was decided. */
export interface PreviewView {
  readonly agrees: boolean;
  readonly detail: string;
}

/** Files of the log beside the backups that nothing which stays needs. */
export interface LogGoing {
  readonly files: number;
  readonly bytes: number;
  readonly first: string;
  readonly last: string;
}

export interface DeletionView {
  readonly plan: string;
  /** What holds everything back, one line each. */
  readonly held: readonly string[];
  /** Oldest first. */
  readonly decisions: readonly DecisionView[];
  /** Null where nothing would be removed. */
  readonly preview: PreviewView | null;
  /** Null where nothing of a log goes. */
  readonly log: LogGoing | null;
}

export function logWords({ files, first, last }: LogGoing): string {
  return `${count(files, 'file')} of the log, ${files === 1 ? first : `${first} to ${last}`}`;
}

export function catalogueEntry(view: BackupView): Backup {
  const { id, plan: of, repository, kind, needs, startedAt, bytes, logFrom, isPinned, markedAt } = view;
  const endedAt = view.endedAt ?? startedAt;
  return {
    ...{ id, of, repository, kind, needs, startedAt, endedAt, bytes, logFrom, isPinned, markedAt },
    ...{ writtenAt: view.writtenAt, firstSeenAt: endedAt, lockedUntil: view.lockedUntil },
    taken: view.state === 'good' ? 'good' : view.state === 'failed' ? 'failed' : 'unknown',
    // What was taken by a clock that was ahead protects no other.
    proofs: (view.isAhead ? [] : view.proofs).flatMap(({ level, isGood, at }) =>
      isGood && level === null ? [] : [{ level: level ?? 0, good: isGood, at }],
    ),
  };
}

/** Those that lie somewhere; of those that failed only one that came after all of them, for it says trouble. */
export function standingIn(views: readonly BackupView[]): BackupView[] {
  const there = views.filter(({ state }) => state === 'good');
  const newest = there.reduce((at, { startedAt, isAhead }) => (isAhead ? at : Math.max(at, startedAt)), 0);
  const failed = views.find(
    ({ state, startedAt, isAhead }) => state === 'failed' && !isAhead && startedAt > newest,
  );
  return failed ? [...there, failed] : there;
}

type Words = Readonly<Record<Decision['kind'], readonly [one: string, many: string]>>;

/** Whether it is told of before, or after its marks were set; what goes is never gone before somebody said yes. */
export type Told = 'before' | 'after';

export const decided: Readonly<Record<Told, Words>> = {
  before: {
    remove: ['would go', 'would go'],
    mark: ['would be marked', 'would be marked'],
    unmark: ['would be unmarked', 'would be unmarked'],
    wait: ['waits', 'wait'],
    keep: ['stays', 'stay'],
  },
  after: {
    remove: ['is to go', 'are to go'],
    mark: ['is marked', 'are marked'],
    unmark: ['is unmarked', 'are unmarked'],
    wait: ['waits', 'wait'],
    keep: ['stays', 'stay'],
  },
};

/** `2 stay (1 pinned, 1 younger-than-kept), 1 waits`. */
export function tallyOf(decisions: readonly Decision[], told: Told = 'before'): string {
  const kinds = ['remove', 'mark', 'unmark', 'wait', 'keep'] as const;
  const parts = kinds.flatMap((kind) => {
    const [one, many] = decided[told][kind];
    const those = decisions.filter((decision) => decision.kind === kind);
    if (those.length === 0) return [];
    const reasons = [...Map.groupBy(those, ({ reason }) => reason)].map(
      ([reason, group]) => `${group.length} ${reason}`,
    );
    return [`${those.length} ${those.length === 1 ? one : many} (${reasons.join(', ')})`];
  });
  return parts.length === 0 ? 'there is no backup' : parts.join(', ');
}

export function differencesOf(expected: readonly string[], found: readonly string[]): string[] {
  const more = found.filter((label) => !expected.includes(label));
  const fewer = expected.filter((label) => !found.includes(label));
  return [
    ...(more.length > 0
      ? [
          `it would also delete ${more.slice(0, 5).join(', ')}${more.length > 5 ? ` and ${count(more.length - 5, 'other')}` : ''}`,
        ]
      : []),
    ...(fewer.length > 0 ? [`it would keep ${fewer.slice(0, 5).join(', ')}`] : []),
  ];
}
