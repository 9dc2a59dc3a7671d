/** The repository's own source files, parsed: for the tests that hold the house in order. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseAst } from 'vite';
import { root } from './suites.ts';

export interface Import {
  /** As written: `../core/time.ts`, `zod`, `node:fs`. */
  readonly specifier: string;
  /** Path from the root of the repository where it is relative, else null. */
  readonly file: string | null;
  /** True when nothing of it is left once types are stripped. */
  readonly isType: boolean;
  /** Names taken as values; `*` for all of them. */
  readonly values: readonly string[];
  readonly line: number;
}

/** A node of the syntax tree, as ESTree with TypeScript's own nodes. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export interface Source {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: Node;
}

const skipped = ['**/node_modules/**', '**/dist/**', '**/*.d.ts'];

/** Files that match, by their paths from the root of the repository. */
export function paths(...patterns: string[]): string[] {
  return patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: skipped }))
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || path.includes('/fixtures/');
}

const parsed = new Map<string, Source>();

export function source(path: string): Source {
  const known = parsed.get(path);
  if (known) return known;
  const text = read(path);
  const tree = parseAst(text, { lang: path.endsWith('.tsx') ? 'tsx' : 'ts' }) as unknown as Node;
  const made = { path, text, tree };
  parsed.set(path, made);
  return made;
}

/** Everything people write in TypeScript. */
export function allFiles(): string[] {
  return paths('*.ts', '{src,test,bench,drills}/**/*.ts', 'web/*.ts', 'web/src/**/*.{ts,tsx}');
}

/** What the repository runs and ships: no tests, no fixtures. */
export function productFiles(): string[] {
  return paths('src/**/*.ts', 'web/src/**/*.{ts,tsx}').filter((path) => !isTest(path));
}

export function lineOf({ text }: Source, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Every node of the tree, parents first. */
export function* walk(
  node: Node,
  parents: readonly Node[] = [],
): Generator<{ node: Node; parents: readonly Node[] }> {
  yield { node, parents };
  const inside = [...parents, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* walk(child, inside);
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

const importing = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

const imports = new Map<Source, Import[]>();

export function importsOf(file: Source): Import[] {
  const known = imports.get(file) ?? readImports(file);
  imports.set(file, known);
  return known;
}

function readImports(file: Source): Import[] {
  const found: Import[] = [];
  for (const { node } of walk(file.tree)) {
    if (!importing.has(node.type) || !isNode(node.source)) continue;
    const specifier = String(node.source.value ?? '');
    const specifiers = Array.isArray(node.specifiers) ? node.specifiers.filter(isNode) : null;
    const isWholeType =
      node.importKind === 'type' || node.exportKind === 'type' || node.type === 'TSImportType';
    const values = isWholeType ? [] : valuesOf(specifiers);
    found.push({
      specifier,
      file: specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)) : null,
      // `import './x.ts'` takes nothing and still runs it.
      isType: isWholeType || (specifiers !== null && specifiers.length > 0 && values.length === 0),
      values,
      line: lineOf(file, node.start),
    });
  }
  return found;
}

function valuesOf(specifiers: readonly Node[] | null): string[] {
  if (specifiers === null) return ['*'];
  return specifiers
    .filter((one) => one.importKind !== 'type' && one.exportKind !== 'type')
    .map((one) => {
      const name = one.type === 'ExportSpecifier' ? one.local : one.imported;
      return isNode(name) ? String(name.name ?? name.value) : '*';
    });
}
