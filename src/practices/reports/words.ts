/** Numbers and moments as a report writes them. */
import { sayAvailability } from '../../core/availability.ts';
import type { ActionState, Health } from '../../core/view.ts';
import type { Tone } from './document.ts';

export const unknownText = '–';

export function availability(share: number | null, objective?: number | null): string {
  return share === null ? unknownText : sayAvailability(share, objective);
}

/** A share of time: cut, so that what lacks something is no whole. */
export function percent(share: number | null): string {
  if (share === null) return unknownText;
  return share >= 1 ? '100 %' : `${Math.floor(share * 1_000) / 10} %`;
}

/** A latency in seconds: `840 µs`, `12.4 ms`, `1.2 s`. */
export function latency(seconds: number | null): string {
  if (seconds === null) return unknownText;
  const three = (value: number) =>
    value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
  if (seconds < 0.001) return `${three(seconds * 1e6)} µs`;
  if (seconds < 1) return `${three(seconds * 1_000)} ms`;
  return `${three(seconds)} s`;
}

/** `a`, `a and b`, `a, b and c`, `a, b and 4 more`. */
export function listing(names: readonly string[], most = 3): string {
  if (names.length <= 1) return names.join('');
  if (names.length <= most) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`;
}

export interface Moments {
  /** `22 Nov 07:41` */
  short(at: number): string;
  /** `Sunday, 22 November 2026` */
  day(at: number): string;
  /** `22 Nov 07:41:05` */
  second(at: number): string;
  /** `22 Nov 2026, 07:41` */
  long(at: number): string;
}

export function momentsIn(timeZone: string): Moments {
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const short = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short', ...time });
  const second = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, day: 'numeric', month: 'short', second: '2-digit' },
    ...time,
  } as const);
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full' });
  const long = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, day: 'numeric', month: 'short', year: 'numeric' },
    ...time,
  } as const);
  return {
    short: (at) => short.format(at).replace(',', ''),
    second: (at) => second.format(at).replace(',', ''),
    day: (at) => day.format(at),
    long: (at) => long.format(at),
  };
}

export const healthWords: Readonly<Record<Health, { readonly word: string; readonly tone: Tone }>> = {
  ok: { word: 'Healthy', tone: 'ok' },
  warning: { word: 'Warning', tone: 'warning' },
  critical: { word: 'Critical', tone: 'critical' },
  unknown: { word: 'Unknown', tone: 'unknown' },
};

export const actionWords: Readonly<Record<ActionState, { readonly word: string; readonly tone: Tone }>> = {
  proposed: { word: 'Proposed', tone: 'quiet' },
  'awaiting-approval': { word: 'Waits for approval', tone: 'warning' },
  permitted: { word: 'Permitted', tone: 'quiet' },
  applying: { word: 'Under way', tone: 'quiet' },
  verifying: { word: 'Being verified', tone: 'quiet' },
  done: { word: 'Done', tone: 'ok' },
  failed: { word: 'Failed', tone: 'critical' },
  undone: { word: 'Undone', tone: 'warning' },
  refused: { word: 'Refused', tone: 'quiet' },
  denied: { word: 'Denied', tone: 'quiet' },
  expired: { word: 'Expired', tone: 'quiet' },
  withdrawn: { word: 'Withdrawn', tone: 'quiet' },
  interrupted: { word: 'Interrupted', tone: 'critical' },
};
