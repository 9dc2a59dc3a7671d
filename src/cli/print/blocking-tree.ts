/** Who waits for whom as indented lines. */
import { type Blocker, waitersOf } from '../../core/blocking-tree.ts';
import { count } from '../../core/count.ts';
import { nameInWords, valueInWords } from '../../core/fact-words.ts';
import { moment } from '../moments.ts';
import { paint, plain, type Terminal } from '../terminal.ts';

/** So many that wait for one are shown, and so many steps down. */
const mostWaiting = 4;
const mostDepth = 4;

/** @param noun how the system calls a session: `pid`, `thread` */
export function treeLines(terminal: Terminal, roots: readonly Blocker[], noun: string, depth = 0): string[] {
  const indent = '  '.repeat(depth);
  const shown = roots.slice(0, mostWaiting);
  const hidden = roots.slice(mostWaiting);
  const lines = shown.flatMap((one) => {
    const isDeep = depth + 1 >= mostDepth && one.waiting.length > 0;
    return [
      `${indent}${lineOf(terminal, one, noun, depth)}`,
      ...(isDeep
        ? [`${indent}  … ${count(waitersOf(one), 'more')} behind it`]
        : treeLines(terminal, one.waiting, noun, depth + 1)),
    ];
  });
  if (hidden.length === 0) return lines;
  const more = hidden.length + hidden.reduce((sum, one) => sum + waitersOf(one), 0);
  return [...lines, `${indent}… and ${more} more`];
}

function lineOf(terminal: Terminal, { pid, facts, waiting }: Blocker, noun: string, depth: number): string {
  const who = pid === '0' ? 'a prepared transaction' : `${noun} ${pid}`;
  const holds = depth === 0 && waiting.length > 0 ? ' holds the lock' : '';
  const when = (at: number) => moment(terminal, at);
  const told = Object.entries(facts)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${nameInWords(name)} ${plain(valueInWords(name, value, when))}`);
  return `${paint(terminal, 'bold', plain(who))}${holds}${told.length === 0 ? '' : `: ${told.join(', ')}`}`;
}
