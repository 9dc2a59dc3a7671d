import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minuteMs, secondMs, startAt, startLoop, toyTarget } from '../../test/simulation/loop.ts';
import type { Outcome } from '../core/sample.ts';

const seen = (values: Record<string, string>): Outcome => ({
  ok: true,
  readings: [],
  snapshots: [{ document: 'toy.settings', kind: 'configuration', values }],
});

test('what differs from the last look becomes a change, also over a restart; the first look is none', async () => {
  let settings: Record<string, string> = { size: '4MB', colour: 'red' };
  const targets = [toyTarget('db'), toyTarget('web', { dependsOn: ['db'] })];
  const probe = async (name: string) => (name === 'db' ? seen(settings) : seen({ never: 'changes' }));
  let loop = await startLoop({ targets, probe });
  await loop.pass(13 * minuteMs);
  const around = (name: string) => loop.pipeline.ledger.around(name, 0, loop.clock.now());
  await loop.pipeline.ledger.settled();
  assert.deepEqual(await around('web'), []);

  settings = { size: '64kB', colour: 'red' };
  const changedAt = loop.clock.now();
  await loop.pass(20 * secondMs);
  await loop.pipeline.ledger.settled();
  const [change, ...others] = await around('web');
  assert.deepEqual(others, []);
  assert.equal(change?.summary, 'size 4MB -> 64kB');
  assert.deepEqual([change?.target, change?.kind, change?.source], ['db', 'configuration', 'toy.settings']);
  assert.ok(change && change.at > changedAt && change.at <= changedAt + 20 * secondMs);
  assert.ok(
    change.after <= changedAt && change.after >= changedAt - 20 * secondMs,
    'made since the look before',
  );
  assert.equal((await loop.journal('change.observed')).length, 1);

  const left = await loop.kill();
  settings = { size: '64kB', colour: 'blue' };
  loop = await startLoop({ targets, probe, ...left });
  await loop.pass(minuteMs);
  await loop.pipeline.ledger.settled();
  assert.deepEqual(
    (await around('db')).map(({ summary }) => summary),
    ['colour red -> blue', 'size 4MB -> 64kB'],
  );
  await loop.end();
});

test('secrets in settings never reach the ledger, and text from outside cannot steer a terminal', async () => {
  let secret = 'one';
  const loop = await startLoop({
    targets: [toyTarget('db')],
    probe: async () => seen({ primary_conninfo: `host=a password=${secret}`, admin_password: secret }),
  });
  await loop.pass(minuteMs);
  secret = 'two\u001b[2J';
  await loop.pass(minuteMs);
  await loop.pipeline.ledger.settled();
  const written = JSON.stringify(await loop.pipeline.ledger.around('db', 0, loop.clock.now()));
  assert.doesNotMatch(written, /one|two/);
  assert.ok(!written.includes('\u001b') && !written.includes('\\u001b'));
  await loop.end();
});

test('a reported change stands in the ledger with who reported it, and is evidence of the targets of its service', async () => {
  const loop = await startLoop({
    targets: [toyTarget('web')],
    configuration: {
      services: [{ name: 'shop', targets: ['web'], dependsOn: [], slo: null, environment: null }],
    } as never,
  });
  const change = await loop.pipeline.ledger.report(
    {
      ...{ kind: 'deployment', target: null, service: 'shop', summary: 'release 4.2.1', url: 'http://ci/1' },
      ...{ differences: [{ name: 'version', before: '4.2.0', after: '4.2.1' }], at: startAt - minuteMs },
    },
    'token:ci',
  );
  assert.deepEqual(await loop.pipeline.ledger.around('web', 0, loop.clock.now()), [change]);
  assert.equal(change.at, startAt - minuteMs);
  const [entry] = await loop.journal('change.reported');
  assert.deepEqual([entry?.actor, entry?.subject], ['token:ci', 'service:shop']);
  await loop.end();
});
