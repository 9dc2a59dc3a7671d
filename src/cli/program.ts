/** The command line: everyday words of its own, and a command for every verb. */
import { Command, CommanderError } from 'commander';
import { type ErrorCode, UpkeepError } from '../core/verb.ts';
import { verbs } from '../verbs/index.ts';
import { version } from '../version.ts';
import { inTheirWords } from './called-as.ts';
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
import { Problems } from './configuration.ts';
import { addGroupExamples } from './group-examples.ts';
import type { Session } from './session.ts';
import { plainLines, processTerminal, type Terminal } from './terminal.ts';
import type { World } from './world.ts';

export function createProgram(world: World, given: Terminal = processTerminal(world.env)) {
  return {
    async run(args: readonly string[]): Promise<number> {
      let code = 0;
      const words: string[] = [];
      const terminal = speaking(given, (text) => inTheirWords(text, world.call ?? 'upkeep', words));
      const session: Session = { world, terminal, exit: (next) => (code = Math.max(code, next)) };
      const program = commands(session);
      words.push(...program.commands.map((command) => command.name()), '--help');
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

function speaking(terminal: Terminal, say: (text: string) => string): Terminal {
  return { ...terminal, out: (text) => terminal.out(say(text)), err: (text) => terminal.err(say(text)) };
}

/** Every command; nothing runs before `parseAsync`. */
export function commands(session: Session): Command {
  const program = new Command('upkeep')
    .description('The infrastructure maintainer for a small team without an SRE')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(upkeep --help shows what there is)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => session.terminal.out(text.trimEnd()),
      writeErr: (text) => session.terminal.err(text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, 'upkeep: ').replace(/\.\s*$/, '')),
    });
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
  addGroupExamples(program, verbs);
  return program;
}

function failed(error: unknown, terminal: Terminal): number {
  if (!(error instanceof CommanderError)) {
    const message = error instanceof Error ? error.message : String(error);
    terminal.err(plainLines(error instanceof Problems ? message : `upkeep: ${message}`));
  }
  return exitCodeOf(error);
}

/** They are of the moment: the same words may do it later, or by another decision. */
const refusals: ReadonlySet<ErrorCode> = new Set(['conflict', 'expired', 'refused', 'too-many-attempts']);

/** 2: wrong usage or configuration, or nobody answers. 1: it was understood, and the guard or how things stand says no. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UpkeepError && refusals.has(error.code) ? 1 : 2;
}
