import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { spawnProgram } from './spawn-program.ts';

test('a program that was killed says who may have done it and where that is found', async () => {
  const run = (signal: string) =>
    spawnProgram(['sh', '-c', `kill -${signal} $$`], {
      ...{ signal: AbortSignal.timeout(10_000), clock: systemClock },
    });
  await assert.rejects(run('KILL'), /^Error: sh was ended by SIGKILL, by .*the kernel .*journalctl -k/);
  await assert.rejects(run('TERM'), /^Error: sh was ended by SIGTERM$/);
});
