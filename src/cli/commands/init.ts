import { existsSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { type BackupProposal, writeBackups } from '../../config/write-backups.ts';
import { runningIn } from '../ask.ts';
import { defaultFile, proposeConfiguration, shownPath, Usage } from '../configuration.ts';
import { proposeBackups } from '../propose-backups.ts';
import type { Session } from '../session.ts';
import { jsonText, paint, plain, table } from '../terminal.ts';

export function initCommand(program: Command, { world, terminal }: Session): void {
  program
    .command('init')
    .description(
      'look around (environment, .env, compose, render.yaml, listening ports) and write upkeep.yaml',
    )
    .option('-o, --output <file>', 'where to write it', defaultFile)
    .option('--force', 'write over a file that is there')
    .option('--stdout', 'print it, write nothing')
    .option('--json', 'print what was found as JSON, write nothing')
    .addHelpText('after', '\nExamples:\n  upkeep init\n  upkeep init --stdout | less')
    .action(async (options: { output: string; force?: boolean; stdout?: boolean; json?: boolean }) => {
      const { text: targets, found, guesses } = await proposeConfiguration(world);
      if (options.json) return terminal.out(jsonText(found));
      const file = resolve(world.cwd, options.output);
      const backups = await proposeBackups(world, found, guesses, file);
      const text = `${targets}${writeBackups(backups)}`;
      if (options.stdout) return terminal.out(text.trimEnd());
      const wasThere = existsSync(file);
      try {
        writeFileSync(file, text, { flag: options.force ? 'w' : 'wx', mode: 0o640 });
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : '';
        if (code === 'EEXIST')
          throw new Usage(
            `${shownPath(world, file)} is there already; --force writes over it, --stdout only prints`,
          );
        throw new Usage(`${shownPath(world, file)} cannot be written: ${String(code)}`);
      }
      terminal.out(
        table(
          terminal,
          [...found.map(({ name, found }) => ['+', name, found]), ...backups.flatMap(backupRow)].map(
            ([mark = '', name = '', how = '']) => [
              paint(terminal, mark === '+' ? 'green' : 'yellow', mark),
              name,
              paint(terminal, 'gray', plain(how)),
            ],
          ),
        ),
      );
      const running = await runningIn(resolve(dirname(file), 'data'));
      const next =
        running === undefined ? 'Next: upkeep check, then upkeep run' : nextWhile(running, wasThere);
      terminal.out(`\nWrote ${paint(terminal, 'bold', shownPath(world, file))}. ${next}`);
    });
}

/** Guesses stand in the file alone. */
function backupRow(proposal: BackupProposal): string[][] {
  const { target, engine, folder, lacking, isGuess } = proposal;
  const [first] = lacking;
  const name = `backups of ${target}`;
  if (first === undefined && !isGuess)
    return [['+', name, `${engine} to ${folder}, daily, restored and compared`]];
  return isGuess || first === undefined
    ? []
    : [['!', name, `a comment for now: ${first.what}: ${first.remedy}`]];
}

/** One that was started without a file watches none; one that was started with this file has seen the change. */
function nextWhile(url: string, wasThere: boolean): string {
  return wasThere
    ? `The Upkeep at ${url} takes it over by itself where it was started with this file; upkeep check shows its problems`
    : `The Upkeep at ${url} runs without it and goes on so: upkeep check, then restart it (Ctrl-C, then npm start or upkeep run)`;
}
