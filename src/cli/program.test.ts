import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { errorCodes, UpkeepError } from '../core/verb.ts';
import { verbs } from '../verbs/index.ts';
import { isBad } from './commands/verbs.ts';
import { Usage } from './configuration.ts';
import { commands, createProgram, exitCodeOf } from './program.ts';
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

/** Words with commands below them. */
function groups(command: Command, above: readonly string[] = []): [string, Command][] {
  return command.commands.flatMap((below): [string, Command][] => {
    const words = [...above, below.name()];
    const self: [string, Command][] = below.commands.length > 0 ? [[words.join(' '), below]] : [];
    return [...self, ...groups(below, words)];
  });
}

const allGroups = groups(program);
assert.ok(allGroups.length > 20, allGroups.map(([words]) => words).join(', '));

for (const [words, command] of allGroups) {
  test(`upkeep ${words} --help lists what is below it, with examples of commands that there are`, () => {
    const help = helpOf(command);
    const [, examples = ''] = help.split('Examples:\n');
    const named = [...examples.matchAll(/^ {2}upkeep (.+)$/gm)].map(([, line = '']) => line);
    assert.ok(named.length >= Math.min(2, command.commands.length), help);
    for (const line of named)
      assert.ok(
        all.some(([known]) => line === known || line.startsWith(`${known} `)),
        line,
      );
  });
}

test('a sound question that circumstances or the guard refuse ends with 1; one that nobody could answer ends with 2', () => {
  const refused: readonly string[] = ['conflict', 'expired', 'refused', 'too-many-attempts'];
  for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[])
    assert.equal(exitCodeOf(new UpkeepError(code, 'x')), refused.includes(code) ? 1 : 2, code);
  assert.equal(exitCodeOf(new Usage('x')), 2);
  assert.equal(exitCodeOf(new Error('x')), 2);
});

test('what is asked for by naming it needs no word after it', () => {
  const command = all.find(([words]) => words === 'backup restore')?.[1] ?? assert.fail();
  command.parseOptions(['shop', '--into', 'over', '--dry-run']);
  assert.equal(command.opts().dryRun, true);
  command.parseOptions(['shop', '--dry-run', 'no']);
  assert.equal(command.opts().dryRun, 'no');
});

test('every verb ends with 2 when it is asked for what it does not understand', async (t) => {
  t.mock.method(process.stderr, 'write', () => true);
  t.mock.method(console, 'error', () => {});
  const { run } = createProgram(world);
  for (const { name } of verbs) {
    const [noun = '', word = ''] = name.split('.');
    assert.equal(await run([noun, word, '--no-such-option', 'x']), 2, name);
  }
});

test('a backup or a proof that failed ends with 1, so that a script does not take it for success', () => {
  assert.ok(isBad('backup.take', { state: 'failed', detail: 'no room' }));
  assert.ok(!isBad('backup.take', { state: 'good', detail: '' }));
  assert.ok(isBad('backup.take', { state: 'good', proofs: [{ isGood: false }] }), 'taken and not proven');
  assert.ok(!isBad('backup.take', { state: 'good', proofs: [{ isGood: true }, { isGood: false }] }));
  assert.ok(!isBad('backup.pin', { state: 'failed' }), 'that it was pinned is good');
  assert.ok(isBad('backup.verify', { isGood: false, looks: [] }));
  assert.ok(!isBad('backup.verify', { isGood: true, looks: [] }));
  const need = { plan: 'shop', what: 'archive_mode is off', remedy: 'upkeep backup prepare shop' };
  assert.ok(isBad('backup.needs', [{ ...need, isAdvice: true }, need]));
  assert.ok(!isBad('backup.needs', [{ ...need, isAdvice: true }]), 'advice is nothing that lacks');
  assert.ok(!isBad('backup.needs', []));
  const plan = { impossible: 'a dump goes into a database', losses: [] };
  assert.ok(isBad('backup.restore', { kind: 'plan', plan }));
  assert.ok(!isBad('backup.restore', { kind: 'plan', plan: { ...plan, impossible: null } }));
  const restored = { kind: 'restored', restored: { backup: 'b' } };
  assert.ok(!isBad('backup.restore', restored));
  assert.ok(isBad('backup.restore', { ...restored, restored: { short: 'it ended at 0/3000000' } }));
  const proposed = (answer: object) => ({
    kind: 'proposed',
    plan: { ...plan, impossible: null },
    proposed: answer,
  });
  assert.ok(isBad('backup.restore', proposed({ refused: 'nothing proves it' })));
  assert.ok(isBad('backup.restore', proposed({ action: { state: 'refused' } })));
  assert.ok(!isBad('backup.restore', proposed({ action: { state: 'awaiting-approval' } })));
});

test('the help names every command of a group, also one that is no verb', () => {
  const group = program.commands.find((command) => command.name() === 'rule');
  assert.match(group?.summary() ?? '', /\btest\b.*: see upkeep rule --help$/);
});
