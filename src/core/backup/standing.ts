/** How the backups of one thing stand: what is wrong with them now, in words. Pure. */
import { formatDuration } from '../time.ts';
import { aheadWords } from './ahead.ts';
import { notRunWords } from './not-run.ts';
import { isInSecond } from './second-standing.ts';
import { type BackupSettings, proveEveryMs } from './settings.ts';
import {
  type BackupView,
  endOf,
  isRestoreProof,
  type LapsedProof,
  type ProofView,
  standingProof,
} from './view.ts';

export interface Standing {
  /** The newest that was taken well. */
  readonly newest: BackupView | null;
  /** The newest good proof by a restore of a backup that is there and failed no later look. */
  readonly proven: ProofView | null;
  /** Why it is not as it should be; null where it is. */
  readonly failed: string | null;
  readonly late: string | null;
  readonly notProven: string | null;
  /** Id of the backup that failed its last proof, where `notProven` says so. */
  readonly failedProofOf: string | null;
  readonly missing: string | null;
  /** What was taken by a clock that was ahead, until somebody says that the clock is right. */
  readonly ahead: string | null;
  /** Nothing that is old enough goes, as nobody says whether the clock is right. */
  readonly heldByClock: string | null;
  /** Why the last try at a proof could not be made: nothing is known against the backup. */
  readonly notRun: string | null;
}

export interface ClockTrust {
  /** Ids of backups by a clock that was ahead that somebody has seen. */
  readonly acceptedAhead: ReadonlySet<string>;
  /** Since when nobody has borne out a clock that jumped; null where it is trusted. */
  readonly doubtedSince: number | null;
}

const trusted: ClockTrust = { acceptedAhead: new Set(), doubtedSince: null };

/** A backup and its proof may take as long before it is late. */
const slackMs = 3_600_000;
/** Copies are taken daily; with the log beside them an older one loses nothing, and takes longer. */
const copyEveryMs = 25 * 3_600_000;
/** A thing that was never backed up gets so long from the first look: its first time of day has to come. */
const proofSlackMs = 26 * 3_600_000;

/**
 * @param known newest first; of this plan alone. Copies elsewhere and further repositories stand for themselves
 * (offsite-standing.ts, second-standing.ts).
 */
export function standingOf(
  plan: BackupSettings,
  known: readonly BackupView[],
  now: number,
  clock: ClockTrust = trusted,
): Standing {
  const all = known.filter((one) => one.state !== 'taking' && one.copyOf === null && !isInSecond(one));
  const ended = all.filter((one) => !one.isAhead);
  const [last] = ended;
  const newest = ended.find(({ state }) => state === 'good') ?? null;
  const proofs = ended.flatMap((backup) => backup.proofs).toSorted((a, b) => b.at - a.at);
  const proven = standingProof(ended);
  const lastProof = proofs.find((proof) => !proof.isAhead);
  return {
    newest,
    proven,
    failed: last?.state === 'failed' ? `the last backup failed: ${last.detail}` : null,
    late: lateness(plan, newest, known, now),
    notProven: provenness(plan, lastProof, proven, newest, now),
    failedProofOf: newest !== null && lastProof?.isGood === false ? lastProof.backup : null,
    missing: goneWords(all),
    ahead: aheadWords(known, clock.acceptedAhead),
    heldByClock: heldByClock(plan, all, clock, now),
    notRun: notRunWords(ended, now),
  };
}

/** Quiet while nothing is old enough to go: a doubt holds nothing back then. */
function heldByClock(
  { keepMs }: BackupSettings,
  known: readonly BackupView[],
  { doubtedSince }: ClockTrust,
  now: number,
): string | null {
  const isOld = known.some(({ state, startedAt }) => state === 'good' && now - startedAt > keepMs);
  return doubtedSince !== null && isOld
    ? 'no old backup is removed, as the clock jumped by more than two days, or Upkeep was down for as long, and nobody says that it is right'
    : null;
}

/** What should be in its repository and is not, as a sentence; null where all is there. @param known newest first */
export function goneWords(known: readonly BackupView[]): string | null {
  const gone = known.filter(({ state }) => state === 'missing');
  const [newest] = gone;
  if (newest === undefined) return null;
  const where = newest.label === null ? newest.folder : `${newest.label} in ${newest.folder}`;
  return gone.length === 1
    ? `a backup is gone from its repository: ${where}`
    : `${gone.length} backups are gone from their repository, the newest ${where}`;
}

function lateness(
  { rpoMs, keepsLog }: BackupSettings,
  newest: BackupView | null,
  known: readonly BackupView[],
  now: number,
): string | null {
  if (newest === null && known.some(({ isAhead, state }) => isAhead && state === 'good'))
    return 'there is no backup whose time can be believed';
  if (newest === null) return known.length > 0 ? 'there is no good backup yet' : null;
  const age = now - newest.startedAt;
  if (keepsLog)
    return age > copyEveryMs + slackMs
      ? `the newest copy is ${formatDuration(age)} old; a restore replays all the log since`
      : null;
  return age > rpoMs + slackMs
    ? `the newest backup is ${formatDuration(age)} old; no more than ${formatDuration(rpoMs)} may be lost`
    : null;
}

function provenness(
  { prove, rtoMs }: BackupSettings,
  last: ProofView | undefined,
  proven: ProofView | null,
  newest: BackupView | null,
  now: number,
): string | null {
  if (newest === null) return null;
  if (last && !last.isGood) return `the last proof failed at ${failureOf(last)}`;
  const since = proven?.at ?? newest.startedAt;
  if (now - since > proveEveryMs[prove] + proofSlackMs)
    return `no backup was proven by a restore for ${formatDuration(now - since)}`;
  if (proven?.restoredInMs != null && proven.restoredInMs > rtoMs)
    return `the last restore took ${formatDuration(proven.restoredInMs)}; ${formatDuration(rtoMs)} are allowed`;
  return null;
}

/** The last that a restore proved of what is there, where none stands any more because a later look failed. */
export function lapsedProof(known: readonly BackupView[]): LapsedProof | null {
  const here = known.filter(
    (one) => one.state === 'good' && one.copyOf === null && !isInSecond(one) && !one.isAhead,
  );
  if (standingProof(here) !== null) return null;
  const found = here.flatMap(({ proofs }) => {
    const sorted = proofs.toSorted((a, b) => b.at - a.at);
    const last = sorted.findIndex((proof) => proof.isGood && isRestoreProof(proof));
    const [good, failed] = [sorted[last], sorted.slice(0, last).findLast(({ isGood }) => !isGood)];
    return good && failed ? [{ good, failed }] : [];
  });
  const [newest] = found.toSorted((a, b) => b.good.at - a.good.at);
  if (newest === undefined) return null;
  const { good, failed } = newest;
  const { at, level, restoredInMs } = good;
  return { at, level: level ?? 0, restoredInMs, redSince: failed.at, why: failureOf(failed) };
}

/** `level 2: 1 file of the log is missing`, of a proof that was not good. */
export function failureOf(proof: Pick<ProofView, 'looks'>): string {
  const { level, detail } = endOf(proof);
  return `level ${level}: ${detail}`;
}

/** A tenth less than the span: a run that begins a little earlier than the one before is in time. */
export function isDue(proofs: readonly ProofView[], now: number, everyMs: number): boolean {
  const last = proofs
    .filter((proof) => proof.isGood && isRestoreProof(proof))
    .reduce((at, proof) => Math.max(at, proof.at), Number.NEGATIVE_INFINITY);
  return now - last >= everyMs * 0.9;
}
