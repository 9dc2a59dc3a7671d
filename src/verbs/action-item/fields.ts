import { dayOf, parseInstant } from '../../core/oncall/wall-time.ts';
import { parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { VerbContext } from '../context.ts';

/** Noon of a day in the time zone of the team, a time of ISO 8601, or so long from now; null for nothing. */
export function dueOf(ctx: VerbContext, text: string | undefined): number | null {
  if (text === undefined || text === '' || text === 'none') return null;
  const inMs = parseDuration(text);
  if (inMs !== undefined) return ctx.clock.now() + inMs;
  const day = text.trim();
  const at =
    dayOf(day) === undefined
      ? parseInstant(day, ctx.configuration().timezone)
      : noonOf(day, ctx.configuration().timezone);
  if (at !== undefined) return at;
  throw new UpkeepError('bad-input', `due: ${JSON.stringify(text)} is no day; write 2026-12-01 or 14d`);
}

function noonOf(day: string, timezone: string): number | undefined {
  return parseInstant(`${day}T12:00`, timezone);
}
