/** How long restores took, and how long one would take now. Pure. */
import { amount } from '../rule-words.ts';
import type { Measured } from './engine.ts';
import type { BackupView } from './view.ts';

/** From so many of the newest (J): disks and networks change. */
const learnedFrom = 10;
/** Beyond as many times the log that was ever replayed a rate is no measure any more (J). */
const knownFactor = 2;
/**
 * Replays tell by how much more log takes longer only where one had so much more of it (J): between two of nearly the same
 * length the differences of a machine at work are divided by next to nothing. A file of the log is 16 MiB.
 */
const spanFactor = 1.5;
const spanBytes = 16 * 2 ** 20;

type Sizes = Pick<Measured, 'bytes' | 'copyMs' | 'logBytes' | 'replayMs'>;

export interface Foretold {
  readonly ms: number;
  /** Why it is a guess, in words; null where restores of such sizes were measured. */
  readonly guess: string | null;
}

/** What a restore would copy and replay now. */
export interface Today {
  readonly bytes: number;
  readonly logBytes: number;
  /** That backup was never restored, so its size is reckoned. */
  readonly isReckoned: boolean;
}

/**
 * Copying by bytes, replaying by bytes of log beyond what every replay takes: the median of what was measured, over each two
 * that are far enough apart (Theil and Sen), and never slower by the byte than the slowest whole replay was.
 * @param measured newest first
 * @returns null where nothing was measured
 */
export function restoreAtSize(measured: readonly Sizes[], today: Today): Foretold | null {
  const known = measured.slice(0, learnedFrom).filter(({ bytes }) => bytes > 0);
  if (known.length === 0) return null;
  const perByte = median(known.map(({ copyMs, bytes }) => copyMs / bytes));
  const shortest = known.reduce((a, b) => (b.replayMs < a.replayMs ? b : a));
  const longest = known.reduce((a, b) => (b.logBytes > a.logBytes ? b : a));
  const slopes = slopesOf(known);
  const more = Math.max(0, today.logBytes - shortest.logBytes);
  // With one size measured only, or none near it, all of its time is taken for the log: rather too long than too short.
  const whole = wholeRate(longest);
  const isFar = today.logBytes > longest.logBytes * knownFactor;
  const slowest = Math.max(...known.map(wholeRate));
  const slope = slopes.length === 0 ? whole : Math.min(slowest, Math.max(0, median(slopes)));
  const perLog = isFar ? Math.max(whole, slope) : slope;
  const guesses = [
    ...(isFar
      ? [
          `${amount(today.logBytes, 'bytes')} of log would be replayed, ${amount(longest.logBytes, 'bytes')} at most ever were`,
        ]
      : []),
    ...(today.isReckoned ? ['that backup was never restored, so its size is reckoned'] : []),
  ];
  return {
    ms: Math.round(today.bytes * perByte + shortest.replayMs + more * perLog),
    guess: guesses.length > 0 ? guesses.join('; ') : null,
  };
}

/** Beginning and ending a recovery takes its time however little log there is. */
function wholeRate({ replayMs, logBytes }: Sizes): number {
  return replayMs / Math.max(spanBytes, logBytes);
}

function slopesOf(known: readonly Sizes[]): number[] {
  const sorted = known.toSorted((a, b) => a.logBytes - b.logBytes);
  return sorted.flatMap((less, index) =>
    sorted
      .slice(index + 1)
      .filter(
        ({ logBytes }) => logBytes >= less.logBytes * spanFactor && logBytes - less.logBytes >= spanBytes,
      )
      .map(({ replayMs, logBytes }) => (replayMs - less.replayMs) / (logBytes - less.logBytes)),
  );
}

/**
 * What a restore of that backup would copy: as it was when it was restored, else by how much the measured ones were larger
 * than what their repository stores (compressed, or what changed alone).
 */
export function restoredSize(
  taken: Pick<BackupView, 'kind' | 'bytes' | 'proofs'>,
  known: readonly Pick<BackupView, 'kind' | 'bytes' | 'proofs'>[],
): { readonly bytes: number; readonly isReckoned: boolean } {
  const own = measuredIn(taken);
  if (own !== undefined) return { bytes: own, isReckoned: false };
  const others = known.flatMap((one) => {
    const bytes = measuredIn(one);
    return bytes === undefined ? [] : [{ kind: one.kind, stored: one.bytes, bytes }];
  });
  const alike = others.find(({ kind, stored }) => kind === 'full' && stored > 0);
  if (taken.kind === 'full' && alike !== undefined)
    return { bytes: Math.round((taken.bytes * alike.bytes) / alike.stored), isReckoned: true };
  return { bytes: Math.max(taken.bytes, ...others.map(({ bytes }) => bytes)), isReckoned: true };
}

function measuredIn({ proofs }: Pick<BackupView, 'proofs'>): number | undefined {
  return proofs.flatMap(({ looks }) => looks).find(({ measured }) => measured)?.measured?.bytes;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? high;
  return (low + high) / 2;
}
