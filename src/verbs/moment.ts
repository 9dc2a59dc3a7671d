/** Moments as people write them in the input of a verb. */
import { parseInstant } from '../core/oncall/wall-time.ts';
import { parseDuration } from '../core/time.ts';
import { UpkeepError } from '../core/verb.ts';

/**
 * Epoch milliseconds of `7d` (so long ago), `now`, a time of ISO 8601 (without a zone on the wall clock of `timezone`) or epoch
 * milliseconds.
 *
 * @param name of the input, for the refusal
 * @throws UpkeepError bad-input
 */
export function pastMoment(name: string, text: string, timezone: string, now: number): number {
  const source = text.trim();
  if (source === 'now') return now;
  const ago = parseDuration(source.replace(/ ago$/, ''));
  if (ago !== undefined) return now - ago;
  if (/^\d{12,15}$/.test(source)) return Number(source);
  const at = parseInstant(source, timezone);
  if (at !== undefined) return at;
  throw new UpkeepError(
    'bad-input',
    `${name}: ${JSON.stringify(text)} is no time; write 7d (so long ago), 2026-12-01T03:00:00Z, or 2026-12-01 03:00 on the clock of ${timezone}`,
  );
}

/** Milliseconds from `pastMoment` to now. @throws UpkeepError bad-input, also for what is not in the past */
export function spanBack(name: string, text: string, timezone: string, now: number): number {
  const ms = now - pastMoment(name, text, timezone, now);
  if (ms > 0) return ms;
  throw new UpkeepError(
    'bad-input',
    `${name}: ${JSON.stringify(text)} is not in the past; write 7d, or an earlier time`,
  );
}
