import { dayOf, parseInstant } from '../../core/oncall/wall-time.ts';
import { parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { VerbContext } from '../context.ts';

/** Noon of a day in the time zone of the team, a time of ISO 8601, or so long from now; null for nothing. */
export function dueOf(ctx: VerbContext, text: string | undefined): number | null {
  if (text === undefined || text === '' || text === 'none') return null;
  const inMs = parseDuration(text);
  if (inMs !== undefined) return ctx.clock.now() + inMs;
  const source = text.trim();
  const isDay = dayOf(source) !== undefined;
  const at = parseInstant(isDay ? `${source}T12:00` : source, ctx.configuration().timezone);
  if (at !== undefined) return at;
  throw new UpkeepError('bad-input', `due: ${JSON.stringify(text)} is no day; write 2026-12-01 or 14d`);
}
