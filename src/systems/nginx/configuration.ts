/** The configuration files as nginx reads them: words, blocks, includes. Broken files are read as far as they go. */
import { glob, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { redact } from '../../core/redact.ts';

export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** Blocks around it: `http`, `server example.test`. */
  readonly within: readonly string[];
  readonly file: string;
  readonly line: number;
}

export interface Configuration {
  /** Text by full path, the main file first. */
  readonly files: ReadonlyMap<string, string>;
  readonly directives: readonly Directive[];
}

interface Word {
  readonly text: string;
  readonly line: number;
  /** Of `;`, `{` and `}` where they are no part of a word. */
  readonly isMark: boolean;
}

const mostFiles = 500;
const mostCharacters = 8_000_000;

/** Reads the file and what it includes. Throws where the main file cannot be read; an include that cannot is left out. */
export async function readConfiguration(main: string): Promise<Configuration> {
  const files = new Map<string, string>();
  const directives: Directive[] = [];
  let characters = 0;
  const read = async (file: string, within: readonly string[]): Promise<void> => {
    if (files.has(file) || files.size >= mostFiles) return;
    const text = await readFile(file, 'utf8');
    characters += text.length;
    if (characters > mostCharacters) return;
    files.set(file, text);
    for (const directive of directivesOf(text, file, within)) {
      directives.push(directive);
      if (directive.name !== 'include') continue;
      for (const included of await matching(directive.args[0] ?? '', dirname(main)))
        await read(included, directive.within).catch(() => {});
    }
  };
  await read(main, []);
  return { files, directives };
}

async function matching(pattern: string, folder: string): Promise<string[]> {
  const full = resolve(folder, pattern);
  if (!/[*?[]/.test(full)) return [full];
  return (await Array.fromAsync(glob(full))).sort();
}

export function directivesOf(text: string, file: string, around: readonly string[] = []): Directive[] {
  const found: Directive[] = [];
  const within = [...around];
  let words: Word[] = [];
  for (const word of wordsOf(text)) {
    if (!word.isMark) {
      words.push(word);
      continue;
    }
    const [name, ...args] = words;
    if (name !== undefined) {
      const told = args.map((arg) => arg.text);
      found.push({ name: name.text, args: told, within: [...within], file, line: name.line });
      if (word.text === '{') within.push([name.text, ...told].join(' '));
    } else if (word.text === '{') within.push('');
    if (word.text === '}' && within.length > around.length) within.pop();
    words = [];
  }
  return found;
}

function* wordsOf(text: string): Generator<Word> {
  // Comment, line break, space, quoted word, mark, bare word; `${` does not open a block.
  const pattern =
    /#[^\n]*|\n|[^\S\n]+|"((?:\\[\s\S]|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|([;{}])|((?:\\[\s\S]|\$\{|[^\s;{}"'\\])(?:\\[\s\S]|\$\{[^}]*\}|[^\s;{\\])*)/g;
  let line = 1;
  for (const [all, double, single, mark, bare] of text.matchAll(pattern)) {
    const word = double ?? single ?? mark ?? bare;
    if (word !== undefined && !all.startsWith('#')) yield { text: word, line, isMark: mark !== undefined };
    line += all.split('\n').length - 1;
  }
}

/** Each directive under the blocks around it, numbered where it stands more than once; no secrets. */
export function documentOf({ directives }: Configuration): Record<string, string> {
  const values = new Map<string, string>();
  for (const { name, args, within } of directives) {
    const key = [...within, name].join(' > ');
    let free = key;
    for (let number = 2; values.has(free); number++) free = `${key} (${number})`;
    values.set(free, /secret|password|auth_basic_user/.test(name) ? '(hidden)' : redact(args.join(' ')));
  }
  return Object.fromEntries(values);
}

/** Arguments of the first directive of this name. */
export function argsOf(
  configuration: Configuration | undefined,
  name: string,
): readonly string[] | undefined {
  return configuration?.directives.find((directive) => directive.name === name)?.args;
}
