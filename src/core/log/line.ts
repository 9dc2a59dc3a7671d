/** What a single line of a log says of itself: how grave it is, and when it was written. Pure. */
import { parseInstant } from '../oncall/wall-time.ts';

export type LogLevel = 'error' | 'warning' | 'info';

/** Only the head of a line tells its level; what follows may be anybody's text. */
const headLength = 300;

const accessStatus = /" ([1-5])\d\d (?:\d+|-)(?: |$)/;

const errors: readonly RegExp[] = [
  /\b(?:FATAL|PANIC|EMERG(?:ENCY)?|ALERT|CRIT(?:ICAL)?|ERROR|SEVERE)\b/,
  /\[(?:emerg|alert|crit|error)\]/i,
  /\blevel"?\s*[=:]\s*"?(?:error|fatal|critical|panic|[56]0\b)/i,
  /"(?:severity|levelname)"\s*:\s*"(?:error|fatal|critical|alert|emergency)"/i,
  /(?:^|\s)(?:error|fatal|panic)(?:\[|:)/i,
  /\b\w*(?:Error|Exception): |\bTraceback \(|\bUnhandled (?:promise )?rejection|\buncaught exception/i,
  /\bsegfault\b|\bSegmentation fault|\bOut of memory\b|\boom-kill|\bNo space left on device\b/,
];

const warnings: readonly RegExp[] = [
  /\b(?:WARN(?:ING)?)\b/,
  /\[(?:warn|warning)\]/i,
  /\blevel"?\s*[=:]\s*"?(?:warn|warning|40\b)/i,
  // Redis marks warnings with a hash sign: `812:M 22 Nov 2026 14:00:00.123 # …`.
  /^\d+:[A-Z] \d\d \w{3} \d{4} [\d:.]+ # /,
];

/** A line of an access log has the gravity of its status: 5xx is an error, 4xx the client's own. */
export function levelOf(line: string): LogLevel {
  const status = accessStatus.exec(line)?.[1];
  if (status !== undefined) return status === '5' ? 'error' : 'info';
  const head = line.slice(0, headLength);
  if (errors.some((pattern) => pattern.test(head))) return 'error';
  return warnings.some((pattern) => pattern.test(head)) ? 'warning' : 'info';
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** With which the head of a line is searched, and how its parts stand. */
const written: readonly RegExp[] = [
  /(?<year>\d{4})[-/](?<month>\d\d)[-/](?<day>\d\d)[T ](?<time>\d\d:\d\d:\d\d)(?:[.,]\d+)? ?(?<zone>Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d)?/,
  /(?<day>\d\d)[/ ](?<month>[A-Z][a-z]{2})[/ ](?<year>\d{4})[: ](?<time>\d\d:\d\d:\d\d)(?:[.,]\d+)? ?(?<zone>[+-]\d{4})?/,
];

/** Epoch milliseconds, whole seconds; undefined where the line names no moment. `timezone` is that of the machine. */
export function momentOf(line: string, timezone: string): number | undefined {
  const head = line.slice(0, headLength);
  const epoch = /"time"\s*:\s*(1\d{12})\b/.exec(head)?.[1];
  if (epoch !== undefined) return Number(epoch);
  for (const pattern of written) {
    const { year, month = '', day, time, zone } = pattern.exec(head)?.groups ?? {};
    if (time === undefined) continue;
    const number = months.indexOf(month.toLowerCase()) + 1;
    const date = `${year}-${number === 0 ? month : String(number).padStart(2, '0')}-${day}`;
    const wall = parseInstant(`${date} ${time.slice(0, 5)}`, zoneOf(zone) === undefined ? timezone : 'UTC');
    if (wall === undefined) continue;
    return wall + Number(time.slice(6, 8)) * 1_000 - (zoneOf(zone) ?? 0);
  }
  return undefined;
}

/** Milliseconds east of UTC; undefined where none is written. */
function zoneOf(zone: string | undefined): number | undefined {
  if (zone === undefined) return undefined;
  const offset = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (offset === null) return 0;
  const ms = (Number(offset[2]) * 60 + Number(offset[3])) * 60_000;
  return offset[1] === '-' ? -ms : ms;
}

/** The lines of a stack trace or a table belong to the line before them. */
export function isContinuation(line: string): boolean {
  return /^[\s}\])]|^Caused by: /.test(line);
}
