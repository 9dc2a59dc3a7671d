import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatProblem } from '../../config/problem.ts';
import { defaultFile, loadFile } from '../configuration.ts';
import { count } from '../count.ts';
import type { Session } from '../session.ts';
import { jsonText, paint } from '../terminal.ts';

export function checkCommand(program: Command, { world, terminal, exit }: Session): void {
  program
    .command('check')
    .description('validate the configuration: every problem at once as file:line:col path: message')
    .argument('[file]', 'the file to check', world.env.UPKEEP_CONFIG ?? defaultFile)
    .option('-c, --config <file>', 'the same as the argument')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  upkeep check\n  upkeep check examples/guildford.yaml --json')
    .action((named: string, options: { config?: string; json?: boolean }) => {
      const file = options.config ?? named;
      const { problems, configuration } = loadFile(world, resolve(world.cwd, file));
      if (problems.length > 0) exit(2);
      if (options.json) return terminal.out(jsonText({ ok: problems.length === 0, problems }));
      if (!configuration)
        return terminal.out(
          [...problems.map(formatProblem), paint(terminal, 'red', count(problems.length, 'problem'))].join(
            '\n',
          ),
        );
      const rules = new Set(configuration.targets.flatMap((target) => target.rules.map((rule) => rule.id)))
        .size;
      const parts = [
        count(configuration.targets.length, 'target'),
        count(configuration.services.length, 'service'),
        count(rules, 'rule'),
        count(configuration.notifiers.length, 'notifier'),
      ];
      terminal.out(`${paint(terminal, 'green', '✓')} ${file} is good: ${parts.join(', ')}`);
    });
}
