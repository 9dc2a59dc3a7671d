import type { Command } from 'commander';
import { parseDuration } from '../../core/time.ts';
import { drills } from '../../drills/catalogue/index.ts';
import type { Drill } from '../../drills/drill.ts';
import { whyNot } from '../../drills/run.ts';
import { Usage } from '../configuration.ts';
import { chooseDrills, runChosenDrills } from '../drill-session.ts';
import { runDrillsOnTarget } from '../drill-target.ts';
import type { Session } from '../session.ts';
import { jsonText, paint, table } from '../terminal.ts';

interface RunOptions {
  readonly hold: string;
  readonly target?: string;
  readonly config?: string;
  readonly report?: string;
  readonly add?: boolean;
  readonly json?: boolean;
}

export function drillCommand(program: Command, session: Session): void {
  const drill = program
    .command('drill')
    .description('faults on purpose in a sandbox of its own: how fast and how rightly does Upkeep react?');
  drill
    .command('list')
    .description('every drill, and why it cannot be played here where it cannot')
    .argument('[drill...]', 'only these, or families of them: postgres, control')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  upkeep drill list\n  upkeep drill list postgres --json')
    .action((names: string[], options: { json?: boolean }) =>
      list(session, chooseDrills(names, drills), options),
    );
  drill
    .command('run')
    .description('plays drills in a sandbox that it starts itself, and scores what Upkeep did')
    .argument('[drill...]', 'these drills or families (postgres, control); all when left out')
    .option('--hold <duration>', 'how long a symptom must stay away after it was mitigated', '5s')
    .option('--report <file>', 'write the report as Markdown here, and as JSON beside it')
    .option(
      '--target <name>',
      'play on this target of the configuration instead: it must allow drills and must not be production',
    )
    .option('-c, --config <file>', 'the configuration that names the target')
    .option('--add', 'keep what stands in that report of drills that are not played now')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nNothing that is configured is touched: the servers are started for it and removed afterwards. Only --target names\na target of yours, which needs drills: allow and an environment that is not production; there nothing is done\nwithout a yes, and the drill takes back what it did.\nExit code 1 when a drill fails.\n\nExamples:\n  upkeep drill run\n  upkeep drill run postgres.open-transaction control.nothing\n  upkeep drill run redis --report drills.md\n  upkeep drill run --target staging-db',
    )
    .action((names: string[], options: RunOptions) => {
      const holdMs = parseDuration(options.hold);
      if (holdMs === undefined) throw new Usage(`--hold ${options.hold}: use 5s or 2m`);
      if (options.target !== undefined)
        return runDrillsOnTarget(session, options.target, names, { ...options, holdMs });
      return runChosenDrills(session, chooseDrills(names, drills), { ...options, holdMs });
    });
}

function list({ world, terminal }: Session, chosen: readonly Drill[], options: { json?: boolean }): void {
  const rows = chosen.map((drill) => ({
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
