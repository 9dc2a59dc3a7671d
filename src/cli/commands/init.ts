import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { defaultFile, proposeConfiguration, shownPath, Usage } from '../configuration.ts';
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
      const { text, found } = await proposeConfiguration(world);
      if (options.json) return terminal.out(jsonText(found));
      if (options.stdout) return terminal.out(text.trimEnd());
      const file = resolve(world.cwd, options.output);
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
          found.map((one) => [
            paint(terminal, 'green', '+'),
            one.name,
            paint(terminal, 'gray', plain(one.found)),
          ]),
        ),
      );
      terminal.out(
        `\nWrote ${paint(terminal, 'bold', shownPath(world, file))}. Next: upkeep check, then upkeep run`,
      );
    });
}
