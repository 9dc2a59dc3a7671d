/** One YAML file being read: its nodes, where they stand, and every problem found so far. */
import { type Document, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { Problem } from '../core/configuration.ts';
import { hintFor } from '../core/suggest.ts';
import { hasReference, hideReferences, type Reference, replaceReferences } from './variables.ts';

export interface SourceInput {
  readonly file: string;
  readonly text: string;
  /** The value of an environment variable. */
  readonly variable: (name: string) => string | undefined;
  /** For `did you mean`. */
  readonly variableNames: () => readonly string[];
  /** Reads the file of a `file:PATH` secret; throws when it cannot. */
  readonly secretFile: (path: string) => string;
}

export interface Source {
  readonly input: SourceInput;
  readonly document: Document<Node, boolean> | undefined;
  readonly references: readonly Reference[];
  readonly problems: Problem[];
  /** Values that came from variables and secret files: they never stand in a message. */
  readonly secrets: Set<string>;
  /** Nodes converted so far; bounds what nested aliases can blow up to. */
  converted: number;
  readonly lineOf: (offset: number) => { line: number; col: number };
}

export function openSource(input: SourceInput): Source {
  const { text, references } = hideReferences(input.text);
  const lineCounter = new LineCounter();
  const lineOf = (offset: number) => {
    const { line, col } = lineCounter.linePos(Math.max(0, Math.min(offset, text.length)));
    return { line: Math.max(line, 1), col: Math.max(col, 1) };
  };
  const problems: Problem[] = [];
  const source: Omit<Source, 'document'> = {
    input,
    references,
    problems,
    secrets: new Set(),
    converted: 0,
    lineOf,
  };
  try {
    const document = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: false,
      strict: true,
      version: '1.2',
    });
    for (const error of document.errors) {
      addProblem(source, error.pos[0], '', `is not valid YAML: ${written(source, firstLine(error.message))}`);
    }
    if (document.errors.length > 0) return { ...source, document: undefined };
    reportDuplicates(source, document);
    return { ...source, document };
  } catch (error) {
    // Nesting thousands deep exhausts the parser's stack.
    addProblem(
      source,
      0,
      '',
      `cannot be read as YAML: ${error instanceof Error ? error.message : 'unknown error'}`,
    );
    return { ...source, document: undefined };
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

function reportDuplicates(source: Omit<Source, 'document'>, document: Document<Node, boolean>): void {
  visit(document, {
    Map(_, map, ancestors) {
      const seen = new Set<string>();
      for (const pair of map.items) {
        if (!isScalar(pair.key)) continue;
        const name = written(source, String(pair.key.value));
        if (seen.has(name)) {
          const path = [...pathOf(source, ancestors), name].join('.');
          addProblem(
            source,
            pair.key.range?.[0] ?? 0,
            path,
            'stands here a second time',
            'remove one of the two',
          );
        }
        seen.add(name);
      }
    },
  });
}

function pathOf(source: Omit<Source, 'document'>, ancestors: readonly unknown[]): string[] {
  return ancestors.flatMap((ancestor) => {
    if (typeof ancestor !== 'object' || ancestor === null || !('key' in ancestor)) return [];
    return isScalar(ancestor.key) ? [written(source, String(ancestor.key.value))] : [];
  });
}

/** The text as it stands in the file, with `${NAME}` where a variable is used. */
export function written(source: Pick<Source, 'references'>, text: string): string {
  return replaceReferences(text, source.references, (reference) => reference.raw);
}

export function addProblem(
  source: Omit<Source, 'document'>,
  offset: number,
  path: string,
  message: string,
  hint?: string,
): void {
  const problem: Problem = {
    file: source.input.file,
    ...source.lineOf(offset),
    path,
    message,
    ...(hint === undefined ? {} : { hint }),
  };
  const isKnown = source.problems.some(
    (other) =>
      other.line === problem.line &&
      other.col === problem.col &&
      other.path === path &&
      other.message === message,
  );
  if (!isKnown) source.problems.push(problem);
}

/** Puts the values of variables in; undefined, with a problem, when one is not set. */
export function expand(source: Source, offset: number, path: string, text: string): string | undefined {
  if (/(^|[^$])\$\{/.test(text)) {
    addProblem(
      source,
      offset,
      path,
      `has a "\${" without its "}"`,
      `write \${NAME}, or $\${ for the characters themselves`,
    );
    return undefined;
  }
  let isComplete = true;
  const usesVariables = hasReference(text);
  const expanded = replaceReferences(text.replaceAll('$${', '${'), source.references, (reference) => {
    const value = resolve(source, offset, path, reference);
    if (value === undefined) isComplete = false;
    else if (value !== '') source.secrets.add(value);
    return value ?? '';
  });
  if (!isComplete) return undefined;
  if (usesVariables && expanded !== '') source.secrets.add(expanded);
  return expanded;
}

/** Tells of unset variables where no reader came by, because what they belong to is wrong itself. */
export function reportUnsetVariables(source: Source): void {
  if (source.document === undefined) return;
  const swept: Source = { ...source, problems: [] };
  visit(source.document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !hasReference(node.value)) return;
      expand(swept, node.range?.[0] ?? 0, pathOf(source, ancestors).join('.'), node.value);
    },
  });
  const placed = ({ line, col, message }: Problem) => `${line}:${col} ${message}`;
  const known = new Set(source.problems.map(placed));
  source.problems.push(...swept.problems.filter((problem) => !known.has(placed(problem))));
}

function resolve(source: Source, offset: number, path: string, reference: Reference): string | undefined {
  if (reference.name === undefined) {
    addProblem(
      source,
      offset,
      path,
      `${reference.raw} is no variable reference`,
      `write \${NAME} or \${NAME:-default}`,
    );
    return undefined;
  }
  const value = source.input.variable(reference.name);
  // As in a shell, `:-` also stands in for a variable that is set but empty.
  if (reference.fallback !== undefined && (value === undefined || value === '')) return reference.fallback;
  if (value !== undefined) return value;
  const near = hintFor(reference.name, source.input.variableNames());
  const didYouMean = near?.startsWith('did you mean') ? `${near.slice(0, -1)}, or ` : '';
  addProblem(
    source,
    offset,
    path,
    `the environment variable ${reference.name} is not set`,
    `${didYouMean}set it, put it into .env beside this file, or write \${${reference.name}:-default}`,
  );
  return undefined;
}
