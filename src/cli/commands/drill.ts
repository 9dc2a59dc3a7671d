import type { Command } from 'commander';
import { parseDuration } from '../../core/time.ts';
import { Usage } from '../configuration.ts';
import type { Session } from '../session.ts';

interface RunOptions {
  readonly hold: string;
  readonly target?: string;
  readonly config?: string;
  readonly report?: string;
  readonly add?: boolean;
  readonly continue?: boolean;
  readonly for?: string;
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
    .action(async (names: string[], options: { json?: boolean }) =>
      (await sandbox()).listDrills(session, names, options),
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
    .option('--continue', 'play only what that report has no result of yet, and add it there')
    .option('--for <duration>', 'begin no drill after this long; --continue plays the rest')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nNothing that is configured is touched: the servers are started for it and removed afterwards. Only --target names\na target of yours, which needs drills: allow and an environment that is not production; there nothing is done\nwithout a yes, and the drill takes back what it did.\nExit code 1 when a drill fails.\n\nExamples:\n  upkeep drill run\n  upkeep drill run postgres.open-transaction control.nothing\n  upkeep drill run redis --report drills.md\n  upkeep drill run --report drills.md --for 40m\n  upkeep drill run --report drills.md --continue\n  upkeep drill run --target staging-db',
    )
    .action(async (names: string[], options: RunOptions) => {
      const holdMs = parseDuration(options.hold);
      if (holdMs === undefined) throw new Usage(`--hold ${options.hold}: use 5s or 2m`);
      const atMostMs = options.for === undefined ? undefined : parseDuration(options.for);
      if (options.for !== undefined && atMostMs === undefined)
        throw new Usage(`--for ${options.for}: use 40m or 2h`);
      const limits = { holdMs, ...(atMostMs === undefined ? {} : { atMostMs }) };
      return (await sandbox()).runDrillsOf(session, names, { ...options, ...limits });
    });
}

/** Its servers, drivers and faults are no part of an Upkeep that watches. */
function sandbox() {
  return import('../drills.ts');
}
