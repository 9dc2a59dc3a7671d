/** What the log of a target says around an onset, as evidence and, where its words are known, as a finding. Pure. */
import { count } from '../count.ts';
import type { Evidence, Finding } from '../evidence.ts';
import { formatDuration } from '../time.ts';
import type { LogLine } from './book.ts';
import { beforeOnsetMs, hasPast, type PatternShift, patternShifts } from './compare.ts';
import { meaningOf } from './known-messages.ts';
import type { LogView } from './view.ts';

export interface LogQuestion {
  readonly target: string;
  readonly view: LogView;
  /** Epoch milliseconds. */
  readonly onset: number;
  readonly now: number;
  /** Whether anything is known to be wrong: without, a new line is no finding. */
  readonly isTrouble: boolean;
  /** All that fires is Upkeep's word of its own backups: that a target logs some error explains none of it. */
  readonly isOfBackups?: boolean;
  /** Latest values of a metric of the target; nothing is known of it where absent. */
  readonly latest?: (metric: string) => readonly { readonly value: number; readonly at: number }[];
}

type Latest = NonNullable<LogQuestion['latest']>;

export interface LogAnswer {
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
}

const mostRows = 12;
const mostLines = 12;
const longestText = 200;
/** A message of known meaning names a mechanism; what proves it stands elsewhere. */
const knownConfidence = 0.55;
const newError = 'log.new-error';
const newConfidence = 0.3;
/** Lines that ended so long ago tell of what was, not of what is (J). */
const overAfterMs = 5 * 60_000;
const overConfidence = 0.3;
/** What first came so long after the onset, and ended, did not bring it about (J). */
const ofOnsetMs = 5 * 60_000;
/** PostgreSQL before 15 shows its counters half a second late. */
const shownWithinMs = 2_000;

const columns = ['what', 'level', 'lines', 'a minute before', 'a minute since', 'firstAt', 'pattern'];

export function logEvidence({
  target,
  view,
  onset,
  now,
  isTrouble,
  isOfBackups = false,
  latest = () => [],
}: LogQuestion): LogAnswer {
  const id = `${target}.logs`;
  const how = `upkeep log patterns ${target}`;
  const unseen = unseenSources({ target, view, now });
  if (view.since === null) return { evidence: unseen, findings: [] };
  const shifts = patternShifts(view.patterns, { onset, until: now, since: view.since });
  const lines = linesToShow(view.lines, shifts, onset);
  const [fresh, rose] = ['new', 'rose'].map((kind) => shifts.filter((one) => one.kind === kind).length);
  const evidence: Evidence = {
    id,
    target,
    title: hasPast({ onset, since: view.since })
      ? `What its log says since the onset: ${count(fresh ?? 0, 'new pattern')}, ${rose ?? 0} more often than before`
      : 'What its log says around the onset; it is followed too short a time to tell what is new',
    at: now,
    how,
    facts: {
      onsetAt: onset,
      since: view.since,
      files: view.sources.map(({ path }) => path).join(', '),
    },
    ...(shifts.length > 0 ? { table: { columns, rows: shifts.slice(0, mostRows).map(rowOf) } } : {}),
    ...(lines.length > 0 ? { text: lines.map(({ text }) => text.slice(0, longestText)).join('\n') } : {}),
  };
  return {
    evidence: [evidence, ...unseen],
    findings: isTrouble
      ? findingsOf({ target, onset, now, latest }, id, shifts).filter(
          ({ id: kind }) => !isOfBackups || kind !== newError,
        )
      : [],
  };
}

function rowOf({ kind, pattern, count: lines, before, after }: PatternShift) {
  const rate = (value: number) => Math.round(value * 10) / 10;
  return [
    kind,
    pattern.level,
    lines,
    rate(before),
    rate(after),
    pattern.firstAt,
    pattern.text.slice(0, longestText),
  ];
}

function unseenSources({ target, view, now }: Pick<LogQuestion, 'target' | 'view' | 'now'>): Evidence[] {
  const problems = view.sources.flatMap(({ path, unseen }) =>
    unseen === null ? [] : [`${path}: ${unseen}`],
  );
  if (problems.length === 0) return [];
  return [
    {
      id: `${target}.logs.unseen`,
      target,
      title: 'Part of its log',
      at: now,
      how: `upkeep log patterns ${target}`,
      unseen: problems.join('; '),
    },
  ];
}

function roundedMs(spanMs: number): number {
  return Math.floor(spanMs / 60_000) * 60_000;
}

/** Errors of the onset first; else what was written around it. */
function linesToShow(lines: readonly LogLine[], shifts: readonly PatternShift[], onset: number): LogLine[] {
  const examples = new Set(
    shifts.filter(({ kind }) => kind !== 'stopped').map(({ pattern }) => pattern.example),
  );
  const told = lines.filter(
    ({ at, level, text }) => at >= onset - beforeOnsetMs && (level === 'error' || examples.has(text)),
  );
  const around = lines.filter(({ at }) => Math.abs(at - onset) <= beforeOnsetMs);
  return (told.length > 0 ? told : around).slice(0, mostLines);
}

/** What was measured after the line says that it is not so any more. */
function isDisproved(line: string, saidAt: number, latest: Latest): boolean {
  const disproof = meaningOf(line)?.disproof;
  if (disproof === undefined) return false;
  const since = latest(disproof.metric).filter(({ at }) => at > saidAt + shownWithinMs);
  return since.length > 0 && since.every(({ value }) => value === disproof.is);
}

function findingsOf(
  { target, onset, now, latest }: Pick<LogQuestion, 'target' | 'onset' | 'now'> & { readonly latest: Latest },
  evidence: string,
  shifts: readonly PatternShift[],
): Finding[] {
  const grave = shifts.filter(
    ({ kind, pattern }) =>
      kind !== 'stopped' && pattern.level !== 'info' && !isDisproved(pattern.example, pattern.lastAt, latest),
  );
  const meanings = new Map<string, Finding>();
  for (const { kind, pattern, count: lines } of grave) {
    const known = meaningOf(pattern.example);
    if (!known || meanings.has(known.means)) continue;
    const agoMs = now - pattern.lastAt;
    const isOver = agoMs >= overAfterMs;
    meanings.set(known.means, {
      id: 'log.known-message',
      title: 'its log names the trouble',
      target,
      summary: isOver
        ? `the log of ${target} said that ${known.means}, last ${formatDuration(roundedMs(agoMs))} ago`
        : `the log of ${target} says that ${known.means}`,
      explanation: `${kind === 'new' ? 'Since the onset, and not before' : 'Far more often since the onset'}, its log holds (${count(lines, 'line')}): ${pattern.example.slice(0, longestText)}`,
      confidence: isOver ? overConfidence : knownConfidence,
      isSaidOnly: true,
      ...(isOver && pattern.firstAt - onset > ofOnsetMs
        ? {
            beside: `it came ${formatDuration(roundedMs(pattern.firstAt - onset))} after the onset, and not again for ${formatDuration(roundedMs(agoMs))} while the trouble went on`,
          }
        : {}),
      ...(kind === 'new' ? { onset: pattern.firstAt } : {}),
      evidence: [evidence],
      unseen: [],
      decides: [known.decides],
      recommendations: [],
    });
  }
  if (meanings.size > 0) return [...meanings.values()];
  const first = grave.find(({ kind, pattern }) => kind === 'new' && pattern.level === 'error');
  if (!first) return [];
  return [
    {
      id: newError,
      target,
      summary: `${target} logs an error since the onset that it did not log before`,
      explanation: `${count(first.count, 'line')}: ${first.pattern.example.slice(0, longestText)}`,
      confidence: newConfidence,
      onset: first.pattern.firstAt,
      evidence: [evidence],
      unseen: [],
      decides: [`what stands around the first such line: \`upkeep log search ${target} --since 1h\``],
      recommendations: [],
    },
  ];
}
