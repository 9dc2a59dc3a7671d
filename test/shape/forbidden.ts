/** What no source may hold, found in its syntax tree. */
import { importsOf, isNode, isTest, lineOf, type Node, type Source, walk } from '../sources.ts';

export interface Finding {
  readonly line: number;
  readonly what: string;
}

type Rule = (node: Node, parents: readonly Node[]) => string | null;

export function findIn(file: Source, rule: Rule): Finding[] {
  const found: Finding[] = [];
  for (const { node, parents } of walk(file.tree)) {
    const what = rule(node, parents);
    if (what !== null) found.push({ line: lineOf(file, node.start), what });
  }
  return found;
}

/** `Date.now`, `process.hrtime`: the text of a plain member expression. */
function memberText(node: Node): string | null {
  if (node.type !== 'MemberExpression' || !isNode(node.object) || !isNode(node.property)) return null;
  const object = node.object.type === 'MemberExpression' ? memberText(node.object) : node.object.name;
  const property = node.computed ? node.property.value : node.property.name;
  return typeof object === 'string' && typeof property === 'string' ? `${object}.${property}` : null;
}

const timedMembers =
  /^(globalThis\.)?(Date\.now|performance\.(now|timeOrigin)|Math\.random|process\.(hrtime|uptime)|AbortSignal\.timeout|crypto\.(randomUUID|getRandomValues|randomBytes|randomInt)|Temporal\.Now)\b/;
const timedNames = new Set(['setTimeout', 'setInterval', 'randomUUID', 'randomBytes', 'randomInt']);
const timedModules = /^(node:)?(timers(\/promises)?|perf_hooks)$/;

/** Time and randomness: only `src/clock.ts` and `src/id.ts` ask the machine for them. */
export function timeIn(file: Source): Finding[] {
  const nodes = findIn(file, (node, parents) => {
    const member = memberText(node);
    if (member !== null && timedMembers.test(member)) return member;
    if (node.type === 'NewExpression' && isNamed(node.callee, 'Date')) return 'new Date';
    if (node.type === 'CallExpression' && isNamed(node.callee, 'Date')) return 'Date()';
    if (
      node.type === 'Identifier' &&
      timedNames.has(String(node.name)) &&
      !isPropertyName(node, parents.at(-1))
    )
      return String(node.name);
    return null;
  });
  const modules = importsOf(file)
    .filter((one) => !one.isType && timedModules.test(one.specifier))
    // Giving way to others takes no time that a clock could tell.
    .filter((one) => !one.values.every((value) => value === 'setImmediate'))
    .map((one) => ({ line: one.line, what: one.specifier }));
  return [...nodes, ...modules];
}

function isNamed(value: unknown, name: string): boolean {
  return isNode(value) && value.type === 'Identifier' && value.name === name;
}

/** `options.setTimeout`, `{ setTimeout: … }` and type members are names of properties, not the global. */
function isPropertyName(node: Node, parent: Node | undefined): boolean {
  if (!parent) return false;
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed;
  return 'key' in parent && parent.key === node && !parent.computed && !parent.shorthand;
}

const ownTime =
  /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|random|gen_random_uuid)\s*\(\s*\)|\bcurrent_(timestamp|time|date)\b|\b(datetime|julianday|strftime)\s*\([^)]*'now'/i;

/** SQL of our own store is given the time; it never asks its engine for it. */
export function sqlTimeIn(file: Source): Finding[] {
  return findIn(file, (node) => {
    if (node.type !== 'TemplateElement' && node.type !== 'Literal') return null;
    const text = node.type === 'Literal' ? node.value : (node.value as { raw?: unknown } | undefined)?.raw;
    return typeof text === 'string' && /\b(select|insert|update|delete|default|where|set)\b/i.test(text)
      ? (ownTime.exec(text)?.[0] ?? null)
      : null;
  });
}

const types: Readonly<Record<string, string>> = {
  TSAnyKeyword: 'any',
  TSEnumDeclaration: 'enum',
  TSParameterProperty: 'a parameter property',
  Decorator: 'a decorator',
};

/** Types that say nothing, and syntax that does not vanish when types are stripped. */
export function typesIn(file: Source): Finding[] {
  const found = findIn(file, (node) => {
    // `declare module 'x'` adds to another package's types.
    const isNamespace =
      node.type === 'TSModuleDeclaration' && !(isNode(node.id) && node.id.type === 'Literal');
    return isNamespace ? 'namespace' : (types[node.type] ?? null);
  });
  // What a test expects to be a type error is a claim that the compiler checks.
  const words = isTest(file.path) ? 'ignore|nocheck' : 'ignore|nocheck|expect-error';
  const silenced = [...file.text.matchAll(new RegExp(`^.*(//|/\\*).*@ts-(${words})`, 'gm'))];
  return [
    ...found,
    ...silenced.map((match) => ({ line: lineOf(file, match.index), what: `@ts-${match[2]}` })),
  ];
}

const testNames = new Set(['test', 'it', 'describe', 'suite', 't']);

/** Tests that run alone, and tests that do not run and do not say why. */
export function sleepersIn(file: Source): Finding[] {
  return findIn(file, (node) => {
    if (node.type === 'CallExpression' && isNode(node.callee)) {
      const [object, word] = (memberText(node.callee) ?? '').split('.');
      if (!testNames.has(object ?? '')) return null;
      if (word === 'only') return '.only';
      const hasReason = object === 't' && Array.isArray(node.arguments) && node.arguments.length > 0;
      return (word === 'skip' || word === 'todo') && !hasReason ? `.${word} without a reason` : null;
    }
    if (node.type !== 'Property' || !isNode(node.key) || !isNode(node.value)) return null;
    const isOn = node.value.type === 'Literal' && node.value.value === true;
    return isOn && ['skip', 'todo', 'only'].includes(String(node.key.name)) ? `${node.key.name}: true` : null;
  });
}
