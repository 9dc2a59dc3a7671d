/** Walks over one line of an exposition. */

/** `line 12, character 3: …` */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

export interface Cursor {
  peek(): string;
  atEnd(): boolean;
  skipBlanks(): void;
  /** @throws Malformed where another character stands */
  expect(character: string): void;
  name(): string;
  /** A text in double quotes with \\, \" and \n. */
  quoted(): string;
  number(what: string): number;
  /** @throws Malformed */
  fail(message: string): never;
}

const nameHere = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const numberHere = /[^\s#]+/y;
/** As Go's ParseFloat takes them in decimal; hexadecimal and underscores are not exposed by anything. */
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\', '"': '"', n: '\n' };

export function createCursor(line: string, number: number): Cursor {
  let at = 0;
  const fail = (message: string): never => {
    throw new Malformed(`line ${number}, character ${at + 1}: ${message}`);
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(line)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  return {
    fail,
    peek: () => line[at] ?? '',
    atEnd: () => at >= line.length,
    skipBlanks() {
      while (line[at] === ' ' || line[at] === '\t') at++;
    },
    expect(character) {
      if (line[at] !== character) fail(`expected ${character}`);
      at++;
    },
    name: () => take(nameHere) ?? fail('expected a name'),
    quoted() {
      if (line[at] !== '"') fail('expected a text in quotes');
      let text = '';
      for (at++; line[at] !== '"'; at++) {
        if (at >= line.length) fail('a quote is not closed');
        if (line[at] === '\\') {
          at++;
          text += escapes[line[at] ?? ''] ?? fail('unknown escape');
        } else text += line[at];
      }
      at++;
      return text;
    },
    number(what) {
      const word = take(numberHere) ?? fail(`the ${what} is missing`);
      if (decimal.test(word)) return Number(word);
      if (/^[+-]?inf(inity)?$/i.test(word)) return word.startsWith('-') ? -Infinity : Infinity;
      if (/^nan$/i.test(word)) return Number.NaN;
      return fail(`${word.slice(0, 40)} is no number`);
    },
  };
}
