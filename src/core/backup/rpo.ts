/**
 * How much would be lost now: from heartbeats that are kept outside the database, and from how far each repository has
 * confirmed the log. Pure.
 */

/** What the server said of its log at a moment; all that was committed before `at` lies before `lsn`. */
export interface Heartbeat {
  /** Epoch milliseconds, taken before the server was asked. */
  readonly at: number;
  /** Bytes of log written. */
  readonly lsn: number;
  /** Number of the next transaction; while it stays, nothing was written that could be lost. */
  readonly writes: number;
}

/** How far the log lies in one repository. */
export interface Confirmed {
  /** End of what it holds without a gap, in bytes of log; 0 where it never had any. */
  readonly lsn: number;
  /** When it said so last, epoch milliseconds; null where that is not known. */
  readonly at: number | null;
  /** Length of one file of the log. */
  readonly segmentBytes: number;
}

export interface RecoveryPoint {
  /** All that was committed before this moment could be restored. */
  readonly at: number;
  readonly ageMs: number;
  /** Log that the repository has not, in bytes; some is there on an idle server too. */
  readonly pending: number;
}

/**
 * A server that nobody writes to logs its checkpoints, a few hundred bytes each (J: a page of log). Counted only where no
 * heartbeat is old enough to know better.
 */
const idleBytes = 8_192;

/**
 * Now minus the newest heartbeat whose log is confirmed. Heartbeats after it count as well as long as no transaction ended
 * in between: an idle server loses nothing, however old its last file is.
 * @param beats oldest first, of one history of the log: without those from before the server went back in it
 * @returns null where there is no heartbeat yet
 */
export function recoveryPoint(
  beats: readonly Heartbeat[],
  confirmed: Confirmed,
  now: number,
): RecoveryPoint | null {
  const last = beats.at(-1);
  const [first] = beats;
  if (last === undefined || first === undefined) return null;
  const pending = Math.max(0, last.lsn - confirmed.lsn);
  const covered = beats.findLast(({ lsn }) => lsn <= confirmed.lsn);
  const at = covered
    ? (beats.findLast(({ writes }) => writes === covered.writes)?.at ?? covered.at)
    : unknownSince(first, last, confirmed, pending);
  return { at, ageMs: Math.max(0, now - at), pending };
}

/** All that was committed before it is in the log up to there; null where no heartbeat is as old. @param beats oldest first */
export function coveredBy(beats: readonly Heartbeat[], confirmed: Confirmed, now: number): number | null {
  if (!beats.some(({ lsn }) => lsn <= confirmed.lsn)) return null;
  return recoveryPoint(beats, confirmed, now)?.at ?? null;
}

/** Without a heartbeat from before: a finished file that waits is as old as the last that went, else we only know ours. */
function unknownSince(first: Heartbeat, last: Heartbeat, confirmed: Confirmed, pending: number): number {
  if (confirmed.lsn > 0 && pending <= idleBytes) return last.at;
  const isFileWaiting = confirmed.at !== null && pending >= confirmed.segmentBytes;
  return isFileWaiting ? Math.min(first.at, confirmed.at ?? first.at) : first.at;
}

/** Adds one; what was written before the server went back in its log is dropped, as is what is old. */
export function withBeat(beats: readonly Heartbeat[], beat: Heartbeat, keepMs: number): Heartbeat[] {
  const before = beats.at(-1);
  const kept =
    before && isBack(before, beat) ? [] : beats.filter(({ at }) => at < beat.at && at >= beat.at - keepMs);
  return [...kept, beat];
}

/** Those since the server went back in its log (a restore, a failover) last. */
export function newestHistory(beats: readonly Heartbeat[]): readonly Heartbeat[] {
  const from = beats.findLastIndex((beat, index) => {
    const before = beats[index - 1];
    return before !== undefined && isBack(before, beat);
  });
  return beats.slice(Math.max(0, from));
}

function isBack(before: Heartbeat, beat: Heartbeat): boolean {
  return beat.lsn < before.lsn || beat.writes < before.writes;
}

/** What a restore to that moment must have, by the heartbeats around it. */
export interface Expectation {
  /** It must have come at least so far; the beat that says so. */
  readonly reached: Heartbeat;
  /** It must not have come past this one; null where none is known. */
  readonly before: Heartbeat | null;
}

/** Null where no heartbeat is as old. */
export function expectedAt(beats: readonly Heartbeat[], until: number): Expectation | null {
  const index = beats.findLastIndex(({ at }) => at <= until);
  const reached = beats[index];
  return reached === undefined ? null : { reached, before: beats[index + 1] ?? null };
}

/** The end of the log as it was replayed, and as it should be. Places in bytes of log. */
export interface Replayed {
  readonly lsn: number;
  /** End of the log that lies in the archive by what is known: its last file, or what the server says of it. */
  readonly end: number;
  readonly segmentBytes: number;
}

/**
 * The newest heartbeat that a replay of the whole log should have come past and did not; `end` where the last file of the
 * log itself was not reached. The last file may be empty but for its first record.
 * @returns null where nothing is known to lack
 */
export function lackingAfter(
  beats: readonly Heartbeat[],
  { lsn, end, segmentBytes }: Replayed,
): Heartbeat | 'end' | null {
  const newest = beats.findLast((beat) => beat.lsn <= end);
  if (newest !== undefined && lsn < newest.lsn) return newest;
  return lsn < end - segmentBytes ? 'end' : null;
}

/** From a moment that was asked for back to the newest heartbeat that a restore up to `lsn` brought back; null where none was. */
export function lostBefore(
  heartbeats: readonly Heartbeat[] | undefined,
  lsn: number,
  until: number | null,
): number | null {
  if (until === null) return null;
  const found = heartbeats?.findLast((beat) => beat.lsn <= lsn && beat.at <= until);
  return found === undefined ? null : until - found.at;
}
