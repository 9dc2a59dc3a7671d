/**
 * Reads what an application exposes: Prometheus text 0.0.4 and OpenMetrics 1.0 (prometheus/docs
 * exposition_formats.md; OpenMetrics specification). Strict in what a number and a label are, since a value that is
 * guessed is worse than none; lenient in white space. No library that is kept up reads both.
 */
import { type Cursor, createCursor, Malformed } from './cursor.ts';

export type FamilyType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown';

export interface ExposedSample {
  /** As it stands there, with its suffix: `http_request_duration_seconds_bucket`. */
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

export interface Exposition {
  readonly samples: readonly ExposedSample[];
  /** By the name of the family, without suffix. */
  readonly types: ReadonlyMap<string, FamilyType>;
}

const types: Readonly<Record<string, FamilyType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'gaugehistogram',
  summary: 'summary',
  info: 'info',
  stateset: 'stateset',
  unknown: 'unknown',
  untyped: 'unknown',
};

/** @throws Malformed that names the line */
export function parseExposition(text: string, isOpenMetrics: boolean): Exposition {
  const samples: ExposedSample[] = [];
  const found = new Map<string, FamilyType>();
  let hasEnded = false;
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const cursor = createCursor(line.endsWith('\r') ? line.slice(0, -1) : line, number);
    cursor.skipBlanks();
    if (cursor.atEnd()) continue;
    if (hasEnded) cursor.fail('something stands after # EOF');
    if (cursor.peek() !== '#') {
      samples.push(readSample(cursor, isOpenMetrics));
      continue;
    }
    if (isOpenMetrics && line.trimEnd() === '# EOF') hasEnded = true;
    else readComment(line, cursor, found);
  }
  if (isOpenMetrics && !hasEnded)
    throw new Malformed(`line ${number}: # EOF is missing, so the answer was cut off`);
  return { samples, types: found };
}

function readComment(line: string, cursor: Cursor, found: Map<string, FamilyType>): void {
  const match = /^\s*#[ \t]+TYPE[ \t]+(?:"((?:[^"\\]|\\.)*)"|(\S+))[ \t]+(\S+)[ \t]*$/.exec(line);
  if (!match) {
    if (/^\s*#[ \t]+TYPE([ \t]|$)/.test(line)) cursor.fail('a TYPE needs a name and a type');
    return;
  }
  const [, quoted, plain, word = ''] = match;
  const name = quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1');
  const type = Object.hasOwn(types, word) ? types[word] : undefined;
  if (type === undefined) cursor.fail(`${word} is no type`);
  else if (found.has(name)) cursor.fail(`${name} has two types`);
  else found.set(name, type);
}

function readSample(cursor: Cursor, isOpenMetrics: boolean): ExposedSample {
  const labels = new Map<string, string>();
  let name = cursor.peek() === '{' ? undefined : cursor.name();
  cursor.skipBlanks();
  if (cursor.peek() === '{') name = readLabels(cursor, labels, name);
  if (name === undefined) return cursor.fail('the name is missing');
  cursor.skipBlanks();
  const value = cursor.number('value');
  cursor.skipBlanks();
  if (!cursor.atEnd() && cursor.peek() !== '#') {
    cursor.number('timestamp');
    cursor.skipBlanks();
  }
  if (isOpenMetrics && cursor.peek() === '#') readExemplar(cursor);
  if (!cursor.atEnd()) cursor.fail('something stands after the value');
  return { name, labels, value };
}

/** Gives the name, which since Prometheus 3 may stand in quotes as the first thing in the braces. */
function readLabels(
  cursor: Cursor,
  labels: Map<string, string>,
  name: string | undefined,
): string | undefined {
  let found = name;
  cursor.expect('{');
  for (cursor.skipBlanks(); cursor.peek() !== '}'; cursor.skipBlanks()) {
    const isQuoted = cursor.peek() === '"';
    const label = isQuoted ? cursor.quoted() : cursor.name();
    cursor.skipBlanks();
    if (isQuoted && found === undefined && cursor.peek() !== '=') found = label;
    else {
      cursor.expect('=');
      cursor.skipBlanks();
      if (labels.has(label)) cursor.fail(`the label ${label} stands there twice`);
      labels.set(label, cursor.quoted());
      cursor.skipBlanks();
    }
    if (cursor.peek() !== '}') cursor.expect(',');
  }
  cursor.expect('}');
  return found;
}

/** ` # {trace_id="…"} 0.5 1234.5`: read, so that a broken one is noticed, and left out. */
function readExemplar(cursor: Cursor): void {
  cursor.expect('#');
  cursor.skipBlanks();
  readLabels(cursor, new Map(), '');
  cursor.skipBlanks();
  cursor.number('exemplar');
  cursor.skipBlanks();
  if (!cursor.atEnd()) cursor.number('timestamp of the exemplar');
  cursor.skipBlanks();
}
