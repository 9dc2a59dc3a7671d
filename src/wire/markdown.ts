/** Reports and notices, written in Markdown, in the markup of a channel. HTML in them is shown, never obeyed. */
import { lexer, type Token, type Tokens } from 'marked';
import { plain, plainLines } from '../core/plain.ts';

/** How a channel writes what Markdown says; `text` is escaped already where it comes in. */
export interface Markup {
  escape(text: string): string;
  strong(text: string): string;
  emphasis(text: string): string;
  /** Not escaped yet. */
  code(text: string): string;
  heading(text: string, depth: number): string;
  paragraph(text: string): string;
  item(text: string): string;
  list(items: string): string;
  link(text: string, url: string): string;
  rule: string;
  table(head: readonly string[], rows: readonly (readonly string[])[]): string;
  block(text: string): string;
}

export function renderMarkdown(markdown: string, markup: Markup): string {
  return blocks(lexer(plainLines(markdown)), markup).trim();
}

function blocks(tokens: readonly Token[], markup: Markup): string {
  return tokens.map((token) => blockOf(token, markup)).join('');
}

function blockOf(token: Token, markup: Markup): string {
  switch (token.type) {
    case 'space':
    case 'def':
      return '';
    case 'hr':
      return markup.rule;
    case 'heading':
      return markup.heading(inline(token.tokens, markup), Number(token.depth));
    case 'paragraph':
      return markup.paragraph(inline(token.tokens, markup));
    case 'code':
      return markup.block(String(token.text));
    case 'blockquote':
      return blocks(token.tokens ?? [], markup);
    case 'list':
      return markup.list((token as Tokens.List).items.map((item) => itemOf(item, markup)).join(''));
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const cell = (one: Tokens.TableCell) => inline(one.tokens, markup);
      return markup.table(
        header.map(cell),
        rows.map((row) => row.map(cell)),
      );
    }
    default:
      return markup.paragraph(markup.escape(token.raw));
  }
}

function itemOf(item: Tokens.ListItem, markup: Markup): string {
  const text = item.tokens
    .map((token) =>
      token.type === 'text' ? inline(token.tokens ?? [], markup) : blockOf(token, markup).trim(),
    )
    .join(' ');
  return markup.item(text);
}

function inline(tokens: readonly Token[] | undefined, markup: Markup): string {
  return (tokens ?? []).map((token) => inlineOf(token, markup)).join('');
}

function inlineOf(token: Token, markup: Markup): string {
  switch (token.type) {
    case 'strong':
      return markup.strong(inline(token.tokens, markup));
    case 'em':
    case 'del':
      return markup.emphasis(inline(token.tokens, markup));
    case 'codespan':
      return markup.code(String(token.text));
    case 'br':
      return ' ';
    case 'link':
      return /^https?:\/\//.test(String(token.href))
        ? markup.link(inline(token.tokens, markup), String(token.href))
        : inline(token.tokens, markup);
    case 'escape':
      return markup.escape(String(token.text));
    case 'text':
      return token.tokens ? inline(token.tokens, markup) : markup.escape(decoded(String(token.text)));
    default:
      return markup.escape(plain(token.raw, 10_000));
  }
}

/** Of what Markdown lets one write for characters with a meaning. */
function decoded(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => named[name] ?? whole);
}

/** For channels without any markup. */
export const plainMarkup: Markup = {
  escape: (text) => text,
  strong: (text) => text,
  emphasis: (text) => text,
  code: (text) => text,
  heading: (text) => `\n${text}\n`,
  paragraph: (text) => `${text}\n`,
  item: (text) => `- ${text}\n`,
  list: (items) => items,
  link: (text, url) => (text === url ? url : `${text} (${url})`),
  rule: '\n',
  table: (head, rows) =>
    rows.map((row) => `- ${row.map((cell, i) => `${head[i] ?? ''}: ${cell}`).join(', ')}\n`).join(''),
  block: (text) => `${text}\n`,
};
