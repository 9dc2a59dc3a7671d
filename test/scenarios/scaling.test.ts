/** Too few copies: the rule fires, the finding recommends, the policy allows, and there are as many as there should be. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ActionView } from '../../src/core/view.ts';
import { allProcesses } from '../../src/machine/processes.ts';
import { serveApp } from '../served-app.ts';
import { eventually } from '../try-target.ts';

const skip = process.platform !== 'linux' && 'processes are read from /proc';

test('copies below the least are started by Upkeep itself where the policy allows it', {
  skip,
  timeout: 300_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-scaling-'));
  const mark = join(folder, 'copy');
  const copies = async () =>
    (await allProcesses()).filter(
      ({ command, state }) => state !== 'zombie' && command[0] === 'tail' && command.at(-1)?.startsWith(mark),
    );
  t.after(async () => {
    for (const { pid } of await copies()) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true });
  });
  const served = await serveApp({
    yaml: `name: scaling
targets:
  worker:
    system: process
    start: [tail, -F, "${mark}{index}"]
    every: 1s
    scale: { min: 2, max: 3 }
guard: { always: [process.scale on worker], never: [process.restart] }
`,
  });
  t.after(() => served.stop());
  const scaled = await eventually(
    async () =>
      (await served.call<ActionView[]>('action.list', {})).find(
        ({ plan }) => plan.action === 'process.scale',
      ),
    (action) => action?.state === 'done',
    200_000,
  );
  assert.match(scaled?.why ?? '', /fewer run than `min: 2`/);
  assert.deepEqual(scaled?.plan.input, { copies: 2 });
  assert.equal((await copies()).length, 2);
});
