/** What backups lack, for people. */
import type { NeedView } from '../../core/backup/needs.ts';
import { paint, plain, type Terminal } from '../terminal.ts';
import { withRemedies } from './remedies.ts';

export const needForms = {
  'backup.needs': (terminal: Terminal, needs: readonly NeedView[]) =>
    needs.length === 0
      ? `${paint(terminal, 'green', '✓')} Every backup has what it needs.`
      : withRemedies(terminal, needs, {
          subject: ({ plan }) => plan,
          line: (need) => printNeed(terminal, need),
        }).join('\n'),
} as const;

function printNeed(terminal: Terminal, { plan, what, isAdvice }: NeedView): string {
  const mark = isAdvice ? paint(terminal, 'gray', '·') : paint(terminal, 'yellow', '!');
  return `${mark} ${paint(terminal, 'bold', plain(plan))}: ${plain(what)}`;
}
