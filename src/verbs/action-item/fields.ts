import { parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { VerbContext } from '../context.ts';

/** Noon in UTC of a day, or so long from now; null for nothing. */
export function dueOf(ctx: VerbContext, text: string | undefined): number | null {
  if (text === undefined || text === '' || text === 'none') return null;
  const inMs = parseDuration(text);
  if (inMs !== undefined) return ctx.clock.now() + inMs;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T12:00:00Z`) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new UpkeepError('bad-input', `due: ${JSON.stringify(text)} is no day; write 2026-12-01 or 14d`);
}
