/** The command line: everyday words of its own, and a command for every verb. */
import { Command, CommanderError } from 'commander';
import { UpkeepError } from '../core/verb.ts';
import { StoreInUse, StoreTooNew, StoreUnavailable } from '../store/index.ts';
import { verbs } from '../verbs/index.ts';
import { version } from '../version.ts';
import { checkCommand } from './commands/check.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { drillCommand } from './commands/drill.ts';
import { initCommand } from './commands/init.ts';
import { investigateCommand } from './commands/investigate.ts';
import { mcpCommand } from './commands/mcp.ts';
import { ruleTestCommand } from './commands/rule-test.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { addVerbCommands } from './commands/verbs.ts';
import { Usage } from './configuration.ts';
import type { Session } from './session.ts';
import { plainLines, processTerminal, type Terminal } from './terminal.ts';
import type { World } from './world.ts';

export function createProgram(world: World) {
  return {
    async run(args: readonly string[]): Promise<number> {
      const terminal = processTerminal(world.env);
      let code = 0;
      const session: Session = { world, terminal, exit: (next) => (code = Math.max(code, next)) };
      const program = commands(session);
      if (args.length === 0) {
        terminal.out(program.helpInformation().trimEnd());
        return 2;
      }
      try {
        await program.parseAsync([...args], { from: 'user' });
      } catch (error) {
        return failed(error, terminal);
      }
      return code;
    },
  };
}

/** Every command; nothing runs before `parseAsync`. */
export function commands(session: Session): Command {
  const program = new Command('upkeep')
    .description('The infrastructure maintainer for a small team without an SRE')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(upkeep --help shows what there is)')
    .exitOverride()
    .configureOutput({ writeErr: (text) => session.terminal.err(text.trimEnd()) });
  for (const add of [
    initCommand,
    checkCommand,
    runCommand,
    statusCommand,
    investigateCommand,
    mcpCommand,
    doctorCommand,
    demoCommand,
    drillCommand,
  ])
    add(program, session);
  addVerbCommands(program, verbs, session);
  ruleTestCommand(program, session);
  return program;
}

function failed(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const message = error instanceof Error ? error.message : String(error);
  terminal.err(plainLines(error instanceof Usage ? message : `upkeep: ${message}`));
  const isUsage =
    error instanceof Usage ||
    error instanceof StoreInUse ||
    error instanceof StoreTooNew ||
    error instanceof StoreUnavailable ||
    (error instanceof UpkeepError && (error.code === 'bad-input' || error.code === 'not-found'));
  return isUsage ? 2 : 1;
}
