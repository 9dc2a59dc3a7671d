/** Writes the whole section of upkeep.yaml that holds a change anew; comments and all other sections stay. Pure. */
import { type Document, isCollection, isMap, isScalar, isSeq, parseDocument, type YAMLMap } from 'yaml';
import type { ConfigurationChange } from '../core/configuration-file.ts';
import { makeRoom } from './edit-room.ts';

/** The text after the change. */
export function rewriteSection(text: string, { path, value }: ConfigurationChange): string {
  const name = path[0] ?? '';
  const document = parseDocument(text);
  const before = placeOf(document, name);
  makeRoom(document, path, text);
  put(document, path, value);
  return before === null ? append(text, document, name) : splice(text, document, name, before);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** From the key to the end of its value; null where the key is not there. */
function placeOf(document: Document, name: string): Span | null {
  const pair = isMap(document.contents) ? pairOf(document.contents, name) : undefined;
  if (!isScalar(pair?.key) || !pair.key.range) return null;
  const value = pair.value;
  const range = isScalar(value) || isCollection(value) ? value.range : null;
  return { from: pair.key.range[0], to: range ? range[2] : pair.key.range[2] };
}

function pairOf(map: YAMLMap, name: string) {
  // A key that was read is a node; one that was added is its text.
  return map.items.find(({ key }) => (isScalar(key) ? key.value : key) === name);
}

/** Only the section is written anew: YAML in, YAML out would also move comments elsewhere. */
function splice(text: string, document: Document, name: string, { from, to }: Span): string {
  const old = text.slice(from, to);
  const [end = ''] = /\s*$/.exec(old) ?? [];
  return text.slice(0, from) + sectionText(document, name).trimEnd() + end + text.slice(to);
}

function append(text: string, document: Document, name: string): string {
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${start}${start === '' ? '' : '\n'}${sectionText(document, name)}`;
}

function sectionText(document: Document, name: string): string {
  const alone = document.clone();
  alone.commentBefore = null;
  alone.comment = null;
  if (!isMap(alone.contents)) return '';
  const pair = pairOf(alone.contents, name);
  alone.contents.items = pair ? [pair] : [];
  alone.contents.commentBefore = null;
  alone.contents.comment = null;
  if (isScalar(pair?.key)) {
    pair.key.commentBefore = null;
    pair.key.spaceBefore = false;
  }
  return pair ? alone.toString({ lineWidth: 0 }) : '';
}

/** Goes down as far as both sides have the same shape, so that comments beside what stays are kept. */
export function put(document: Document, path: readonly (string | number)[], value: unknown): void {
  if (value === null) {
    document.deleteIn(path);
    return;
  }
  const there = document.getIn(path, true);
  if (isMap(there) && isRecord(value)) {
    const keys = there.items.map(({ key }) => (isScalar(key) ? String(key.value) : String(key)));
    for (const key of keys) if (!(key in value)) document.deleteIn([...path, key]);
    for (const [key, each] of Object.entries(value)) put(document, [...path, key], each);
  } else if (isSeq(there) && Array.isArray(value)) {
    for (let index = there.items.length - 1; index >= value.length; index -= 1)
      document.deleteIn([...path, index]);
    for (const [index, each] of value.entries()) put(document, [...path, index], each);
  } else if (!isScalar(there) || there.value !== value) {
    if (isScalar(there) && !isCollectionValue(value)) there.value = value;
    else document.setIn(path, document.createNode(value));
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCollectionValue(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
