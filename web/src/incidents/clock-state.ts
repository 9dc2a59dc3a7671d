import { formatSpan } from '../format/time.ts';

export interface ClockState {
  readonly tone: 'ok' | 'warning' | 'critical' | 'low';
  readonly words: string;
  /** Of the limit that has passed, 0 to 1. */
  readonly share: number;
}

/** From here on people are told that time runs out. */
const warningShare = 0.8;

/** `at` is when it was done; null while it is not. */
export function clockOf({
  limitMs,
  from,
  at,
  now,
}: {
  readonly limitMs: number;
  readonly from: number;
  readonly at: number | null;
  readonly now: number;
}): ClockState {
  const passed = Math.max(0, (at ?? now) - from);
  const share = Math.min(1, passed / limitMs);
  if (at !== null)
    return passed <= limitMs
      ? { tone: 'ok', words: `kept: ${formatSpan(passed)}`, share }
      : { tone: 'critical', words: `missed by ${formatSpan(passed - limitMs)}`, share };
  if (passed >= limitMs) return { tone: 'critical', words: `over by ${formatSpan(passed - limitMs)}`, share };
  const words = `${formatSpan(limitMs - passed)} left`;
  return { tone: share >= warningShare ? 'warning' : 'low', words, share };
}
