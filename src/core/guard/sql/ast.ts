/**
 * Reading PostgreSQL's parse tree as plain JSON. A node is `{ SelectStmt: { … } }`; where C has a field of one type,
 * its body stands there without the name. What is zero, false or empty is left out.
 */
export type Ast = Readonly<Record<string, unknown>>;

export function isAst(value: unknown): value is Ast {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The body of a field, empty where there is none. */
export function part(value: unknown): Ast {
  return isAst(value) ? value : {};
}

export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export interface Node {
  readonly kind: string;
  readonly body: Ast;
}

/** A node that says what it is; undefined for anything else. */
export function nodeOf(value: unknown): Node | undefined {
  if (!isAst(value)) return undefined;
  const [entry, ...more] = Object.entries(value);
  if (!entry || more.length > 0) return undefined;
  const [kind, body] = entry;
  return /^[A-Z]/.test(kind) && isAst(body) ? { kind, body } : undefined;
}

export function bodyOf(value: unknown, kind: string): Ast | undefined {
  const node = nodeOf(value);
  return node?.kind === kind ? node.body : undefined;
}

/** `sval` of a String node. */
export function stringOf(value: unknown): string | undefined {
  const body = bodyOf(value, 'String');
  return body && (typeof body.sval === 'string' ? body.sval : '');
}

/** `['pg_catalog', 'count']` of a list of String nodes; a star is `*`. */
export function nameOf(value: unknown): string[] {
  return items(value).map((one) => stringOf(one) ?? (bodyOf(one, 'A_Star') ? '*' : '?'));
}

export type Constant = string | number | boolean | null;

/** What a constant is worth; undefined for anything else. A cast of a constant counts as that constant. */
export function constantOf(value: unknown): Constant | undefined {
  const cast = bodyOf(value, 'TypeCast');
  if (cast) return constantOf(cast.arg);
  const body = bodyOf(value, 'A_Const');
  if (!body) return undefined;
  if (body.isnull === true) return null;
  if (isAst(body.ival)) return typeof body.ival.ival === 'number' ? body.ival.ival : 0;
  if (isAst(body.fval)) return Number(body.fval.fval ?? 0);
  if (isAst(body.boolval)) return body.boolval.boolval === true;
  if (isAst(body.sval)) return typeof body.sval.sval === 'string' ? body.sval.sval : '';
  return undefined;
}

/** Every node and every body beneath, the given one first. `field` is the name it stands under. */
export function* everything(value: unknown, field = ''): Generator<{ field: string; body: Ast }> {
  if (Array.isArray(value)) {
    for (const one of value) yield* everything(one, field);
    return;
  }
  if (!isAst(value)) return;
  yield { field, body: value };
  for (const [name, child] of Object.entries(value)) yield* everything(child, name);
}

/** Equal in everything but the place in the text. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, withoutPlace) === JSON.stringify(b, withoutPlace);
}

function withoutPlace(field: string, value: unknown): unknown {
  return field === 'location' ? undefined : value;
}

/** Whether an option is on: `ANALYZE`, `ANALYZE true`, `ANALYZE 1`; what cannot be read is. */
export function isOn(options: unknown, name: string): boolean {
  return items(options)
    .map((one) => bodyOf(one, 'DefElem'))
    .filter((one) => String(one?.defname).toLowerCase() === name)
    .some((one) => !isOff(one?.arg));
}

function isOff(argument: unknown): boolean {
  const node = nodeOf(argument);
  if (!node) return false;
  if (node.kind === 'Integer') return (node.body.ival ?? 0) === 0;
  if (node.kind === 'Boolean') return node.body.boolval !== true;
  const word = stringOf(argument) ?? constantOf(argument);
  return typeof word === 'string' ? ['off', 'false'].includes(word.toLowerCase()) : word === false;
}

export function optionOf(options: unknown, name: string): unknown {
  return items(options)
    .map((one) => bodyOf(one, 'DefElem'))
    .findLast((one) => String(one?.defname).toLowerCase() === name)?.arg;
}
