import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultModelBudget } from '../core/model.ts';
import { systems } from '../systems/index.ts';
import { readConfiguration } from './read.ts';

function read(model: string) {
  return readConfiguration({
    file: '/etc/upkeep/upkeep.yaml',
    text: `targets: { it: { system: process, pidFile: /nonexistent/it.pid } }\nmodel: ${model}\n`,
    env: { MODEL_KEY: 'from-the-environment' },
    systems,
    notifiers: [],
    readFile: (path) => {
      if (path.endsWith('/model.key')) return 'from-a-file\n';
      throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    },
  });
}

test('model: defaults, keys from the environment or a file, budgets', () => {
  const local = read('{ url: "http://127.0.0.1:11434/v1/", name: llama3.1 }').configuration?.model;
  assert.deepEqual(local, {
    ...{ dialect: 'openai', url: 'http://127.0.0.1:11434/v1', name: 'llama3.1', key: null },
    budget: defaultModelBudget,
  });
  const far = read(
    `{ dialect: anthropic, url: "https://api.example/v1", name: m, key: "\${MODEL_KEY}", budget: { tokens: 5000, calls: 2, time: 20s } }`,
  );
  assert.equal(far.configuration?.model?.key, 'from-the-environment');
  assert.deepEqual(far.configuration?.model?.budget, { tokens: 5_000, calls: 2, timeMs: 20_000 });
  assert.equal(
    read('{ url: "https://api.example/v1", name: m, key: "file:./model.key" }').configuration?.model?.key,
    'from-a-file',
  );
  assert.equal(read('{}').configuration, undefined);
});

for (const [model, said] of [
  ['{ name: m }', /needs url/],
  ['{ url: "https://api.example/v1" }', /needs name/],
  ['{ url: "http://api.example/v1", name: m, key: abc }', /would send the key unencrypted/],
  ['{ url: "https://me:secret@api.example/v1", name: m }', /holds credentials/],
  ['{ url: nowhere, name: m }', /is no address/],
  ['{ url: "https://api.example/v1", name: m, key: "file:./no.key" }', /cannot be read: ENOENT/],
  ['{ url: "https://api.example/v1", name: m, dialect: french }', /french/],
  ['{ url: "https://api.example/v1", name: m, budget: { tokens: 1 } }', /tokens|1000/],
] as const)
  test(`model: ${model} is a problem with its place`, () => {
    const { configuration, problems } = read(model);
    assert.equal(configuration, undefined);
    const all = problems.map(({ path, message, hint }) => `${path} ${message} ${hint ?? ''}`).join('\n');
    assert.match(all, said);
    assert.ok(problems.every(({ path, line }) => path.startsWith('model') && line >= 1));
    assert.doesNotMatch(all, /secret@|abc/);
  });
