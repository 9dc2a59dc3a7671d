/** Times as people say them: `since Monday`, `last night`, `yesterday 14:00`, `for two hours`. Pure, in a given zone. */
import { dayOf, instantOf, wallText, wallTime, weekdayOf } from '../oncall/wall-time.ts';

export interface When {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** How it was understood: `from Mon 2026-11-16 00:00 until now (Europe/Berlin)` */
  readonly said: string;
}

export interface ReadWhen {
  readonly when: When | null;
  /** The text without what was read as time. */
  readonly rest: string;
}

interface Day {
  readonly now: number;
  readonly timezone: string;
  readonly today: number;
}

/** A span from its first to its last moment; `isPoint` where only the moment about which was said. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly isPoint?: true;
}

const hourMs = 3_600_000;
const aroundMs = 30 * 60_000;
const numbers = [
  ...[
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    'ten',
    'eleven',
    'twelve',
  ],
];
/** `and` is no day: a word stands apart from its unit, and units of one letter follow digits. */
const amount = `(\\d+(?:\\.\\d+)?|(?:a couple of|couple of|a few|few|half an|half a|an|a|${numbers.slice(1).join('|')})(?=\\s))`;
const unit = '(seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|(?<=\\d\\s*)[smhdw])';
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const weekday =
  '(mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)';
const clock =
  "(?:(\\d{1,2}):(\\d\\d)(?::\\d\\d)?\\s*(am|pm)?|(\\d{1,2})\\s*(am|pm|o'clock)|(noon|midday|midnight))";
const dayPart = '(morning|afternoon|evening|night)';

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: hourMs,
  d: 24 * hourMs,
  w: 7 * 24 * hourMs,
};

/** Hours at which parts of a day begin and end. */
const parts: Readonly<Record<string, readonly [number, number]>> = {
  morning: [6, 12],
  afternoon: [12, 18],
  evening: [18, 23],
  night: [22, 30],
};

export function readWhen(text: string, now: number, timezone: string): ReadWhen {
  const day: Day = { now, timezone, today: wallTime(now, timezone).day };
  for (const [source, read] of forms) {
    const pattern = new RegExp(
      `\\b(?:(since|from|after|starting|beginning|until|before|on|at|around|about|during|in|over|for)\\s+)?(?:the\\s+)?${source}(?![\\w:])`,
      'i',
    );
    const match = pattern.exec(text);
    if (!match) continue;
    const [whole, word = '', ...groups] = match;
    const span = read(groups, day);
    if (!span || span.from >= now) continue;
    const isSince = /^(since|from|after|starting|beginning)$/i.test(word);
    const rest = `${text.slice(0, match.index)} ${text.slice(match.index + whole.length)}`;
    return { when: whenOf(span, isSince, day), rest };
  }
  return { when: null, rest: text };
}

function whenOf(span: Span, isSince: boolean, { now, timezone }: Day): When {
  const from = span.isPoint && !isSince ? span.from - aroundMs : span.from;
  const to = isSince ? now : Math.min(now, span.isPoint ? span.to + aroundMs : span.to);
  const end = to === now ? 'until now' : `until ${wallText(to, timezone)}`;
  return { from, to, said: `from ${wallText(from, timezone)} ${end} (${timezone})` };
}

type Form = readonly [
  source: string,
  read: (groups: readonly (string | undefined)[], day: Day) => Span | null,
];

/** The more that is said, the earlier it is tried. */
const forms: readonly Form[] = [
  // 2026-11-16 14:00, 2026-11-16
  [
    `(\\d{4}-\\d\\d-\\d\\d)(?:[ t](?:at\\s+)?${clock})?`,
    ([date = '', ...time], day) => {
      const number = dayOf(date);
      return number === undefined ? null : dayOrMoment(number, time, day);
    },
  ],
  // between 14:00 and 15:30 yesterday
  [
    `between\\s+${clock}\\s+and\\s+${clock}(?:\\s+(yesterday|today))?`,
    (groups, day) => {
      const [start, end] = [minuteOf(groups.slice(0, 6)), minuteOf(groups.slice(6, 12))];
      if (start === null || end === null) return null;
      const isYesterday = groups[12]?.toLowerCase() === 'yesterday';
      const from = momentOn(day.today - (isYesterday ? 1 : 0), start, day);
      const back = !isYesterday && from >= day.now ? 1 : 0;
      const number = day.today - (isYesterday ? 1 : 0) - back;
      return { from: momentOn(number, start, day), to: momentOn(number + (end <= start ? 1 : 0), end, day) };
    },
  ],
  // yesterday at 14:00, yesterday evening, yesterday
  [
    `(yesterday|today)(?:\\s+(?:at\\s+|around\\s+|about\\s+)?(?:${clock}|${dayPart}))?`,
    ([word = '', ...rest], day) => {
      const number = day.today - (word.toLowerCase() === 'yesterday' ? 1 : 0);
      const part = rest[6];
      return part ? partOf(number, part, day) : dayOrMoment(number, rest, day);
    },
  ],
  [`(this|last|yesterday)\\s+${dayPart}`, ([word = '', part = ''], day) => thisOrLast(word, part, day)],
  ['(tonight|overnight)', (_, day) => partOf(day.today - 1, 'night', day)],
  // last Monday at 9am, Monday morning, on Monday
  [
    `(?:(last|this)\\s+)?${weekday}s?(?:\\s+(?:at\\s+|around\\s+|about\\s+)?(?:${clock}|${dayPart}))?`,
    ([, name = '', ...rest], day) => {
      const number = lastWeekday(name, day);
      const part = rest[6];
      return part ? partOf(number, part, day) : dayOrMoment(number, rest, day);
    },
  ],
  // 14:00 yesterday, 14:00
  [
    `${clock}(?:\\s+(yesterday|today))?`,
    (groups, day) => {
      const minute = minuteOf(groups.slice(0, 6));
      if (minute === null) return null;
      const isYesterday = groups[6]?.toLowerCase() === 'yesterday';
      const today = momentOn(day.today, minute, day);
      const isAhead = today >= day.now;
      const at = isYesterday || isAhead ? momentOn(day.today - 1, minute, day) : today;
      return { from: at, to: at, isPoint: true };
    },
  ],
  // 3 hours ago
  [
    `${amount}\\s*${unit}\\s+ago`,
    ([count = '', word = ''], { now }) => {
      const at = now - spanOf(count, word);
      return { from: at, to: at, isPoint: true };
    },
  ],
  // for two hours, in the last 30 minutes, past week
  [
    `(?:(?:last|past|previous)\\s+)?${amount}\\s*${unit}`,
    ([count = '', word = ''], { now }) => ({ from: now - spanOf(count, word), to: now }),
  ],
  [
    '(?:last|past|previous)\\s+(minute|hour|day|month)',
    ([word = ''], { now }) => ({ from: now - spanOf('1', word), to: now }),
  ],
  [
    '(this|last|past)\\s+(week|weekend)',
    ([which = '', what = ''], day) => {
      const monday = day.today - (weekdayOf(day.today) - 1);
      if (what.toLowerCase() === 'weekend')
        return { from: momentOn(monday - 2, 0, day), to: momentOn(monday, 0, day) };
      return which.toLowerCase() === 'this'
        ? { from: momentOn(monday, 0, day), to: day.now }
        : which.toLowerCase() === 'past'
          ? { from: day.now - spanOf('1', 'w'), to: day.now }
          : { from: momentOn(monday - 7, 0, day), to: momentOn(monday, 0, day) };
    },
  ],
  ['(recently|lately|just now|right now|currently|now)', (_, { now }) => ({ from: now - hourMs, to: now })],
];

function momentOn(number: number, minute: number, { timezone }: Day): number {
  return instantOf(number, minute, timezone);
}

function dayOrMoment(number: number, time: readonly (string | undefined)[], day: Day): Span {
  const minute = minuteOf(time.slice(0, 6));
  if (minute === null) return { from: momentOn(number, 0, day), to: momentOn(number + 1, 0, day) };
  const at = momentOn(number, minute, day);
  return { from: at, to: at, isPoint: true };
}

function partOf(number: number, part: string, day: Day): Span {
  const [begin, end] = parts[part.toLowerCase()] ?? [0, 24];
  return { from: momentOn(number, begin * 60, day), to: momentOn(number, end * 60, day) };
}

function thisOrLast(word: string, part: string, day: Day): Span {
  const span = partOf(day.today, part, day);
  const isLast = word.toLowerCase() !== 'this' || span.from >= day.now;
  return isLast ? partOf(day.today - 1, part, day) : span;
}

/** Said on a Monday, `Monday` is today once the day has begun to show anything. */
function lastWeekday(name: string, { today, now, timezone }: Day): number {
  const wanted = weekdays.findIndex((one) => one.startsWith(name.toLowerCase().slice(0, 3))) + 1;
  const back = (weekdayOf(today) - wanted + 7) % 7;
  return back === 0 && wallTime(now, timezone).minute < 60 ? today - 7 : today - back;
}

/** `14:05`, `2:05 pm`, `3 pm`, `noon` as a minute of the day. */
function minuteOf(groups: readonly (string | undefined)[]): number | null {
  const [hour, minute, half, bare, bareHalf, word] = groups;
  if (word) return word.toLowerCase() === 'midnight' ? 0 : 12 * 60;
  const digits = hour ?? bare;
  if (digits === undefined) return null;
  const suffix = (half ?? bareHalf ?? '').toLowerCase();
  const number = Number(digits);
  const hours = suffix === 'pm' && number < 12 ? number + 12 : suffix === 'am' && number === 12 ? 0 : number;
  const minutes = Number(minute ?? 0);
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : null;
}

function spanOf(count: string, word: string): number {
  const said = count.toLowerCase();
  const number = /^\d/.test(said)
    ? Number(said)
    : said.startsWith('half')
      ? 0.5
      : said.includes('couple')
        ? 2
        : said.includes('few')
          ? 3
          : Math.max(1, numbers.indexOf(said));
  const short = word.toLowerCase();
  const ms = short.startsWith('mo') ? 30 * 24 * hourMs : (unitMs[short[0] ?? ''] ?? hourMs);
  return number * ms;
}
