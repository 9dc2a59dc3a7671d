/** Statements of MySQL and MariaDB as the words that their lexers see. */

export interface Token {
  /** `function` is a name with a parenthesis after it, quoted or not. */
  readonly kind: 'word' | 'function' | 'quoted' | 'text' | 'number' | 'variable' | 'sign';
  /** Words and names in upper case. */
  readonly text: string;
}

/** Begins a comment that MySQL or MariaDB runs, by their version. */
export const runComment = /\/\*[mM]?!/;

export type Tokens = readonly Token[] | { readonly unseen: string };

const piece = (escapes: boolean) => {
  const inner = escapes
    ? (mark: string) => `(?:[^${mark}\\\\]|\\\\[\\s\\S]|${mark}${mark})*`
    : (mark: string) => `(?:[^${mark}]|${mark}${mark})*`;
  return new RegExp(
    [
      '(?<space>\\s+|--(?=\\s|$)[^\\n]*|#[^\\n]*|/\\*(?![!+]|[mM]!)[\\s\\S]*?\\*/)',
      `(?<text>[nNxXbB]?'${inner("'")}'|"${inner('"')}")`,
      '(?<quoted>`(?:[^`]|``)*`)',
      '(?<number>0[xX][\\da-fA-F]+|(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?(?![\\w$]))',
      '(?<variable>@@?[\\w.$`]+|@["\'][^"\']*["\'])',
      '(?<word>[\\w$\\u0080-\\uffff]+)',
      '(?<sign>:=|[-+*/%=<>!&|^~(),.;?:{}@])',
    ].join('|'),
    'y',
  );
};
const withEscapes = piece(true);
const without = piece(false);

/**
 * @param escapes whether a backslash hides what follows it; `sql_mode` decides, so both ways are to be tried
 */
export function mysqlTokens(text: string, escapes: boolean): Tokens {
  const conditional = runComment.exec(text);
  if (conditional)
    return { unseen: `what stands in ${conditional[0]} … */ is run by MySQL or MariaDB, by their version` };
  if (text.includes('/*+')) return { unseen: 'a hint may set variables' };
  const found: Token[] = [];
  const form = escapes ? withEscapes : without;
  for (form.lastIndex = 0; form.lastIndex < text.length; ) {
    const groups = form.exec(text)?.groups;
    if (!groups)
      return { unseen: 'its quotes or comments are not balanced, or it holds a command of the client' };
    const [kind = 'space', said = ''] = Object.entries(groups).find(([, one]) => one !== undefined) ?? [];
    const last = found.at(-1);
    if (kind === 'sign' && said === '(' && last && /^(word|quoted|text)$/.test(last.kind))
      found[found.length - 1] = {
        kind: 'function',
        text: last.text.replace(/^[`"]|[`"]$/g, '').toUpperCase(),
      };
    const named = kind === 'quoted' ? said.slice(1, -1) : said;
    if (kind !== 'space')
      found.push({ kind: kind as Token['kind'], text: kind === 'text' ? said : named.toUpperCase() });
  }
  return found;
}
