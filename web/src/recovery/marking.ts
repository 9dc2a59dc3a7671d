/** How a backup is drawn: by the highest level that its last proof reached. */
import { levelWords, restoredLevel } from '../../../src/core/backup/catalogue.ts';
import { type BackupState, type BackupView, flawOf } from '../../../src/core/backup/view.ts';
import type { Tone } from '../format/words.ts';

type Level = keyof typeof levelWords;

export interface BackupMark {
  readonly tone: Tone;
  /** `level 6: answers the smoke queries`, `failed` */
  readonly words: string;
  /** 0 for what nobody looked at, then one more than its level. */
  readonly rung: number;
  /** Failed, missing, or found damaged. */
  readonly isTrouble: boolean;
}

export const stateWords: Readonly<Record<BackupState, string>> = {
  taking: 'being taken',
  good: 'good',
  failed: 'failed',
  missing: 'missing from its repository',
  removing: 'being removed',
  removed: 'removed',
};

const levels: readonly Level[] = [6, 5, 4, 3, 2, 1, 0];

export const levelNames: readonly { level: Level | null; words: string; tone: Tone }[] = [
  ...levels.map((level) => ({ level, words: levelWords[level], tone: toneOf(level) })),
  { level: null, words: 'nobody looked at it', tone: 'unknown' },
];

/** Below a restore nothing is proven, however well it looks. */
export function toneOf(level: Level): Tone {
  if (level === 6) return 'ok';
  return level >= restoredLevel ? 'low' : 'warning';
}

/** A whole backup may still not hold what the team asks of it, or lie before a gap in the log: that is no damage. */
function wrongWords(last: BackupView['proofs'][number]): string {
  const flaw = flawOf(last);
  if (flaw === 'smoke') return 'a smoke query failed';
  if (flaw === 'log') return 'the log after it has a gap';
  if (flaw === 'elsewhere') return 'the log in another repository has a gap';
  const wrong = last.looks.find(({ good }) => !good);
  if (wrong?.gap === 'within') return 'damaged: the log that it needs has a gap';
  const level = wrong?.level ?? 0;
  return `damaged: level ${level} failed (${levelWords[level]})`;
}

export function markOf({ state, proofs }: BackupView): BackupMark {
  const [last] = proofs;
  if (state === 'failed' || state === 'missing')
    return { tone: 'critical', words: stateWords[state], rung: 0, isTrouble: true };
  if (last && !last.isGood) {
    return { tone: 'critical', words: wrongWords(last), rung: 0, isTrouble: true };
  }
  const best = proofs.reduce<Level | null>(
    (high, { level }) => (level !== null && (high === null || level > high) ? level : high),
    null,
  );
  const gone = state === 'good' ? '' : `, ${stateWords[state]}`;
  if (best === null)
    return {
      tone: state === 'taking' ? 'busy' : 'unknown',
      words: `nobody looked at it${gone}`,
      rung: 0,
      isTrouble: false,
    };
  return {
    tone: state === 'good' ? toneOf(best) : 'quiet',
    words: `level ${best}: ${levelWords[best]}${gone}`,
    rung: best + 1,
    isTrouble: false,
  };
}
