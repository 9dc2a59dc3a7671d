/** The terminal: colours only where one is, data on stdout, talk on stderr. */
import { styleText } from 'node:util';
import type { Health } from '../core/view.ts';
import type { Zone } from './moments.ts';

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** One line that each call replaces, empty to clear it; absent where nobody sits before it. */
  passing?(line: string): void;
  readonly hasColour: boolean;
  readonly width: number;
  /** The team's zone, in which moments are written (`moments.ts`). */
  readonly zone?: Zone;
}

export type Style = Parameters<typeof styleText>[0];

export function processTerminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  const isForced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    ...(process.stderr.isTTY === true && env.TERM !== 'dumb' && { passing }),
    hasColour: isForced || (process.stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'),
    // What goes into a file or another program is cut nowhere.
    width: process.stdout.columns ?? Number.POSITIVE_INFINITY,
  };
}

function passing(line: string): void {
  const room = (process.stderr.columns ?? 80) - 1;
  process.stderr.write(`\r\u001b[K${line.length > room ? `${line.slice(0, Math.max(0, room - 1))}…` : line}`);
}

export function paint(terminal: Pick<Terminal, 'hasColour'>, style: Style, text: string): string {
  return terminal.hasColour ? styleText(style, text, { validateStream: false }) : text;
}

/** Control characters but for tab and line feed, and those that turn text around or cannot be seen. */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text from watched systems must not move the cursor, colour the screen or read other than it is. */
export function plain(text: string): string {
  return plainLines(text.replace(/\r?\n/g, ' '));
}

/** The same for text of several lines, which stay lines. */
export function plainLines(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(unseen, '�');
}

/** JSON that reads the same on a terminal: what `plain` replaces is escaped, so that nothing of it is lost. */
export function jsonText(value: unknown): string {
  // JSON.stringify escapes the control characters below U+0020 itself; what else is matched stands inside of strings.
  return JSON.stringify(value, null, 2).replace(
    unseen,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const marks: Readonly<Record<Health, { mark: string; style: Style }>> = {
  ok: { mark: '●', style: 'green' },
  warning: { mark: '▲', style: 'yellow' },
  critical: { mark: '✗', style: 'red' },
  unknown: { mark: '?', style: 'gray' },
};

export function healthMark(terminal: Terminal, health: Health): string {
  return paint(terminal, marks[health].style, marks[health].mark);
}

/** Columns padded to their widest cell, measured without colour codes; the last is cut to the terminal. */
export function table(terminal: Terminal, rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, visible(cell).length);
  return rows
    .map((row) =>
      row
        .map((cell, i) =>
          i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - visible(cell).length),
        )
        .join('  '),
    )
    .map((line) => cut(line, terminal.width))
    .join('\n');
}

function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of our own colours
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}

function cut(line: string, width: number): string {
  const over = visible(line).length - width;
  return over <= 0 || line !== visible(line) ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}
