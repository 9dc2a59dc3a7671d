/** The change ledger for people. */
import type { Change } from '../../core/change.ts';
import { moment } from '../moments.ts';
import { paint, plain, type Terminal } from '../terminal.ts';

export const changeForms = {
  'change.list': (terminal: Terminal, changes: readonly Change[]) =>
    changes.length === 0
      ? 'No change is known from that time.'
      : changes.map((one) => printChange(terminal, one)).join('\n'),
  'change.record': printChange,
};

const mostDifferences = 5;

function printChange(terminal: Terminal, change: Change): string {
  const { at, kind, target, service, summary, differences, source, isReported, url } = change;
  const where = target ?? service ?? 'unknown where';
  const told = isReported ? differences : differences.length > 1 ? differences : [];
  return [
    `${moment(terminal, at)}  ${paint(terminal, 'bold', plain(where))}  ${kind}  ${plain(summary)}`,
    paint(
      terminal,
      'gray',
      `  ${isReported ? `reported by ${plain(source)}` : `seen in ${plain(source)}`}${url === null ? '' : `, ${plain(url)}`}`,
    ),
    ...told
      .slice(0, mostDifferences)
      .map(
        ({ name, before, after }) =>
          `  ${plain(name)}: ${plain(before ?? 'nothing')} -> ${plain(after ?? 'nothing')}`,
      ),
    ...(told.length > mostDifferences ? [`  and ${told.length - mostDifferences} more`] : []),
  ].join('\n');
}
