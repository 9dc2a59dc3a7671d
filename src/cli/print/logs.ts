/** Logs for people. What stands in a log is anybody's text and goes through `plain`. */
import { count } from '../../core/count.ts';
import type { LogLevel } from '../../core/log/line.ts';
import type { LogSource } from '../../core/log/view.ts';
import type { LogPatternsView } from '../../verbs/log/patterns.ts';
import type { LogSearchView } from '../../verbs/log/search.ts';
import { moment } from '../moments.ts';
import { paint, plain, type Style, type Terminal } from '../terminal.ts';

export const logForms = { 'log.patterns': printPatterns, 'log.search': printSearch };

const styles: Readonly<Record<LogLevel, Style>> = { error: 'red', warning: 'yellow', info: 'gray' };

function printPatterns(terminal: Terminal, found: LogPatternsView): string {
  const lines = found.patterns.map(
    ({ pattern, level, lines, perMinute, firstAt, lastAt }) =>
      `${paint(terminal, styles[level], level.padEnd(7))} ${String(lines).padStart(6)} (${perMinute} a minute)  ${plain(pattern)}\n${paint(
        terminal,
        'gray',
        `        first ${moment(terminal, firstAt)}, last ${moment(terminal, lastAt)}`,
      )}`,
  );
  const since =
    found.followedSince === null ? [] : [`Followed since ${moment(terminal, found.followedSince)}.`];
  return [
    ...sourceLines(terminal, found.sources),
    ...(lines.length > 0 ? lines : ['No line came in that time.']),
    ...since,
  ].join('\n');
}

function printSearch(terminal: Terminal, found: LogSearchView): string {
  const lines = found.lines.map(
    ({ at, level, text }) =>
      `${paint(terminal, 'gray', moment(terminal, at))} ${paint(terminal, styles[level], plain(text))}`,
  );
  return [
    ...sourceLines(terminal, found.sources),
    ...(found.leftOut > 0 ? [`${count(found.leftOut, 'older line')} left out; see --limit.`] : []),
    ...(lines.length > 0 ? lines : ['No such line is kept of that time.']),
  ].join('\n');
}

function sourceLines(terminal: Terminal, sources: readonly LogSource[]): string[] {
  return sources.map(({ path, unseen }) =>
    unseen === null
      ? paint(terminal, 'gray', plain(path))
      : `${paint(terminal, 'yellow', '?')} ${plain(path)}: ${plain(unseen)}`,
  );
}
