import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { notifiers } from '../notifiers/index.ts';
import { systems } from '../systems/index.ts';
import { verbNamed } from '../verbs/index.ts';
import { connect } from './ask.ts';

test('before the first start a command looks, and what it would write is refused instead of lost', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'upkeep-ask-'));
  t.after(() => {
    process.chdir(tmpdir());
    rmSync(cwd, { recursive: true, force: true });
  });
  writeFileSync(join(cwd, 'upkeep.yaml'), 'targets: { here: { system: host } }\n');
  process.chdir(cwd);
  const world = { clock: systemClock, systems, notifiers, env: { UPKEEP_URL: '' }, cwd };
  const connection = await connect(world, {});
  t.after(() => connection.close());
  const silence = { matchers: 'target=here', for: '1h', reason: 'we know' };
  await assert.rejects(
    connection.call(verbNamed('silence.create'), silence),
    /would be lost: start upkeep run/,
  );
  assert.deepEqual(await connection.call(verbNamed('silence.list'), {}), []);
  // The doctor tries buckets before the first start too.
  assert.deepEqual(await connection.call(verbNamed('backup.try'), {}), []);
});

test('an address of Upkeep that is none is said by its variable', async () => {
  const world = { clock: systemClock, systems, notifiers, env: { UPKEEP_URL: 'upkeep' }, cwd: tmpdir() };
  await assert.rejects(connect(world, {}), /UPKEEP_URL is no address; use https/);
});
