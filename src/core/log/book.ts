/**
 * The log of one target as it is kept: patterns with their counts a minute, the newest lines, and what surrounds an
 * onset. Secrets are taken out before anything is kept. Bounded: a flood of lines or of patterns costs no more memory.
 */
import {
  createLogTemplates,
  type LogTemplate,
  type LogTemplates,
  matchTemplate,
} from '../novelty/log-templates.ts';
import { printable, redact } from '../redact.ts';
import { type InKey, keyLine } from './key-lines.ts';
import { isContinuation, type LogLevel, levelOf } from './line.ts';

export interface LogLine {
  /** Epoch milliseconds: when it came, or what it says of itself where it was written before Upkeep looked. */
  readonly at: number;
  readonly file: string;
  readonly level: LogLevel;
  /** Redacted and without control characters; text from outside all the same. */
  readonly text: string;
}

export interface LogPattern {
  /** How it read when it was first seen; stays the same. */
  readonly key: string;
  /** `<time> ERROR: relation <text> does not exist` */
  text: string;
  readonly level: LogLevel;
  readonly file: string;
  /** The newest line of it. */
  example: string;
  /** Epoch milliseconds. */
  firstAt: number;
  lastAt: number;
  count: number;
  /** Lines by minute since the epoch, of the last hours. */
  readonly perMinute: Map<number, number>;
}

interface Mark {
  readonly at: number;
  readonly lines: LogLine[];
}

export interface LogBook {
  templates: LogTemplates;
  readonly patterns: Map<number, LogPattern>;
  readonly recent: LogLine[];
  readonly recentErrors: LogLine[];
  readonly marks: Mark[];
  /** From when on a pattern that comes first is known to be new. */
  since: number | null;
  /** Files that are inside a key just now. */
  readonly inKey: Map<string, InKey>;
  readonly lastOf: Map<string, LogPattern>;
}

const mostPatterns = 300;
const mostLines = 500;
const mostErrors = 200;
const mostMarks = 5;
const mostMarkLines = 200;
const longestLine = 500;
const longestKey = 200;
const keepMinutes = 6 * 60;
const beforeMarkMs = 2 * 60_000;
const afterMarkMs = 3 * 60_000;

export function createLogBook(): LogBook {
  return {
    templates: createLogTemplates(mostPatterns),
    patterns: new Map(),
    recent: [],
    recentErrors: [],
    marks: [],
    since: null,
    inKey: new Map(),
    lastOf: new Map(),
  };
}

/** Takes a line in; changes `book`. */
export function take(
  book: LogBook,
  raw: { readonly text: string; readonly file: string; readonly at: number },
) {
  const { file, at } = raw;
  book.since = Math.min(book.since ?? at, at);
  const text = withoutSecrets(book, file, raw.text);
  if (text === null || text.trim() === '') return;
  const before = book.lastOf.get(file);
  if (before && isContinuation(text)) {
    keepLine(book, { at, file, level: before.level, text });
    return;
  }
  const level = levelOf(text);
  const pattern = count(book, { at, file, level, text });
  book.lastOf.set(file, pattern);
  keepLine(book, { at, file, level, text });
}

function withoutSecrets(book: LogBook, file: string, raw: string): string | null {
  const { isKey, next } = keyLine(raw, book.inKey.get(file) ?? null);
  if (next === null) book.inKey.delete(file);
  else book.inKey.set(file, next);
  return isKey ? null : printable(redact(raw)).replace(/\n/g, ' ').slice(0, longestLine);
}

function count(book: LogBook, line: LogLine): LogPattern {
  const { at, level, file, text } = line;
  // The level is the first word: what an access log says of a 500 and of a 200 differs in nothing but numbers.
  const { id, template } = matchTemplate(book.templates, `${level} ${text}`, at);
  const known = book.patterns.get(id);
  const words = template.slice(template.indexOf(' ') + 1);
  const pattern: LogPattern = known ?? {
    key: words.slice(0, longestKey),
    text: words,
    level,
    file,
    example: text,
    firstAt: at,
    lastAt: at,
    count: 0,
    perMinute: new Map(),
  };
  pattern.text = words;
  pattern.example = text;
  pattern.count++;
  pattern.firstAt = Math.min(pattern.firstAt, at);
  pattern.lastAt = Math.max(pattern.lastAt, at);
  const minute = Math.floor(at / 60_000);
  pattern.perMinute.set(minute, (pattern.perMinute.get(minute) ?? 0) + 1);
  if (pattern.perMinute.size > keepMinutes) {
    for (const old of pattern.perMinute.keys()) if (old < minute - keepMinutes) pattern.perMinute.delete(old);
  }
  if (!known) {
    book.patterns.set(id, pattern);
    if (book.patterns.size > mostPatterns * 1.2) dropForgotten(book);
  }
  return pattern;
}

function dropForgotten(book: LogBook): void {
  const living = new Set(templatesOf(book.templates).map(({ id }) => id));
  for (const id of book.patterns.keys()) if (!living.has(id)) book.patterns.delete(id);
}

function templatesOf(templates: LogTemplates): LogTemplate[] {
  return Object.values(templates.groups).flat();
}

function keepLine(book: LogBook, line: LogLine): void {
  push(book.recent, line, mostLines);
  if (line.level === 'error') push(book.recentErrors, line, mostErrors);
  for (const mark of book.marks) {
    if (isAround(mark.at, line.at) && mark.lines.length < mostMarkLines) mark.lines.push(line);
  }
}

function push<T>(list: T[], item: T, most: number): void {
  list.push(item);
  // A tenth at once: to take one off the front for each line would move all others each time.
  if (list.length > most * 1.1) list.splice(0, list.length - most);
}

function isAround(mark: number, at: number): boolean {
  return at >= mark - beforeMarkMs && at <= mark + afterMarkMs;
}

/** Something began at this moment: the lines around it are kept although many more come after them. */
export function mark(book: LogBook, at: number): void {
  if (book.marks.some((one) => Math.abs(one.at - at) < afterMarkMs)) return;
  book.marks.push({ at, lines: book.recent.filter((line) => isAround(at, line.at)).slice(-mostMarkLines) });
  if (book.marks.length > mostMarks) book.marks.shift();
}

/** Lines of the span (both ends inclusive), oldest first, each once. */
export function linesIn(book: LogBook, span: { readonly from: number; readonly to: number }): LogLine[] {
  const all = new Set([...book.marks.flatMap((one) => one.lines), ...book.recentErrors, ...book.recent]);
  return [...all].filter(({ at }) => at >= span.from && at <= span.to).sort((a, b) => a.at - b.at);
}

type SavedPattern = Pick<LogPattern, 'key' | 'level' | 'file' | 'firstAt' | 'lastAt' | 'count'>;
export interface SavedBook {
  readonly since: number | null;
  readonly templates: LogTemplates;
  readonly patterns: readonly (readonly [number, SavedPattern])[];
}

/** What tells new from known after a restart; no lines. */
export function saveBook(book: LogBook): SavedBook {
  dropForgotten(book);
  const patterns = [...book.patterns].map(
    ([id, { key, level, file, firstAt, lastAt, count: lines }]) =>
      [id, { key, level, file, firstAt, lastAt, count: lines }] as const,
  );
  return { since: book.since, templates: book.templates, patterns };
}

export function restoreBook(saved: SavedBook): LogBook {
  return {
    ...createLogBook(),
    since: saved.since,
    templates: saved.templates,
    patterns: new Map(
      saved.patterns.map(([id, pattern]) => [
        id,
        { ...pattern, text: pattern.key, example: pattern.key, perMinute: new Map() },
      ]),
    ),
  };
}
