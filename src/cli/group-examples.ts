/** Help of a word with commands below it: how some of them are used. */
import type { Command } from 'commander';
import type { AnyVerb } from '../verbs/context.ts';

/** More would push the list of the commands off a small terminal. */
const mostExamples = 5;

/** For words that do nothing by themselves; the others say it on their own. */
export function addGroupExamples(program: Command, verbs: readonly AnyVerb[]): void {
  for (const group of program.commands) {
    if (group.commands.length === 0 || group.options.length > 0) continue;
    const examples = group.commands
      .flatMap((command) => exampleOf(group.name(), command, verbs))
      .slice(0, mostExamples);
    group.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`);
    // In the list of all words it says what is below; in its own help that stands right under it.
    if (group.description().endsWith(`see upkeep ${group.name()} --help`))
      group.summary(group.description()).description('');
  }
}

function exampleOf(noun: string, command: Command, verbs: readonly AnyVerb[]): string[] {
  const verb = verbs.find(({ name }) => name === `${noun}.${command.name()}`);
  if (verb) return verb.examples.slice(0, 1);
  return command.registeredArguments.some(({ required }) => required)
    ? []
    : [`upkeep ${noun} ${command.name()}`];
}
