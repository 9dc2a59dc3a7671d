import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stateLocation } from '../../app.ts';
import { timestamp } from '../../clock.ts';
import { placeOf } from '../../config/place.ts';
import { formatProblem } from '../../config/problem.ts';
import { sloPeriodMs } from '../../core/burn-rate/error-budget.ts';
import type { Configuration, Problem } from '../../core/configuration.ts';
import { count } from '../../core/count.ts';
import { unnamedPromotions } from '../../core/failover.ts';
import { untoldFailover } from '../../core/failover-told.ts';
import { deadLineWarnings } from '../../core/guard/dead-lines.ts';
import { begunWarnings, floodWarnings } from '../../core/maintenance.ts';
import { untoldWarning } from '../../core/oncall/untold.ts';
import { slowTimeoutWarnings } from '../../core/slow-timeout.ts';
import { commandLine } from '../../machine/run-program.ts';
import * as actionRows from '../../store/actions.ts';
import { glanceAt, refusalOf } from '../../store/index.ts';
import { defaultFile, loadFile, shownPath } from '../configuration.ts';
import type { Session } from '../session.ts';
import { jsonText, paint, plain, type Terminal } from '../terminal.ts';

/** Of the actions that were done last. */
const lookedAt = 500;

interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly store: boolean;
}

export function checkCommand(program: Command, { world, terminal, exit }: Session): void {
  program
    .command('check')
    .description('validate the configuration: every problem at once as file:line:col path: message')
    .argument('[file]', 'the file to check', world.env.UPKEEP_CONFIG ?? defaultFile)
    .option('-c, --config <file>', 'the same as the argument')
    .option('--no-store', 'the file alone: do not try whether the store can be used from here')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  upkeep check\n  upkeep check examples/guildford.yaml --json\n  upkeep check --no-store   (where the database of the store is out of reach, as in CI)',
    )
    .action(async (named: string, options: CheckOptions) => {
      const file = resolve(world.cwd, options.config ?? named);
      const reading = loadFile(world, file);
      const { configuration } = reading;
      const problems =
        configuration && options.store
          ? await problemsOfStore(configuration, file, shownPath(world, file))
          : reading.problems;
      if (problems.length > 0) exit(2);
      const isWhole = configuration !== undefined && problems.length === 0;
      const warnings = configuration
        ? [
            ...(isWhole && options.store ? await untoldFailovers(configuration) : []),
            ...warningsOf(configuration, world.clock.now()),
          ]
        : [];
      if (options.json) return terminal.out(jsonText({ ok: problems.length === 0, problems, warnings }));
      terminal.out(
        configuration && problems.length === 0
          ? praise(terminal, configuration, options.config ?? named, warnings)
          : complaint(terminal, problems),
      );
    });
}

/** Tried only where the file is good: what it says may not be what was meant. */
async function problemsOfStore(
  configuration: Configuration,
  file: string,
  shown: string,
): Promise<readonly Problem[]> {
  const refusal = await refusalOf(stateLocation(configuration));
  if (refusal === null) return [];
  return [{ file: shown, ...placeOf(readFileSync(file, 'utf8'), 'store'), path: 'store', message: refusal }];
}

/** What was done outlives the file, and only the store knows of it. */
async function untoldFailovers(configuration: Configuration): Promise<string[]> {
  const { failovers = [] } = configuration;
  if (failovers.length === 0) return [];
  const done = await glanceAt(stateLocation(configuration), (db) =>
    actionRows.list(db, { states: ['done'], deed: 'promote', limit: lookedAt }),
  );
  const wording = { program: commandLine, moment: timestamp };
  return failovers.flatMap((pair) => untoldFailover(pair, done ?? [], wording) ?? []);
}

function complaint(terminal: Terminal, problems: readonly Problem[]): string {
  const lines = problems.map((problem) => plain(formatProblem(problem)));
  return [...lines, paint(terminal, 'red', count(problems.length, 'problem'))].join('\n');
}

function praise(
  terminal: Terminal,
  configuration: Configuration,
  file: string,
  warnings: readonly string[],
): string {
  const { targets, services, notifiers } = configuration;
  const rules = new Set(targets.flatMap((target) => target.rules.map((rule) => rule.id))).size;
  const parts = [
    count(targets.length, 'target'),
    count(services.length, 'service'),
    count(rules, 'rule'),
    count(notifiers.length, 'notifier'),
  ];
  return [
    `${paint(terminal, 'green', '✓')} ${file} is good: ${parts.join(', ')}`,
    ...warnings.map((warning) => `${paint(terminal, 'yellow', '!')} ${plain(warning)}`),
  ].join('\n');
}

function warningsOf(configuration: Configuration, now: number): string[] {
  const untold = untoldWarning(configuration);
  return [
    ...(untold === null ? [] : [untold]),
    ...slowTimeoutWarnings(configuration.targets),
    ...deadLineWarnings(configuration.guard),
    ...unnamedPromotions(configuration),
    ...floodWarnings(configuration.maintenance, now),
    ...(configuration.services.some(({ slo }) => slo)
      ? begunWarnings(configuration.maintenance, now, sloPeriodMs)
      : []),
  ];
}
