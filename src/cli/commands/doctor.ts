import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Overview, TargetDetail } from '../../core/view.ts';
import { installHint, missingTools } from '../../machine/tools.ts';
import { verbNamed } from '../../verbs/index.ts';
import { connect } from '../ask.ts';
import { chooseConfiguration, requireConfiguration } from '../configuration.ts';
import type { Session } from '../session.ts';
import { jsonText, paint, plain, type Terminal } from '../terminal.ts';

interface Ailment {
  readonly subject: string;
  readonly problem: string;
  readonly remedy: string;
}

export function doctorCommand(program: Command, { world, terminal, exit }: Session): void {
  program
    .command('doctor')
    .description('what this machine and the configured systems lack, and the command that mends it')
    .option('-c, --config <file>', 'the configuration')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 1 when something is lacking.\n\nExamples:\n  upkeep doctor\n  upkeep doctor --json',
    )
    .action(async (options: { config?: string; json?: boolean }) => {
      const configuration = requireConfiguration(await chooseConfiguration(world, options.config));
      const ailments = [...ofMachine(configuration.store)];
      const connection = await connect(world, options);
      try {
        await connection.glance();
        const overview = (await connection.call(verbNamed('status.show'), {})) as Overview;
        for (const { name } of overview.targets) {
          const target = (await connection.call(verbNamed('target.show'), { name })) as TargetDetail;
          ailments.push(...ofTarget(target));
        }
      } finally {
        await connection.close();
      }
      if (ailments.length > 0) exit(1);
      terminal.out(options.json ? jsonText(ailments) : print(terminal, ailments));
    });
}

function* ofMachine(store: { kind: string; folder?: string }): Generator<Ailment> {
  if (store.kind === 'sqlite' && store.folder !== undefined && !canWrite(store.folder)) {
    yield {
      subject: 'store',
      problem: `${store.folder} cannot be written`,
      remedy: `chown "$USER" ${store.folder}, or set store: to another folder`,
    };
  }
  for (const tool of missingTools())
    yield {
      subject: 'machine',
      problem: `${tool.name} is not installed: ${tool.use}`,
      remedy: installHint(tool),
    };
}

/** The folder itself, or the one above in which it would be made: looking leaves nothing behind. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function canWrite(folder: string): boolean {
  try {
    accessSync(nearest(folder), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** What several checks of a target say alike is said once. */
function ofTarget({ name, checks }: TargetDetail): Ailment[] {
  const found = new Map<string, Ailment>();
  for (const check of checks) {
    for (const { reason, remedy } of check.missing)
      found.set(reason, { subject: `${name} ${check.probe}`, problem: reason, remedy });
    if (check.ok === false && !found.has(check.detail)) {
      found.set(check.detail, { subject: name, problem: check.detail, remedy: `upkeep investigate ${name}` });
    }
  }
  return [...found.values()];
}

function print(terminal: Terminal, ailments: readonly Ailment[]): string {
  if (ailments.length === 0) return `${paint(terminal, 'green', '✓')} Nothing is lacking.`;
  return ailments
    .map(
      ({ subject, problem, remedy }) =>
        `${paint(terminal, 'yellow', '!')} ${paint(terminal, 'bold', subject)}: ${plain(problem)}\n    ${paint(terminal, 'cyan', plain(remedy))}`,
    )
    .join('\n');
}
