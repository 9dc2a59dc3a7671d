import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systems } from '../systems/index.ts';
import { readConfiguration } from './read.ts';

function read(releases: string, guard = '') {
  const text = `targets: { web: { system: http, url: "http://127.0.0.1:1/" }, api-release: { system: tcp, host: a, port: 1 } }\nreleases: ${releases}\n${guard}`;
  return readConfiguration({
    ...{ file: 'upkeep.yaml', text, env: {}, systems, notifiers: [] },
    readFile: () => {
      throw new Error('none');
    },
  });
}

const link = 'folder: /srv/r, current: /srv/c';

test('a release is a target that its health depends on and that a policy may name', () => {
  const { configuration, problems } = read(
    `{ shop: { ${link}, health: web, reload: [systemctl, reload, shop] } }`,
    'guard: { always: [delivery.rollback-release on shop-release] }',
  );
  assert.deepEqual(problems, []);
  const target = configuration?.targets.find(({ name }) => name === 'shop-release');
  assert.equal(target?.system, 'delivery');
  assert.ok(target?.rules.some(({ id }) => id === 'delivery.down'));
  assert.deepEqual(configuration?.targets.find(({ name }) => name === 'web')?.dependsOn, ['shop-release']);
});

for (const [releases, words] of [
  [`{ shop: { ${link}, health: wbe } }`, /wbe/],
  [`{ shop: { ${link}, errors: { target: wbe, metric: m, below: 1 } } }`, /wbe/],
  [`{ api: { ${link} } }`, /api-release, which there is already/],
  ['{ shop: { folder: /srv/r } }', /folder and current/],
  [`{ shop: { ${link}, reload: systemctl reload } }`, /list|array/],
  [`{ shop: { ${link}, relaod: [a] } }`, /relaod|no such key|unknown/],
] as const)
  test(`a problem of releases is told: ${releases}`, () => {
    const { problems } = read(releases);
    assert.ok(problems.length > 0);
    assert.match(problems.map(({ message, path, hint }) => `${path} ${message} ${hint}`).join('; '), words);
  });
