/** Edits values of upkeep.yaml by their paths; each byte outside of what was changed stays as it was written. Pure. */
import { isDeepStrictEqual } from 'node:util';
import {
  Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml';
import type { ConfigurationChange } from '../core/configuration-file.ts';
import { leadsSomewhere, makeRoom } from './edit-room.ts';
import { put, rewriteSection } from './edit-section.ts';
import { flow } from './write-value.ts';

/**
 * The text after the changes; the text itself where it is no YAML, which its reading then says.
 * @throws UpkeepError bad-input where a plain value or a list stands where keys would have to
 */
export function editConfiguration(text: string, changes: readonly ConfigurationChange[]): string {
  return changes.reduce((before, change) => {
    const wanted = parseDocument(before);
    if (wanted.errors.length > 0 || !(wanted.contents === null || isMap(wanted.contents))) return before;
    if (change.value === null && !leadsSomewhere(wanted, change.path)) return before;
    makeRoom(wanted, change.path, before);
    put(wanted, change.path, change.value);
    const after = inPlace(before, change, wanted);
    // Anchors, keys that are no text and the like: then the section is written anew, which is always right.
    const isRight = after !== null && means(after, wanted);
    return isRight ? after : rewriteSection(before, change);
  }, text);
}

function means(text: string, wanted: Document): boolean {
  const document = parseDocument(text);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS(), wanted.toJS());
}

interface Place {
  readonly map: YAMLMap;
  /** Undefined where the map has no such key yet. */
  readonly pair: Pair | undefined;
  /** How many keys of the path lead to it. */
  readonly depth: number;
}

/**
 * Only the bytes of the value; null where they are not plainly to be found.
 * @param wanted what the text is to mean, with its comments
 */
function inPlace(text: string, { path, value }: ConfigurationChange, wanted: Document): string | null {
  const document = parseDocument(text);
  const place = deepest(document, path);
  if (place === null) return null;
  const { map, pair, depth } = place;
  if (pair !== undefined && depth < path.length) return null;
  if (pair === undefined) {
    if (value === null) return text;
    return added(text, map, path[depth - 1] ?? '', nested(path.slice(depth), value));
  }
  if (value === null) return removed(text, map, pair);
  const node = pair.value;
  if (!(isScalar(node) || isCollection(node)) || !node.range) return null;
  if (isDeepStrictEqual(node.toJS(document), value)) return text;
  const isPlain = typeof value !== 'object' && isScalar(node);
  return isPlain || map.flow === true
    ? replacedInLine(text, node.range[0], endOf(pair), value)
    : replacedInLines(text, pair, path.at(-1) ?? '', wanted.getIn(path, true));
}

function deepest(document: Document, path: readonly string[]): Place | null {
  let map: unknown = document.contents;
  for (const [index, key] of path.entries()) {
    if (!isMap(map)) return null;
    const pair = map.items.find((one) => isScalar(one.key) && one.key.value === key);
    const isLast = index === path.length - 1;
    if (pair === undefined || isLast || !isMap(pair.value)) return { map, pair, depth: index + 1 };
    map = pair.value;
  }
  return null;
}

function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

function added(text: string, map: YAMLMap, key: string, value: unknown): string | null {
  const last = map.items.at(-1);
  const from = last === undefined ? null : startOf(last);
  if (last === undefined || from === null) return null;
  const end = endOf(last);
  if (map.flow === true) return `${text.slice(0, end)}, ${flow(key)}: ${flow(value)}${text.slice(end)}`;
  const at = lineEndOf(text, end);
  return `${text.slice(0, at)}\n${indented(block(key, value), columnOf(text, from))}${text.slice(at)}`;
}

/** The last one of a map leaves `{}`, which its section writes. */
function removed(text: string, map: YAMLMap, pair: Pair): string | null {
  const from = startOf(pair);
  if (from === null || map.flow === true || map.items.length === 1 || !beginsLine(text, from)) return null;
  return text.slice(0, from - columnOf(text, from)) + text.slice(lineEndOf(text, endOf(pair)) + 1);
}

function replacedInLine(text: string, from: number, to: number, value: unknown): string | null {
  return text.slice(from, to).includes('#') ? null : text.slice(0, from) + flow(value) + text.slice(to);
}

/** Comments between its lines are kept by the library, which writes the whole value anew. */
function replacedInLines(text: string, pair: Pair, key: string, wanted: unknown): string | null {
  const from = startOf(pair);
  if (from === null || !beginsLine(text, from)) return null;
  const alone = new Document({ [key]: null });
  alone.set(key, wanted);
  const lines = indented(alone.toString({ lineWidth: 0 }).trimEnd(), columnOf(text, from)).trimStart();
  return text.slice(0, from) + lines + text.slice(lineEndOf(text, endOf(pair)));
}

function block(key: string, value: unknown): string {
  return stringify({ [key]: value }, { lineWidth: 0 }).trimEnd();
}

function indented(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(by));
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1);
}

function beginsLine(text: string, at: number): boolean {
  return text.slice(at - columnOf(text, at), at).trim() === '';
}

function lineEndOf(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function startOf({ key }: Pair): number | null {
  return isScalar(key) && key.range ? key.range[0] : null;
}

/** Behind the last byte of its value, without the white space and comments that follow. */
function endOf(pair: Pair): number {
  let { key, value } = pair;
  while (isCollection(value) && value.flow !== true && value.items.length > 0) {
    const last = value.items.at(-1);
    if (isPair(last) && last.value === null) key = last.key;
    value = isPair(last) ? last.value : last;
  }
  if ((isScalar(value) || isCollection(value)) && value.range) return value.range[1];
  return isScalar(key) && key.range ? key.range[1] : 0;
}
