import type { Command } from 'commander';
import type { Overview } from '../../core/view.ts';
import { verbNamed } from '../../verbs/index.ts';
import { type Connection, connect } from '../ask.ts';
import { inZone, machineZone } from '../moments.ts';
import { printStatus } from '../print/status.ts';
import type { Session } from '../session.ts';
import { jsonText } from '../terminal.ts';

/** The targets are looked at now either way; incidents are as Upkeep left them where it does not run. */
async function standing({ isLive, storedAt }: Connection) {
  return isLive ? { running: true } : { running: false, asOf: await storedAt() };
}

export function statusCommand(program: Command, { world, terminal, exit }: Session): void {
  program
    .command('status')
    .description('what is up, what is not, error budgets')
    .option('-c, --config <file>', 'the configuration')
    .option('--all', 'fold nothing: every target in a line of its own')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 1 when anything is down or an incident is open.\n\nExamples:\n  upkeep status\n  upkeep status --all\n  upkeep status --json | jq .incidents',
    )
    .action(async (options: { config?: string; json?: boolean; all?: boolean }) => {
      const connection = await connect(world, options);
      try {
        await connection.glance();
        const overview = (await connection.call(verbNamed('status.show'), {})) as Overview;
        terminal.out(
          options.json
            ? jsonText({ ...overview, ...(await standing(connection)) })
            : inZone(terminal, connection.timezone() ?? machineZone(), (zoned) =>
                printStatus(zoned, overview, {
                  isLive: connection.isLive,
                  now: world.clock.now(),
                  all: options.all === true,
                }),
              ),
        );
        if (overview.incidents.length > 0 || overview.targets.some((target) => target.health === 'critical'))
          exit(1);
      } finally {
        await connection.close();
      }
    });
}
