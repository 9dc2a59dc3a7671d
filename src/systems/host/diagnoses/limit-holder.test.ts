/** A real process near its limit, a real cgroup near its own; the machine's limits by recorded evidence. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeFolder } from '../../../../test/servers/process.ts';
import { readingOf, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { limitedCgroups } from '../../../machine/cgroup-pids.ts';
import { host } from '../index.ts';
import { limitHolder } from './limit-holder.ts';

const holder = `
const fs = require('node:fs');
const held = Array.from({ length: 270 }, () => fs.openSync('/dev/null'));
process.stdout.write('held ' + held.length + '\\n');
setInterval(() => {}, 1000);`;

test('a real process near its limit of open files is named, with the action where it is declared', {
  skip: process.platform !== 'linux',
  timeout: 180_000,
}, async (t) => {
  const child = spawn('prlimit', ['--nofile=300:300', process.execPath, '-e', holder], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const name = 'node';
  const target = tryTarget(host, { descriptors: [{ name, most: 500 }] });
  const seen = await target.seen('host.held-limits');
  assert.ok((readingOf(seen, 'host.files.process-used') ?? 0) >= 0.9);
  const { findings } = await target.diagnose('host.limit-holder');
  const found = findings.find(({ summary }) => summary.includes(`pid ${child.pid},`));
  assert.match(
    found?.summary ?? '',
    /^node \(pid \d+, user \d+\) holds (2[7-9]\d|300) of the 300 files it may$/,
  );
  assert.match(found?.explanation ?? '', /It holds files 27\d/);
  assert.deepEqual(
    found?.recommendations.map(({ action, input }) => [action, input]),
    [['host.raise-descriptor-limit', { pid: child.pid, limit: 500 }]],
  );
  assert.equal(targetName, found?.target);
});

test('cgroups with a limit are read wherever they are, nearest to it first', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'upkeep-pids-'));
  t.after(() => removeFolder(root));
  for (const [folder, used, most] of [
    ['', '500', 'max'],
    ['a.slice', '10', '100'],
    ['a.slice/b.service', '95', '100'],
    ['a.slice/c.service', '5', 'max'],
  ] as const) {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, 'pids.current'), `${used}\n`);
    writeFileSync(join(root, folder, 'pids.max'), `${most}\n`);
  }
  const found = await limitedCgroups([root]);
  assert.deepEqual(
    found.map(({ cgroup, used }) => [cgroup, used]),
    [
      ['/a.slice/b.service', 95],
      ['/a.slice', 10],
    ],
  );
});

test('a real cgroup near its limit of processes is named', { timeout: 180_000 }, async (t) => {
  const folder = `/sys/fs/cgroup/pids/upkeep-test-${process.pid}`;
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, 'pids.max'), '4');
  } catch {
    return t.skip('a cgroup with a limit of processes needs root and the pids controller (v1)');
  }
  const child = spawn(
    'sh',
    ['-c', `echo $$ > ${folder}/cgroup.procs; sleep 60 & sleep 60 & echo ready; wait`],
    { stdio: ['ignore', 'pipe', 'ignore'], detached: true },
  );
  t.after(async () => {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await once(child, 'exit');
    for (let tries = 0; tries < 100; tries++)
      try {
        return rmdirSync(folder);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
  });
  await once(child.stdout, 'data');
  const { findings } = await tryTarget(host, {}).diagnose('host.limit-holder');
  const found = findings.find(({ summary }) => summary.includes(`upkeep-test-${process.pid}`));
  assert.equal(
    found?.summary,
    `cgroup /upkeep-test-${process.pid} has 3 of the 4 processes and threads it may`,
  );
});

test('of the limits of the machine the largest holder is named only while they run out', () => {
  const base = { target: 'h', title: 'x', at: 0, how: 'x' };
  const rows: Scalar[][] = [
    ['worker', 7, 9_000, 300, 280],
    ['postgres', 20, 40, 40, 0],
  ];
  const threads = (used: number): Evidence[] => [
    { ...base, id: 'h.threads', facts: { used, limit: 10_000 }, table: { columns: [], rows } },
  ];
  assert.deepEqual(limitHolder.conclude(threads(900), 'h'), []);
  const [found] = limitHolder.conclude(threads(9_200), 'h');
  assert.equal(
    found?.summary,
    'worker (pid 7 and 299 others) has 9000 of the 9200 threads in use; the machine allows 10000',
  );
  assert.match(found.explanation, /zombies/);
});
