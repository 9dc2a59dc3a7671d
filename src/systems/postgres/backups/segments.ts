/** Names of files of PostgreSQL's log and places in it, as numbers. Pure. */

const logBytes = 2 ** 32;

/** `0/5000148` in bytes. */
export function parseLsn(text: string): number {
  const [, high, low] = /^([0-9A-F]+)\/([0-9A-F]+)$/i.exec(text) ?? [];
  if (high === undefined || low === undefined)
    throw new Error(`${JSON.stringify(text)} is no place in the log`);
  return Number.parseInt(high, 16) * logBytes + Number.parseInt(low, 16);
}

export function formatLsn(lsn: number): string {
  const hex = (value: number) => value.toString(16).toUpperCase();
  return `${hex(Math.floor(lsn / logBytes))}/${hex(lsn % logBytes)}`;
}

export interface Segment {
  readonly timeline: number;
  /** Counted from the beginning of the log: its first byte is `number` times the length of a segment. */
  readonly number: number;
}

/**
 * Of `000000010000000000000002`, also where more follows: the archiver names `….00000028.backup` as what it archived last.
 * Null for `00000002.history` and whatever else lies there.
 */
export function segmentOf(name: string, segmentBytes: number): Segment | null {
  const [, timeline, log, part] = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(?![0-9A-F])/.exec(name) ?? [];
  if (timeline === undefined || log === undefined || part === undefined) return null;
  const number = Number.parseInt(log, 16) * (logBytes / segmentBytes) + Number.parseInt(part, 16);
  return { timeline: Number.parseInt(timeline, 16), number };
}

export function nameOf({ timeline, number }: Segment, segmentBytes: number): string {
  const perLog = logBytes / segmentBytes;
  return [timeline, Math.floor(number / perLog), number % perLog]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

const pageBytes = 8_192;
const longestHeader = 40;

/** The server names the next place that can be written, past the header of a page that holds nothing yet. */
export function withoutHeader(lsn: number): number {
  return lsn % pageBytes <= longestHeader ? lsn - (lsn % pageBytes) : lsn;
}
