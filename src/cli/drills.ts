/** What the commands of drills do, with everything that a sandbox needs. */
import { drills } from '../drills/catalogue/index.ts';
import { whyNot } from '../drills/run.ts';
import { chooseDrills, type Reporting, runChosenDrills } from './drill-session.ts';
import { runDrillsOnTarget } from './drill-target.ts';
import type { Session } from './session.ts';
import { jsonText, paint, table } from './terminal.ts';

/** On the target of the configuration where one is named, else in a sandbox of its own. Throws Usage. */
export function runDrillsOf(
  session: Session,
  names: readonly string[],
  options: Reporting & { readonly target?: string; readonly config?: string },
): Promise<void> {
  return options.target === undefined
    ? runChosenDrills(session, chooseDrills(names, drills), options)
    : runDrillsOnTarget(session, options.target, names, options);
}

export function listDrills(
  { world, terminal }: Session,
  names: readonly string[],
  options: { readonly json?: boolean },
): void {
  const rows = chooseDrills(names, drills).map((drill) => ({
    id: drill.id,
    row: drill.row,
    title: drill.title,
    does: drill.does,
    mitigation: drill.mitigation,
    notPossible: whyNot(drill, world.systems),
  }));
  terminal.out(
    options.json
      ? jsonText(rows)
      : table(
          terminal,
          rows.map(({ id, row, title, notPossible }) => [
            paint(terminal, 'bold', id),
            row,
            notPossible === null ? title : paint(terminal, 'yellow', `not possible here: ${notPossible}`),
          ]),
        ),
  );
}
