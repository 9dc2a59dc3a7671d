import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { commands } from './program.ts';
import { processTerminal } from './terminal.ts';

const world = { clock: systemClock, systems: [], notifiers: [], env: {}, cwd: '/' };
const program = commands({ world, terminal: processTerminal({}), exit() {} });

/** Commands that do something, with their words: `demo` and `demo fault` both do. */
function doing(command: Command, above: readonly string[] = []): [string, Command][] {
  return command.commands.flatMap((below): [string, Command][] => {
    const words = [...above, below.name()];
    const deeper = doing(below, words);
    const hasOwn = deeper.length === 0 || below.options.length > 0;
    return [...(hasOwn ? [[words.join(' '), below] as [string, Command]] : []), ...deeper];
  });
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut(part) {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

const all = doing(program);
assert.ok(all.length > 25, all.map(([words]) => words).join(', '));

for (const [words, command] of all) {
  test(`upkeep ${words} --help says what it does, with an example, and takes --json or is for more than a terminal`, () => {
    const help = helpOf(command);
    assert.match(help, new RegExp(`Examples:\\n  upkeep ${words}( |\\n|$)`));
    assert.ok(command.description().length > 10);
    assert.ok(
      words === 'demo' || words === 'mcp' || command.options.some((option) => option.long === '--json'),
    );
  });
}
