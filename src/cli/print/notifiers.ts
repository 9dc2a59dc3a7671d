/** Channels and tests of them, for people. */

import { count } from '../../core/count.ts';
import { formatDuration } from '../../core/time.ts';
import { shortMoment } from '../moments.ts';
import { paint, plain, type Terminal, table } from '../terminal.ts';

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly fallback: string | null;
  readonly health: 'works' | 'fails' | 'unused';
  readonly failingSince: number | null;
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
      row.waiting === 0 ? '' : `${count(row.waiting, 'message')} waiting`,
    ]),
  ).split('\n');
  return rows.flatMap((row, index) => [lines[index] ?? '', ...remarks(terminal, row, now)]).join('\n');
}

function remarks(terminal: Terminal, row: Row, now: number): string[] {
  const { health, failuresInARow, openUntil, lastFailure, fallback, lastDeliveredAt } = row;
  if (health !== 'fails') return [];
  const left = openUntil === null ? null : Math.max(0, openUntil - now);
  const next = left === null ? '' : `, next try ${left === 0 ? 'due' : `in ${formatDuration(left)}`}`;
  return [
    ...(lastFailure === null ? [] : [`      ${plain(lastFailure)}`]),
    `      ${[
      ...(failuresInARow === 0 ? [] : [`${count(failuresInARow, 'attempt')} failed${next}`]),
      lastDeliveredAt === null
        ? 'nothing ever arrived'
        : `last message arrived ${shortMoment(terminal, lastDeliveredAt, now)}`,
      ...(fallback === null ? [] : [`${plain(fallback)} tells in its place`]),
    ].join('; ')}`,
  ];
}

function stateText(terminal: Terminal, row: Row, now: number): string {
  const { name, health, failingSince, lastDeliveredAt } = row;
  if (health === 'unused') return `not used yet; try it: upkeep notifier test ${plain(name)}`;
  if (health === 'works')
    return `${paint(terminal, 'green', 'works')}: last message ${shortMoment(terminal, lastDeliveredAt ?? now, now)}`;
  return paint(terminal, 'red', `fails since ${shortMoment(terminal, failingSince ?? now, now)}`);
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
