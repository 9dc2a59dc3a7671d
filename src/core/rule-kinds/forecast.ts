/** Lead times: when does it run out, and is that nearer than people need? */
import { type Forecast, forecast } from '../forecast/exhaustion.ts';
import type { TimedValue } from '../forecast/robust-slope.ts';
import type { ForecastRule } from '../rule.ts';
import { formatDuration } from '../time.ts';
import type { Held, Judged } from './judged.ts';
import type { Memory, Seen } from './memory.ts';

const bucketMs = 300_000;
const keptMs = 8 * 86_400_000;
/** A date that holds must move this much further away before it is let go, so that it does not flap around an edge. */
const heldShare = 1.25;

function judgeForecast(found: Forecast, now: number, held: Held, rule: ForecastRule): Judged {
  if (found.kind !== 'full-at')
    return { level: null, threshold: rule.warning ?? rule.critical ?? null, reason: found.reason };
  const leadMs = found.at - now;
  // What is full already was not foreseen: its threshold says so, and clears as soon as there is room again.
  if (leadMs <= 0 && held.phase === 'ok')
    return { level: null, threshold: rule.warning ?? rule.critical ?? null, reason: found.reason };
  for (const level of ['critical', 'warning'] as const) {
    const within = rule[level];
    if (within === undefined) continue;
    const isHeld = held.phase !== 'ok' && (held.level === 'critical' || held.level === level);
    if (leadMs >= within * (isHeld ? heldShare : 1)) continue;
    const reason = leadMs <= 0 ? found.reason : `runs out in ${formatDuration(leadMs)}, as ${found.reason}`;
    return { level, threshold: within / 1_000, value: leadMs / 1_000, reason };
  }
  return {
    level: null,
    threshold: (rule.warning ?? rule.critical ?? 0) / 1_000,
    value: leadMs / 1_000,
    reason: `runs out in ${formatDuration(leadMs)}`,
  };
}

export function createForecastMemory(rule: ForecastRule): Memory {
  const points: TimedValue[] = [];
  /** Null before the first judgement: what the store kept is judged with the first value that comes. */
  let last: Judged | { readonly unknown: string } | null = null;
  let limit: number | null = null;
  let isFull = false;

  /** The highest of each five minutes; true when a new five minutes began. */
  function keep({ at, value, of }: Seen): boolean {
    limit = rule.of === undefined ? (rule.limit ?? null) : of;
    if (limit === null || !Number.isFinite(value)) return false;
    const used = rule.direction === 'rising' ? value : limit - value;
    const newest = points.at(-1);
    if (newest && Math.floor(newest.at / bucketMs) === Math.floor(at / bucketMs)) {
      if (used > newest.value) points[points.length - 1] = { at: newest.at, value: used };
      return false;
    }
    if (newest && at < newest.at) return false;
    points.push({ at, value: used });
    while (points[0] && points[0].at < at - keptMs) points.shift();
    return true;
  }

  return {
    learn: (seen) => void keep(seen),
    take(seen, held) {
      const isNext = keep(seen);
      if (limit === null) return { unknown: `the limit ${rule.of ?? ''} is not known` };
      const used = rule.direction === 'rising' ? seen.value : limit - seen.value;
      const hasRoomAgain = isFull && used < limit;
      isFull = used >= limit;
      if (hasRoomAgain) {
        last = {
          level: null,
          threshold: rule.warning ?? rule.critical ?? null,
          reason: 'there is room again',
        };
        return last;
      }
      if (last !== null && !isNext && used < limit) return last;
      const found = forecast(points, limit, seen.at);
      last = found.kind === 'unknown' ? { unknown: found.reason } : judgeForecast(found, seen.at, held, rule);
      return last;
    },
  };
}
