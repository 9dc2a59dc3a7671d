import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGzip } from 'node:zlib';
import { systemClock } from '../clock.ts';
import { spawnProgram } from './spawn-program.ts';

test('a program that was killed says who may have done it and where that is found', async () => {
  const run = (signal: string) =>
    spawnProgram(['sh', '-c', `kill -${signal} $$`], {
      ...{ signal: AbortSignal.timeout(60_000), clock: systemClock },
    });
  await assert.rejects(run('KILL'), /^Error: sh was ended by SIGKILL, by .*the kernel .*journalctl -k/);
  await assert.rejects(run('TERM'), /^Error: sh was ended by SIGTERM$/);
});

test('a full disk ends a program that writes or waits, and is named instead of how it ended', async () => {
  const run = (line: string, through = createGzip({ level: 1 })) =>
    spawnProgram(['sh', '-c', line], {
      ...{ signal: AbortSignal.timeout(60_000), clock: systemClock },
      ...{ into: '/dev/full', through },
    });
  const full = /^Error: the disk that \/dev\/full lies on is full: free some space there \(ENOSPC\)$/;
  await assert.rejects(run('head -c 9000000 /dev/urandom; exit 3'), full);
  await assert.rejects(run('head -c 900000 /dev/urandom; exec sleep 60'), full);
  await assert.rejects(run('echo a'), full);
  const absent = { signal: AbortSignal.timeout(60_000), clock: systemClock, into: '/dev/null' };
  await assert.rejects(spawnProgram(['upkeep-no-such-program'], absent), /upkeep-no-such-program/);
});
