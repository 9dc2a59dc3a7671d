/** Puts what a system's or notifier's own schema says against a configuration at its place in the file. */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { z } from 'zod';
import { wordsOf } from '../core/input-words.ts';
import { hintForKey, nearest } from '../core/suggest.ts';
import { resolved, type Section } from './field.ts';
import { addProblem } from './source.ts';

/** What was checked. */
interface Checked {
  readonly raw: Record<string, unknown>;
  /** Paths, joined by NUL, of values that came from variables and files. */
  readonly filledIn: ReadonlySet<string>;
  /** False when a value could not be filled in; that was reported already. */
  readonly isComplete: boolean;
}

interface UnknownKey {
  readonly path: readonly string[];
  readonly known: readonly string[];
}

/** Keys below the first level that the schema would drop in silence. */
export function unknownKeys(
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly string[] = [],
): UnknownKey[] {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodArray && Array.isArray(value)) {
    return value.flatMap((item, index) => unknownKeys(bare.element, item, [...path, String(index)]));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const keyPath = [...path, key];
    if (bare instanceof z.ZodRecord) return unknownKeys(bare.valueType, inner, keyPath);
    if (!(bare instanceof z.ZodObject)) return [];
    const child = Object.hasOwn(bare.shape, key) ? bare.shape[key] : undefined;
    if (child !== undefined) return unknownKeys(child, inner, keyPath);
    return isOpen(bare) ? [] : [{ path: keyPath, known: Object.keys(bare.shape) }];
  });
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return unwrap(schema.def.innerType);
  }
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodReadonly) return unwrap(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in);
  if (schema instanceof z.ZodUnion) {
    const objects = schema.options.map(unwrap).filter((option) => option instanceof z.ZodObject);
    return objects.length === 1 && objects[0] !== undefined ? objects[0] : schema;
  }
  return schema;
}

export function isOpen(schema: z.ZodObject): boolean {
  const { catchall } = schema.def;
  return catchall !== undefined && !(catchall instanceof z.ZodNever);
}

export function reportUnknownKeys(part: Section, keys: readonly UnknownKey[]): void {
  for (const { path, known } of keys) {
    const place = locate(part, path);
    const hint = hintForKey(path.at(-1) ?? '', known);
    addProblem(part.field.source, place.keyAt, place.path, 'is not a key that belongs here', hint);
  }
}

/** @param issue one of `plainIssues` */
export function reportIssue(part: Section, issue: z.core.$ZodIssue, checked: Checked): void {
  const { source } = part.field;
  if (issue.code === 'unrecognized_keys') {
    // Those of objects that the walk sees were reported with a hint; the same line is not said twice.
    for (const key of issue.keys)
      reportUnknownKeys(part, [{ path: [...issue.path.map(String), key], known: [] }]);
    return;
  }
  const value = issue.path.reduce<unknown>(property, checked.raw);
  const place = locate(part, issue.path);
  if (value === undefined && !checked.isComplete && place.isExact) return;
  // What a whole needs cannot be judged while a part of it is not known.
  if (issue.path.length === 0 && !checked.isComplete) return;
  if (value === undefined && issue.path.length > 0) {
    addProblem(source, place.keyAt, place.path, 'is missing');
    return;
  }
  const isFilledIn = checked.filledIn.has(issue.path.map(String).join('\u0000'));
  const near =
    issue.code === 'invalid_value' && typeof value === 'string' && !isFilledIn
      ? nearest(value, issue.values.map(String))
      : undefined;
  const meant = near ?? (typeof value === 'number' ? meantDuration(issue, value) : undefined);
  const hint = meant === undefined ? listHint(issue, value, isFilledIn) : `did you mean ${meant}?`;
  if (isTextWanted(issue) && (typeof value === 'number' || typeof value === 'boolean')) {
    const kind = typeof value === 'number' ? 'a number' : 'true or false';
    addProblem(source, place.at, place.path, `must be text, not ${kind}`, hint ?? 'put it in quotes');
    return;
  }
  addProblem(source, place.at, place.path, scrub(part, wordsOf(issue)), hint && scrub(part, hint));
}

/** A schema wants durations as text; which of its texts are durations only the key can tell. */
const namedAsDuration = /(timeout|every|interval|within|grace|ttl|age|for|after|before)$/i;

function meantDuration(issue: z.core.$ZodIssue, value: number): string | undefined {
  return isTextWanted(issue) && namedAsDuration.test(String(issue.path.at(-1))) ? `${value}s` : undefined;
}

/** The value as the list that is wanted; what a variable or a file holds is not shown. */
function listHint(issue: z.core.$ZodIssue, value: unknown, isFilledIn: boolean): string | undefined {
  if (issue.code !== 'invalid_type' || issue.expected !== 'array' || isFilledIn) return undefined;
  if (typeof value === 'number') return `write [${value}]`;
  // What is in quotes or brackets of its own would be cut in the wrong place.
  if (typeof value !== 'string' || /["'`\\[\]{}]/.test(value)) return undefined;
  // Problems stand in the log and on the dashboard.
  if (/pass|secret|token|key|credential/i.test(value)) return undefined;
  const words = value.split(value.includes(',') ? /\s*,\s*/ : /\s+/).filter((word) => word !== '');
  return words.length === 0 ? undefined : `write [${words.map(flowScalar).join(', ')}]`;
}

function flowScalar(word: string): string {
  return /^[A-Za-z/.][\w/.@+=-]*$/.test(word) && !/^(true|false|null|yes|no|on|off)$/i.test(word)
    ? word
    : JSON.stringify(word);
}

function isTextWanted(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.expected === 'string';
}

export function property(holder: unknown, key: PropertyKey): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, key) : undefined;
}

/** The deepest node of the path that stands in the file. */
function locate(
  part: Section,
  path: readonly PropertyKey[],
): { at: number; keyAt: number; path: string; isExact: boolean } {
  const fullPath = [part.field.path, ...path.map(String)].join('.');
  const [first, ...rest] = path;
  const start = first === undefined ? undefined : part.get(String(first));
  if (start === undefined) {
    return { at: part.field.keyAt, keyAt: part.field.keyAt, path: fullPath, isExact: path.length === 0 };
  }
  let { at, keyAt } = start;
  let node: Node | null = resolved(start);
  for (const step of rest) {
    const next = descend(node, step);
    if (next === undefined) return { at: keyAt, keyAt, path: fullPath, isExact: false };
    node = next.node;
    keyAt = next.keyAt ?? keyAt;
    at = node?.range?.[0] ?? keyAt;
  }
  return { at, keyAt, path: fullPath, isExact: true };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}

function descend(
  node: Node | null,
  step: PropertyKey,
): { node: Node | null; keyAt: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return item === undefined || !isNode(item) ? undefined : { node: item, keyAt: item.range?.[0] };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((entry) => isScalar(entry.key) && String(entry.key.value) === String(step));
  if (pair === undefined || !isScalar(pair.key)) return undefined;
  return { node: isNode(pair.value) ? pair.value : null, keyAt: pair.key.range?.[0] };
}

/** Refinements may quote what they were given; secrets and passwords in addresses are blotted out. */
function scrub(part: Section, message: string): string {
  let clean = message.replace(/(:\/\/[^\s:/@]*:)[^\s@]+@/g, '$1***@');
  const secrets = [...part.field.source.secrets].sort((a, b) => b.length - a.length);
  for (const secret of secrets) clean = clean.replaceAll(secret, '***');
  return clean;
}
