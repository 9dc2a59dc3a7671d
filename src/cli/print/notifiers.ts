/** Channels and tests of them, for people. */

import { count } from '../../core/count.ts';
import { formatDuration } from '../../core/time.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly fallback: string | null;
  readonly state: string;
  readonly failuresInARow: number;
  readonly openUntil: number | null;
  readonly lastDeliveredAt: number | null;
  readonly lastFailure: string | null;
  readonly waiting: number;
}

export function printNotifiers(terminal: Terminal, rows: readonly Row[], now: number): string {
  if (rows.length === 0) return 'No notifier is configured; write one below notify: in upkeep.yaml.';
  const lines = table(
    terminal,
    rows.map((row) => [
      `  ${plain(row.name)}`,
      row.kind,
      stateText(terminal, row, now),
      row.lastDeliveredAt === null
        ? 'nothing delivered yet'
        : `last delivered ${formatDuration(now - row.lastDeliveredAt)} ago`,
      row.waiting === 0 ? '' : `${count(row.waiting, 'message')} waiting`,
    ]),
  ).split('\n');
  return rows.flatMap((row, index) => [lines[index] ?? '', ...remarks(row)]).join('\n');
}

function remarks({ failuresInARow, lastFailure, fallback }: Row): string[] {
  if (failuresInARow === 0) return [];
  const instead = fallback === null ? '' : `; ${plain(fallback)} tells in its place`;
  return [`      ${plain(lastFailure ?? '')}${instead}`];
}

function stateText(terminal: Terminal, { state, failuresInARow, openUntil }: Row, now: number): string {
  if (state === 'closed') {
    return failuresInARow === 0
      ? paint(terminal, 'green', 'works')
      : paint(terminal, 'yellow', `${count(failuresInARow, 'attempt')} failed`);
  }
  const left = openUntil === null ? 0 : Math.max(0, openUntil - now);
  return paint(
    terminal,
    'red',
    `out after ${count(failuresInARow, 'failed attempt')}, next try ${left === 0 ? 'due' : `in ${formatDuration(left)}`}`,
  );
}

export function printNotifierTest(
  terminal: Terminal,
  result: { ok: boolean; notifier: string; to: string | null; detail: string; ms: number },
): string {
  const to = result.to === null ? '' : ` to ${plain(result.to)}`;
  return result.ok
    ? `${paint(terminal, 'green', '✓')} ${plain(result.notifier)} took the test message${to} in ${formatDuration(result.ms)}`
    : `${paint(terminal, 'red', '✗')} ${plain(result.notifier)} did not take the test message${to}: ${plain(result.detail)}`;
}
