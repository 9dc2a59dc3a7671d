/** A command line as a shell would split it, where that is plain to see. */

export interface Command {
  readonly words: readonly string[];
  /** `>` and `>>` write what they name. */
  readonly writes: readonly string[];
  /** `<` reads what it names. */
  readonly reads: readonly string[];
  /** Its input comes from the command before. */
  readonly isPiped: boolean;
}

export type Split = { readonly commands: readonly Command[] } | { readonly unseen: string };

interface Token {
  readonly text: string;
  readonly kind: 'word' | 'operator' | 'write' | 'read';
}

/** Answers `unseen` for what only a shell could tell: substitutions, unbalanced quotes, here documents. */
export function splitCommands(text: string): Split {
  const tokens = tokensOf(text);
  if ('unseen' in tokens) return tokens;
  const commands: Command[] = [];
  let words: string[] = [];
  let writes: string[] = [];
  let reads: string[] = [];
  let isPiped = false;
  let target: 'write' | 'read' | undefined;
  const end = (operator: string) => {
    if (words.length + writes.length + reads.length > 0) commands.push({ words, writes, reads, isPiped });
    [words, writes, reads, isPiped] = [[], [], [], operator === '|' || operator === '|&'];
  };
  for (const token of tokens.tokens) {
    if (token.kind === 'operator') end(token.text);
    else if (token.kind === 'write' || token.kind === 'read') target = token.kind;
    else if (target === 'write') writes.push(token.text);
    else if (target === 'read') reads.push(token.text);
    else if (target === undefined) words.push(token.text);
    if (token.kind === 'word') target = undefined;
  }
  end('');
  return { commands };
}

const piece =
  /^(?:(?<space>[ \t]+)|(?<operator>\|\||&&|\|&|;;|[;|\n&])|(?<write>(?:\d*|&)>{1,2}[|&]?)|(?<read>\d*<)|(?<single>'[^']*')|(?<double>"(?:[^"\\]|\\[\s\S])*")|(?<escaped>\\[\s\S])|(?<plain>[^\s'"\\;|&<>]+))/;

function tokensOf(text: string): { readonly tokens: readonly Token[] } | { readonly unseen: string } {
  const unseen = /\$\(|`|<\(|>\(|<<|\$\{|\$'|\$"|\$[A-Za-z_\d@*#?!-]+/.exec(text.replace(/'[^']*'/g, "''"));
  if (unseen) return { unseen: `${unseen[0]} is filled in when it runs` };
  const tokens: Token[] = [];
  let word: string | undefined;
  const flush = () => {
    if (word !== undefined) tokens.push({ text: word, kind: 'word' });
    word = undefined;
  };
  for (let rest = text; rest !== ''; ) {
    const groups = piece.exec(rest);
    if (!groups?.groups) return { unseen: 'its quotes are not balanced' };
    const { space, operator, write, read, single, double, escaped, plain } = groups.groups;
    rest = rest.slice(groups[0].length);
    const inner =
      single?.slice(1, -1) ??
      double?.slice(1, -1).replace(/\\(["\\$`\n])/g, '$1') ??
      escaped?.slice(1).replace('\n', '') ??
      plain;
    if (inner !== undefined) word = (word ?? '') + inner;
    else flush();
    if (space !== undefined || inner !== undefined) continue;
    if (operator !== undefined) tokens.push({ text: operator, kind: 'operator' });
    else tokens.push({ text: write ?? read ?? '', kind: write === undefined ? 'read' : 'write' });
  }
  flush();
  return { tokens };
}

/** `-rf` has r and f. */
export const hasOption = (words: readonly string[], short: string, long: string) =>
  words.some(
    (word) => word === long || (/^-[^-]/.test(word) && [...short].some((letter) => word.includes(letter))),
  );

export const operands = (words: readonly string[]) => words.filter((word) => !word.startsWith('-'));
