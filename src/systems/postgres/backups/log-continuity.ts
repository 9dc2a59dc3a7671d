/** Whether a log in an archive has a gap, by our own arithmetic over the names of its files. Pure. */
import { nameOf, parseLsn, type Segment, segmentOf } from './segments.ts';

/** One line of a history file: on that timeline the log was followed up to that place, in bytes. */
export interface Fork {
  readonly timeline: number;
  readonly until: number;
}

/** `00000003.history` says how timeline 3 came about. */
export interface History {
  readonly timeline: number;
  readonly forks: readonly Fork[];
}

/** Lines as PostgreSQL writes them: timeline, place, reason, with tabs between; comments and empty lines left out. */
export function parseHistory(timeline: number, text: string): History {
  const forks = text.split('\n').flatMap((line) => {
    const [, id, place] = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/i.exec(line) ?? [];
    return id === undefined || place === undefined ? [] : [{ timeline: Number(id), until: parseLsn(place) }];
  });
  return { timeline, forks };
}

export interface ArchivedLog {
  /** Names of what lies there; what is no file of the log is passed over. */
  readonly names: readonly string[];
  readonly histories: readonly History[];
  readonly segmentBytes: number;
}

export interface Continuity {
  /** Names of the files that should be there and are not, the first of them; empty where there is no gap. */
  readonly missing: readonly string[];
  readonly missingCount: number;
  /** The last file of what follows `from` without a gap; null where not even that is there. */
  readonly to: string | null;
  /** The newest file of that history of the log; null where there is none. */
  readonly newest: string | null;
}

const mostNamed = 5;

/**
 * From the file `from` on, along the history that leads to the newest timeline, or along its own where that branched off
 * earlier. What must be there: everything up to the newest file that is, and up to `confirmed`.
 * @param confirmed name of the file that the server says it archived last; null where it does not say
 */
export function continuityOf(log: ArchivedLog, from: string, confirmed: string | null): Continuity {
  const { segmentBytes } = log;
  const start = segmentOf(from, segmentBytes);
  if (start === null) throw new Error(`${from} is no file of the log`);
  const present = new Set<string>();
  for (const name of log.names) {
    const segment = segmentOf(name, segmentBytes);
    if (segment !== null && !isNote(name)) present.add(nameOf(segment, segmentBytes));
  }
  const course = courseOf(log.histories, start, segmentBytes);
  const there = [...present].flatMap((name) => segmentOf(name, segmentBytes) ?? []);
  const onCourse = (segment: Segment) =>
    segment.number >= start.number && course(segment.number) === segment.timeline;
  const said = confirmed === null ? null : segmentOf(confirmed, segmentBytes);
  const wanted = said !== null && onCourse(said) ? [said] : [];
  const newest = there.filter(onCourse).reduce((last, { number }) => Math.max(last, number), -1);
  const end = Math.max(start.number, newest, ...wanted.map(({ number }) => number));
  const nameAt = (number: number) => nameOf({ timeline: course(number), number }, segmentBytes);
  const missing: string[] = [];
  let missingCount = 0;
  let to: string | null = null;
  for (let number = start.number; number <= end; number += 1) {
    const name = nameAt(number);
    if (!present.has(name)) {
      missingCount += 1;
      if (missing.length < mostNamed) missing.push(name);
    } else if (missingCount === 0) to = name;
  }
  return { missing, missingCount, to, newest: newest === -1 ? null : nameAt(newest) };
}

/** `….00000028.backup` notes a backup, `….partial` the rest of a dead timeline; neither is the file itself. */
function isNote(name: string): boolean {
  return /\.(backup|partial)\b/.test(name);
}

/** Which timeline the file of that number is of. */
function courseOf(
  histories: readonly History[],
  start: Segment,
  segmentBytes: number,
): (number: number) => number {
  const leading = histories
    .filter(({ forks }) =>
      forks.some(
        ({ timeline, until }) => timeline === start.timeline && until >= start.number * segmentBytes,
      ),
    )
    .reduce<History | null>((best, one) => (best && best.timeline > one.timeline ? best : one), null);
  if (leading === null) return () => start.timeline;
  // The file in which a timeline was left is written anew on the next one.
  return (number) =>
    leading.forks.find(
      ({ timeline, until }) => timeline >= start.timeline && number < Math.floor(until / segmentBytes),
    )?.timeline ?? leading.timeline;
}
