import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { eventually, tryTarget } from '../../../../test/try-target.ts';
import { processSystem } from '../index.ts';

const folder = mkdtempSync(join(tmpdir(), 'upkeep-lifecycle-'));
const target = tryTarget(processSystem, {
  pidFile: join(folder, 'app.pid'),
  start: ['/bin/sh', '-c', `trap 'echo heard >> ${folder}/heard' HUP; while :; do sleep 0.1; done`],
  writePidFile: true,
  stopTimeout: '2s',
});

after(async () => {
  const plan = await target.action('process.stop').plan({}, target.context());
  if (!('refused' in plan)) await applied(target, await planned(target, 'process.stop', {}));
  rmSync(folder, { recursive: true, force: true });
});

test('a process is started, told by a signal that it handles, stopped, and started again by the undo', async () => {
  const start = await planned(target, 'process.start', {});
  await assertGuarded(target, start);
  await applied(target, start);
  await eventually(
    () => verified(target, start),
    ({ good }) => good,
  );
  assert.match(await applied(target, start), /runs already/);
  assert.match(await refusal(target, 'process.signal', { signal: 'SIGUSR1' }), /does not handle SIGUSR1/);
  const signal = await planned(target, 'process.signal', { signal: 'SIGHUP' });
  await assertGuarded(target, signal);
  await applied(target, signal);
  assert.equal((await verified(target, signal)).good, true);
  const stop = await planned(target, 'process.stop', {});
  await assertGuarded(target, stop);
  assert.equal((await verified(target, stop)).good, false);
  await applied(target, stop);
  await eventually(
    () => verified(target, stop),
    ({ good }) => good,
  );
  assert.match(await applied(target, stop), /has ended already/);
  assert.match(await undone(target, stop), /started as pid/);
});
