/** One value of the file with its path and place. Every reader answers undefined after reporting a problem. */
import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { hintForKey, nearest } from '../core/suggest.ts';
import { addProblem, expand, type Source, written } from './source.ts';

export interface Field {
  readonly source: Source;
  /** `targets.db.every` */
  readonly path: string;
  readonly name: string;
  readonly node: Node | null;
  /** Offset of the value; of the key where there is no value. */
  readonly at: number;
  readonly keyAt: number;
}

export interface Section {
  readonly field: Field;
  readonly get: (key: string) => Field | undefined;
  readonly all: readonly Field[];
}

/** The whole file. */
export function rootField(source: Source): Field {
  const node = source.document?.contents ?? null;
  const at = node?.range?.[0] ?? 0;
  return { source, path: '', name: '', node, at, keyAt: at };
}

export function report(field: Field, message: string, hint?: string): undefined {
  addProblem(field.source, field.at, field.path, message, hint);
  return undefined;
}

/** Reports at the key instead of the value: something is wrong with the name, or missing inside. */
export function reportKey(field: Field, message: string, hint?: string): undefined {
  addProblem(field.source, field.keyAt, field.path, message, hint);
  return undefined;
}

/** A map; with `known` every other key is a problem. A key without a value is an empty map. */
export function section(field: Field, known?: readonly string[]): Section | undefined {
  const node = resolved(field);
  if (isNothing(node)) return { field, get: () => undefined, all: [] };
  if (!isMap(node)) return report(field, `must be a map of keys and values, not ${kindOf(node)}`);
  const byName = new Map<string, Field>();
  for (const pair of node.items) {
    const key = pair.key;
    if (!isScalar(key)) {
      report(field, 'has a key that is no plain name');
      continue;
    }
    const child = childField(field, key, pair.value);
    if (known !== undefined && !known.includes(child.name)) {
      const hint =
        child.name === '<<' ? 'merge keys are not supported; repeat the keys' : hintForKey(child.name, known);
      reportKey(child, 'is not a key that belongs here', hint);
    } else if (!byName.has(child.name)) byName.set(child.name, child);
  }
  return { field, get: (name) => byName.get(name), all: [...byName.values()] };
}

function childField(
  parent: Field,
  key: { value: unknown; range?: readonly number[] | null },
  value: unknown,
): Field {
  const name = written(parent.source, String(key.value));
  const keyAt = key.range?.[0] ?? parent.at;
  const node = asNode(value);
  return {
    source: parent.source,
    path: parent.path === '' ? name : `${parent.path}.${name}`,
    name,
    node,
    at: isNothing(node) ? keyAt : (node?.range?.[0] ?? keyAt),
    keyAt,
  };
}

function asNode(value: unknown): Node | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;
}

/** The key `name`, else one that is no key here (`known`) and was probably meant to be it. */
export function getOrMisspelt(part: Section, name: string, known: readonly string[]): Field | undefined {
  return (
    part.get(name) ??
    part.all.find((field) => !known.includes(field.name) && nearest(field.name, [name]) !== undefined)
  );
}

/** The items of a list; a single value counts as a list of one. */
export function list(field: Field): Field[] {
  const node = resolved(field);
  if (isNothing(node)) return [];
  if (!isSeq(node)) return [field];
  return node.items.map((item, index) => {
    const itemNode = asNode(item);
    const at = itemNode?.range?.[0] ?? field.at;
    return { ...field, path: `${field.path}[${index}]`, name: String(index), node: itemNode, at, keyAt: at };
  });
}

/** What an alias points to; null where nothing stands or the alias cannot be followed. */
export function resolved(field: Field): Node | null {
  const { node } = field;
  if (!isAlias(node)) return node;
  if (!field.source.document) return null;
  try {
    return node.resolve(field.source.document) ?? null;
  } catch {
    return null;
  }
}

export function isNothing(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null);
}

/** The value as it stands in the file, variables unexpanded, for messages. */
export function shown(field: Field): string {
  const node = resolved(field);
  if (!isScalar(node)) return kindOf(node);
  const source = node.source ?? String(node.value);
  const text = written(field.source, source).replace(/\s+/g, ' ');
  return `"${text.length > 60 ? `${text.slice(0, 57)}…` : text}"`;
}

export function kindOf(node: Node | null): string {
  if (isNothing(node)) return 'nothing';
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node)) return 'something else';
  if (typeof node.value === 'string') return 'text';
  if (typeof node.value === 'number' || typeof node.value === 'bigint') return 'a number';
  if (typeof node.value === 'boolean') return 'true or false';
  return 'something else';
}

/** Text with its variables put in. A number or flag is a problem: `name: 2024` needs quotes. */
export function text(field: Field): string | undefined {
  const node = resolved(field);
  if (isScalar(node) && typeof node.value === 'string') {
    const value = expand(field.source, field.at, field.path, node.value);
    return value?.trim() === '' ? report(field, 'is empty') : value;
  }
  const hint = isScalar(node) && !isNothing(node) ? 'put it in quotes' : undefined;
  return report(field, `must be text, not ${kindOf(node)}`, hint);
}

/** A scalar as text or number, for readers that know more forms than one. */
export function scalar(field: Field): string | number | boolean | undefined {
  const node = resolved(field);
  if (isScalar(node)) {
    const { value } = node;
    if (typeof value === 'string') return expand(field.source, field.at, field.path, value);
    if (typeof value === 'number' || typeof value === 'boolean') return value;
  }
  return report(field, `must be a single value, not ${kindOf(node)}`);
}
