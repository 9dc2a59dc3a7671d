/** How a further repository of one thing stands (a bucket beside the folder): each for itself, in words. Pure. */
import { formatDuration } from '../time.ts';
import { notRunWords } from './not-run.ts';
import { restoredEvery } from './offsite-standing.ts';
import { type BackupView, isRestoreProof, type ProofView, standingProof } from './view.ts';

/** The repository of the plan's own folder. Copies and further repositories have names of their own. */
export const firstRepository = 'local';

const dayMs = 86_400_000;
/** The definitions of the teams ask for one a week elsewhere (G); its log goes there all the time. */
const everyMs = 7 * dayMs;
/** It follows a backup and its proof, which have a day of their own. */
const slackMs = 27 * 3_600_000;

export interface SecondStanding {
  /** `repo2` */
  readonly repository: string;
  readonly newest: BackupView | null;
  /** The newest good proof by a restore from there. */
  readonly proven: ProofView | null;
  readonly unreachable: string | null;
  readonly failed: string | null;
  readonly late: string | null;
  readonly notProven: string | null;
  readonly notRun: string | null;
}

/** A backup of its own in another repository of the same engine; a copy is none. */
export function isInSecond({ copyOf, repository }: Pick<BackupView, 'copyOf' | 'repository'>): boolean {
  return copyOf === null && repository !== firstRepository;
}

/**
 * @param known newest first; of this plan alone
 * @param trouble why that repository could not be read when it was last looked at; null where it could
 */
export function secondStandingOf(
  repository: string,
  known: readonly BackupView[],
  now: number,
  trouble: string | null,
): SecondStanding {
  const ended = known.filter(
    (one) => isInSecond(one) && one.repository === repository && isOver(one) && !one.isAhead,
  );
  const [last] = ended;
  const newest = ended.find(({ state }) => state === 'good') ?? null;
  const proofs = ended.flatMap((one) => one.proofs).toSorted((a, b) => b.at - a.at);
  return {
    ...{ repository, newest },
    proven: standingProof(ended),
    unreachable: trouble === null ? null : `repository ${repository} cannot be read: ${trouble}`,
    failed: last?.state === 'failed' ? `the last backup into ${repository} failed: ${last.detail}` : null,
    late: lateness(repository, newest, known, now),
    notProven: newest && provenness(repository, proofs[0]),
    notRun: newest && withPlace(repository, notRunWords(ended, now)),
  };
}

function lateness(
  repository: string,
  newest: BackupView | null,
  known: readonly BackupView[],
  now: number,
): string | null {
  if (newest !== null) {
    const age = now - newest.startedAt;
    return age > everyMs + slackMs
      ? `the newest backup in ${repository} is ${formatDuration(age)} old; one is taken each week`
      : null;
  }
  const oldest = known.findLast((one) => one.state === 'good' && !isInSecond(one) && one.copyOf === null);
  return oldest && now - oldest.startedAt > everyMs + slackMs
    ? `no backup was ever taken into ${repository}`
    : null;
}

function provenness(repository: string, last: ProofView | undefined): string | null {
  if (last === undefined) return `the newest backup in ${repository} was never looked at`;
  if (last.isGood) return null;
  const wrong = last.looks.find(({ good }) => !good);
  return `a proof out of ${repository} failed at level ${wrong?.level ?? 0}: ${wrong?.detail ?? 'nothing could be looked at'}`;
}

function withPlace(repository: string, words: string | null): string | null {
  return words && `out of ${repository}: ${words}`;
}

function isOver({ state }: BackupView): boolean {
  return state !== 'taking' && state !== 'removed';
}

/** The next is due when there is one in the first repository; a tenth less than the span, so that a little earlier is in time. */
export function isSecondDue(repository: string, known: readonly BackupView[], now: number): boolean {
  const good = known.filter(({ state, copyOf, isAhead }) => state === 'good' && copyOf === null && !isAhead);
  if (!good.some((one) => !isInSecond(one))) return false;
  const newest = good.find((one) => one.repository === repository);
  return newest === undefined || now - newest.startedAt >= everyMs * 0.9;
}

/** In turn, as with copies: the first, and then each that follows three which were only read. */
export function isSecondRestoreDue(repository: string, known: readonly BackupView[]): boolean {
  return known
    .filter((one) => one.state === 'good' && isInSecond(one) && one.repository === repository)
    .slice(0, restoredEvery)
    .every(({ proofs }) => !proofs.some((proof) => proof.isGood && isRestoreProof(proof)));
}
