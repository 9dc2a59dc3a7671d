/** The keys of a system or notifier: converted to plain values, checked by its own schema, placed in the file. */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { z } from 'zod';
import { plainIssues } from '../core/input-words.ts';
import { hintForKey } from '../core/suggest.ts';
import { type Field, isNothing, report, reportKey, resolved, type Section } from './field.ts';
import { isOpen, property, reportIssue, reportUnknownKeys, unknownKeys } from './schema-issues.ts';
import { expand } from './source.ts';

/** Far more than anybody writes; stops aliases nested to explode. */
const mostNodes = 20_000;
const deepest = 40;

interface Conversion {
  /** Paths of texts that came from a variable or file: they may stand for a number or flag. */
  readonly filledIn: Set<string>;
  isComplete: boolean;
}

/** Checked settings as `bind` takes them; undefined after reporting every problem. */
export function settings(
  part: Section,
  schema: z.ZodObject,
  commonKeys: readonly string[],
): Record<string, unknown> | undefined {
  const conversion: Conversion = { filledIn: new Set(), isComplete: true };
  const own = part.all.filter((field) => !commonKeys.includes(field.name));
  const ownKeys = Object.keys(schema.shape);
  const raw: Record<string, unknown> = {};
  let isKnown = true;
  for (const field of own) {
    if (!Object.hasOwn(schema.shape, field.name) && !isOpen(schema)) {
      isKnown = false;
      const hint = hintForKey(field.name, [...ownKeys, ...commonKeys], ownKeys);
      reportKey(field, 'is not a key that belongs here', hint);
    } else setOwn(raw, field.name, plain(field, [field.name], conversion, 0));
  }
  const strangers = unknownKeys(schema, raw);
  reportUnknownKeys(part, strangers);
  const error = check(raw, schema, conversion);
  const { filledIn, isComplete } = conversion;
  for (const issue of plainIssues(error?.issues ?? []))
    reportIssue(part, issue, { raw, filledIn, isComplete });
  return error === undefined && isComplete && isKnown && strangers.length === 0 ? raw : undefined;
}

/** `__proto__` as a key must become a property, not the prototype. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function plain(field: Field, path: string[], conversion: Conversion, depth: number): unknown {
  const { source } = field;
  source.converted++;
  if (source.converted > mostNodes || depth > deepest) {
    conversion.isComplete = false;
    return report(field, 'is nested too deep or repeats itself without end');
  }
  const node = resolved(field);
  if (isNothing(node)) return null;
  if (isScalar(node)) return plainScalar(field, node.value, path, conversion);
  const child = (name: string, value: unknown, at: number): unknown => {
    const inner = isNode(value) ? value : null;
    const childPath = `${field.path}.${name}`;
    return plain(
      { source, path: childPath, name, node: inner, at: inner?.range?.[0] ?? at, keyAt: at },
      [...path, name],
      conversion,
      depth + 1,
    );
  };
  if (isSeq(node)) return node.items.map((item, index) => child(String(index), item, field.at));
  if (!isMap(node)) return null;
  const result: Record<string, unknown> = {};
  for (const pair of node.items) {
    const key = isScalar(pair.key) ? pair.key : undefined;
    const name = String(key?.value ?? '');
    setOwn(result, name, child(name, pair.value, key?.range?.[0] ?? field.at));
  }
  return result;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}

function plainScalar(field: Field, value: unknown, path: string[], conversion: Conversion): unknown {
  if (typeof value !== 'string') return value;
  const { source } = field;
  const expanded = expand(source, field.at, field.path, value);
  if (expanded === undefined) {
    conversion.isComplete = false;
    return undefined;
  }
  if (expanded !== value) conversion.filledIn.add(path.join('\u0000'));
  // `file:///…` is an address; `file:path` names a secret.
  if (!expanded.startsWith('file:') || expanded.startsWith('file://')) return expanded;
  conversion.filledIn.add(path.join('\u0000'));
  const secretPath = expanded.slice('file:'.length);
  try {
    const secret = source.input.secretFile(secretPath).replace(/\r?\n$/, '');
    if (secret !== '') source.secrets.add(secret);
    return secret;
  } catch (error) {
    conversion.isComplete = false;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'cannot be read';
    const name = expanded === value ? ` ${secretPath}` : '';
    return report(
      field,
      `the secret file${name} cannot be read: ${code}`,
      'give a path from the folder of this file',
    );
  }
}

/** Parses; texts that a variable gave are retried as the number or flag that the schema wants there. */
function check(
  raw: Record<string, unknown>,
  schema: z.ZodObject,
  conversion: Conversion,
): z.ZodError | undefined {
  const first = parse(raw, schema);
  if (first === undefined || conversion.filledIn.size === 0) return first;
  for (const issue of first.issues) {
    if (issue.code !== 'invalid_type') continue;
    if (!conversion.filledIn.has(issue.path.map(String).join('\u0000'))) continue;
    retype(raw, issue.path, issue.expected);
  }
  return parse(raw, schema);
}

function parse(raw: unknown, schema: z.ZodObject): z.ZodError | undefined {
  try {
    const result = schema.safeParse(raw);
    return result.success ? undefined : result.error;
  } catch {
    // A refinement that throws says only that the value is wrong; its text may quote the value.
    return new z.ZodError([{ code: 'custom', path: [], message: 'is not valid', input: undefined }]);
  }
}

function retype(raw: Record<string, unknown>, path: readonly PropertyKey[], expected: string): void {
  let holder: unknown = raw;
  for (const key of path.slice(0, -1)) holder = property(holder, key);
  const last = path.at(-1);
  if (typeof holder !== 'object' || holder === null || last === undefined) return;
  const value = property(holder, last);
  if (typeof value !== 'string') return;
  if ((expected === 'number' || expected === 'int') && /^-?\d+(\.\d+)?$/.test(value)) {
    Reflect.set(holder, last, Number(value));
  } else if (expected === 'boolean' && /^(true|false)$/.test(value)) {
    Reflect.set(holder, last, value === 'true');
  }
}
