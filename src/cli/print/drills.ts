/** The scoreboard of fire drills for people. */
import { type Scoreboard, scoreCells, scoreColumns, totalLines } from '../../core/drill/scoreboard.ts';
import type { ScoreboardView } from '../../verbs/drill/scoreboard.ts';
import { moment } from '../moments.ts';
import { type Terminal, table } from '../terminal.ts';

export function printBoard(terminal: Terminal, board: Scoreboard): string {
  return [
    table(
      terminal,
      [scoreColumns, ...board.scores.map(scoreCells)].map((row) => [...row]),
    ),
    ...(board.notPossible.length === 0
      ? []
      : [
          '',
          table(
            terminal,
            board.notPossible.map(({ id, why }) => [id, `not possible here: ${why}`]),
          ),
        ]),
    '',
    table(
      terminal,
      totalLines(board).map((line) => [...line]),
    ),
  ].join('\n');
}

export const drillForms = {
  'drill.scoreboard': (terminal: Terminal, view: ScoreboardView) =>
    [
      view.origin === 'own'
        ? `Played on this machine at ${moment(terminal, view.startedAt)}: ${view.machine}`
        : `Played for this version, not on this machine (${view.machine}); yours: upkeep drill run --report drills.md beside upkeep.yaml`,
      '',
      printBoard(terminal, view),
    ].join('\n'),
};
