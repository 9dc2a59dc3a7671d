/** What every verb says of itself: routes, commands and tools are made from it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { scopes } from '../../src/core/verb.ts';
import { verbs } from '../../src/verbs/index.ts';

/** Verbs that change nothing but one's own account. */
const ofOneself = ['account.password', 'session.revoke'];
/** Words of the command line that stand for a verb, and flags that every command has. */
const everyday = ['status', 'investigate'];
const commonFlags = ['json', 'config', 'help'];

/** The command line writes `dryRun` as `--dry-run`. */
const asTyped = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

for (const verb of verbs) {
  const [method, path = ''] = verb.route.split(' ');
  const schema = z.toJSONSchema(verb.input, { io: 'input', unrepresentable: 'any' });
  const fields = Object.entries((schema.properties ?? {}) as Record<string, { description?: string }>);
  const names = fields.map(([name]) => name);

  test(`${verb.name}: is a noun and a verb with a summary, a scope and examples`, () => {
    assert.match(verb.name, /^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
    assert.match(verb.summary, /^[A-Z].{10,}[^.]$/, 'a summary begins with a capital and has no full stop');
    assert.ok(scopes.includes(verb.scope));
    assert.ok(verb.examples.length > 0, 'an example, ready to copy');
  });

  test(`${verb.name}: changes something exactly when it is no GET, and reading it needs no more than read`, () => {
    assert.equal(verb.changes, method !== 'GET', verb.route);
    if (verb.changes && !ofOneself.includes(verb.name)) assert.notEqual(verb.scope, 'read');
  });

  test(`${verb.name}: every part of its route and every position is a described input`, () => {
    const inPath = [...path.matchAll(/:([a-zA-Z]+)/g)].map(([, name]) => name ?? '');
    for (const name of [...inPath, ...verb.positional])
      assert.ok(names.includes(name), `${name} is no input`);
    for (const [name, { description }] of fields) assert.ok(description, `${name} needs a description`);
  });

  test(`${verb.name}: its examples are commands that there are`, () => {
    const [noun = '', word = ''] = verb.name.split('.');
    for (const example of verb.examples) {
      const [command = ''] = example.split(/ [|>] /);
      const [upkeep, first = '', second] = command.split(' ');
      assert.equal(upkeep, 'upkeep', example);
      assert.ok(everyday.includes(first) || (first === noun && second === word), example);
      for (const [, flag = ''] of command.matchAll(/ --([a-z][A-Za-z-]*)/g))
        assert.ok(
          [...names.map(asTyped), ...commonFlags].includes(flag),
          `${example}: there is no --${flag}`,
        );
    }
  });
}

test('no two verbs share a name or a route', () => {
  for (const all of [verbs.map((verb) => verb.name), verbs.map((verb) => shapeOf(verb.route))]) {
    assert.deepEqual(
      all.filter((one, index) => all.indexOf(one) !== index),
      [],
    );
  }
});

/** Routes that differ only in how a part is called are one. */
function shapeOf(route: string): string {
  return route.replace(/:[a-zA-Z]+/g, ':');
}
