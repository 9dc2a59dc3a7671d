import type { Command } from 'commander';
import type { Session } from '../session.ts';

export function demoCommand(program: Command, session: Session): void {
  const demo = program
    .command('demo')
    .description(
      'a real stack on this machine (PostgreSQL, Redis, an API behind a proxy) watched by Upkeep; faults by one key press',
    )
    .option(
      '--port <number>',
      'port of the dashboard; 4747 where left out, or a free one where that is taken',
    )
    .option('--fault <name>', 'inject this fault once all is well, then go on')
    .option('--for <duration>', 'stop by itself after this time: 90s, 5m')
    .addHelpText(
      'after',
      '\nExamples:\n  upkeep demo\n  upkeep demo fault blocked-transaction   (in a second terminal)\n  upkeep demo --fault api-killed --for 60s',
    )
    .action(async (options: { port?: string; fault?: string; for?: string }) =>
      (await sandbox()).runDemo(session, options),
    );
  demo
    .command('fault')
    .description('inject a fault into the demo that runs')
    .argument('[name]', 'its name; lists them when left out')
    .option('--heal', 'take it back instead')
    .option('--pid <number>', 'which demo, where several run')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  upkeep demo fault\n  upkeep demo fault api-killed\n  upkeep demo fault redis-full --heal',
    )
    .action(async (name: string | undefined, options: { heal?: boolean; json?: boolean; pid?: string }) =>
      (await sandbox()).injectInto(session, name, options),
    );
}

/** Its servers, drivers and faults are no part of an Upkeep that watches. */
function sandbox() {
  return import('../demo-session.ts');
}
