/** How the backups of one thing stand: what is wrong with them now, in words. Pure. */
import { formatDuration } from '../time.ts';
import { restoredLevel } from './catalogue.ts';
import { type BackupSettings, proveEveryMs } from './settings.ts';
import type { BackupView, ProofView } from './view.ts';

export interface Standing {
  /** The newest that was taken well. */
  readonly newest: BackupView | null;
  /** The newest proof by a restore that is good. */
  readonly proven: ProofView | null;
  /** Why it is not as it should be; null where it is. */
  readonly failed: string | null;
  readonly late: string | null;
  readonly notProven: string | null;
}

/** A backup and its proof may take as long before it is late. */
const slackMs = 3_600_000;
/** A thing that was never backed up gets so long from the first look: its first time of day has to come. */
const proofSlackMs = 26 * 3_600_000;

/** @param known newest first; of this plan alone */
export function standingOf(plan: BackupSettings, known: readonly BackupView[], now: number): Standing {
  const ended = known.filter(({ state }) => state !== 'taking');
  const [last] = ended;
  const newest = ended.find(({ state }) => state === 'good') ?? null;
  const proofs = ended.flatMap((backup) => backup.proofs).toSorted((a, b) => b.at - a.at);
  const restores = proofs.filter(({ looks }) => looks.some(({ level }) => level >= restoredLevel));
  const proven = restores.find(({ isGood }) => isGood) ?? null;
  const [lastProof] = proofs;
  return {
    newest,
    proven,
    failed: last?.state === 'failed' ? `the last backup failed: ${last.detail}` : null,
    late: lateness(plan, newest, known, now),
    notProven: provenness(plan, lastProof, proven, newest, now),
  };
}

function lateness(
  { rpoMs }: BackupSettings,
  newest: BackupView | null,
  known: readonly BackupView[],
  now: number,
): string | null {
  if (newest === null) return known.length > 0 ? 'there is no good backup yet' : null;
  const age = now - newest.startedAt;
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
  if (last && !last.isGood) {
    const wrong = last.looks.find(({ good }) => !good);
    return `the last proof failed at level ${wrong?.level ?? 0}: ${wrong?.detail ?? 'nothing could be looked at'}`;
  }
  const since = proven?.at ?? newest.startedAt;
  if (now - since > proveEveryMs[prove] + proofSlackMs)
    return `no backup was proven by a restore for ${formatDuration(now - since)}`;
  if (proven?.restoredInMs != null && proven.restoredInMs > rtoMs)
    return `the last restore took ${formatDuration(proven.restoredInMs)}; ${formatDuration(rtoMs)} are allowed`;
  return null;
}

/** A tenth less than the span: a run that begins a little earlier than the one before is in time. */
export function isDue(proofs: readonly ProofView[], now: number, everyMs: number): boolean {
  const last = proofs
    .filter(({ isGood, looks }) => isGood && looks.some(({ level }) => level >= restoredLevel))
    .reduce((at, proof) => Math.max(at, proof.at), Number.NEGATIVE_INFINITY);
  return now - last >= everyMs * 0.9;
}
