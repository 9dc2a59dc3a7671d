/** How far a stretch of work is whose size is known, or guessed from the time before: in words for people. Pure. */
import { amount } from '../rule-words.ts';
import type { Clock } from '../time.ts';

export interface Advance {
  /** Bytes, or in the unit of `of`. */
  readonly done: number;
  /** The whole; null where nobody can know. */
  readonly of: number | null;
  /** The whole is as large as it was the last time, or nearly what it is measured by. */
  readonly isGuess?: boolean;
  /** Since the stretch began. */
  readonly tookMs: number;
}

/** Before so much is done and so long has passed, a rate says nothing (J). */
const tellingShare = 0.02;
const tellingMs = 3_000;
/** What is only guessed is not said to be over. */
const mostGuessed = 0.99;

/** `43 %, about 2 min left`, `about 43 %`, `1.2 GiB so far`; null where nothing is done yet and the whole is not known. */
export function advanceWords({ done, of, isGuess = false, tookMs }: Advance): string | null {
  if (of === null || of <= 0) return done > 0 ? `${amount(done, 'bytes')} so far` : null;
  // Larger than the last time: how much larger nobody knows.
  if (isGuess && done > of) return `${amount(done, 'bytes')} so far, more than the last time`;
  const share = Math.min(isGuess ? mostGuessed : 1, done / of);
  const said = `${isGuess ? 'about ' : ''}${Math.floor(share * 100)} %`;
  if (share < tellingShare || tookMs < tellingMs || share >= 1) return said;
  return `${said}, ${roughly((tookMs * (1 - share)) / share)} left`;
}

/** As exact as a guess is: `under 10 s`, `about 40 s`, `about 2 min`, `about 1 h 20 min`. */
function roughly(ms: number): string {
  if (ms < 10_000) return 'under 10 s';
  if (ms < 55_000) return `about ${Math.round(ms / 10_000) * 10} s`;
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 60) return `about ${minutes} min`;
  const rounded = Math.round(minutes / 10) * 10;
  const rest = rounded % 60;
  const hours = `${Math.floor(rounded / 60)} h`;
  return `about ${rest === 0 ? hours : `${hours} ${rest} min`}`;
}

/** One stretch: from when it is begun, its words go on with how far it is. */
export interface Stretch {
  /** @param done bytes, or in the unit of the whole; @param of where the tool says the whole itself */
  at(done: number, of?: number): void;
  /** Other words for the same stretch. */
  saying(text: string): void;
}

interface Teller {
  readonly clock: Pick<Clock, 'monotonic'>;
  progress(text: string): void;
}

/** @param of bytes of the whole, 1 where shares are told; null where nobody knows, and the tool may say it later */
export function beginStretch(
  ctx: Teller,
  text: string,
  { of, isGuess = false }: { readonly of: number | null; readonly isGuess?: boolean },
): Stretch {
  const from = ctx.clock.monotonic();
  let [said, done, whole] = [text, 0, of];
  const tell = () => {
    const words = advanceWords({ done, of: whole, isGuess, tookMs: ctx.clock.monotonic() - from });
    ctx.progress(done === 0 || words === null ? said : `${said}: ${words}`);
  };
  tell();
  return {
    at(now, all) {
      done = now;
      whole = all ?? whole;
      tell();
    },
    saying(words) {
      said = words;
      tell();
    },
  };
}
