/** A real kill in a cgroup with a limit; the rest is judged by what kernels wrote. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { targetName, tryTarget } from '../../../../test/try-target.ts';
import { parseJournalLine, parseKernelRecord } from '../../../machine/kernel-log.ts';
import { killedSince, killsIn } from '../../../machine/memory-kills.ts';
import { host } from '../index.ts';
import { outOfMemory } from './out-of-memory.ts';

const limit = 24_000_000;
const v1 = '/sys/fs/cgroup/memory';
const root = existsSync(join(v1, 'memory.limit_in_bytes')) ? v1 : '/sys/fs/cgroup';

/** A folder of a new cgroup that may use so much; undefined where none can be made. */
function limitedCgroup(name: string): string | undefined {
  const folder = join(root, name);
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, root === v1 ? 'memory.limit_in_bytes' : 'memory.max'), String(limit));
    if (root !== v1) writeFileSync(join(folder, 'memory.swap.max'), '0');
    return folder;
  } catch {
    return undefined;
  }
}

test('a process that the kernel kills for want of memory is named with its cgroup and its limit', {
  timeout: 180_000,
}, async (t) => {
  const name = `upkeep-test-${process.pid}`;
  const cgroup = limitedCgroup(name);
  if (cgroup === undefined) return t.skip('a cgroup with a limit needs root and the memory controller');
  t.after(() => rmdirSync(cgroup));
  const target = tryTarget(host, {});
  await target.seen('host.memory');
  const eater = spawn('sh', ['-c', `echo $$ > ${cgroup}/cgroup.procs && exec tail /dev/zero`], {
    stdio: 'ignore',
  });
  const [, signal] = await once(eater, 'exit');
  assert.equal(signal, 'SIGKILL');
  await target.seen('host.memory');
  const { evidence, findings } = await target.diagnose('host.out-of-memory');
  const rises = evidence.find(({ id }) => id === `${targetName}.memory-kill-counters`)?.table?.rows ?? [];
  assert.ok(
    rises.some(([, path, kills]) => path === `/${name}` && kills === 1),
    JSON.stringify(rises),
  );
  if (spawnSync('dmesg').status !== 0) return t.skip('the kernel log cannot be read here');
  const found = findings.find(({ summary }) => summary.includes(`pid ${eater.pid}`));
  assert.match(
    found?.summary ?? '',
    new RegExp(
      `^the kernel killed tail \\(pid ${eater.pid}, user 0\\), which held 2\\d\\.\\d MB: the limit of cgroup /${name} \\(24\\.0 MB\\) was used up$`,
    ),
  );
});

const global = `postgres invoked oom-killer: gfp_mask=0x140dca(GFP_HIGHUSER_MOVABLE|__GFP_COMP|__GFP_ZERO), order=0, oom_score_adj=0
[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[    812]   107   812   220000   120000   900000        0             0 postgres
[   2001]  1001  2001  9000000  1500000 1900000        0             0 node api.js
oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/postgresql.service,task=postgres,pid=812,uid=107
Out of memory: Killed process 812 (postgres) total-vm:880000kB, anon-rss:400000kB, file-rss:80000kB, shmem-rss:0kB, UID:107 pgtables:900kB oom_score_adj:0`;

test('when the machine itself is out of memory, the largest is told beside the victim', () => {
  const [kill, ...none] = killsIn(global.split('\n').map((text) => ({ at: 5, text })));
  assert.deepEqual(none, []);
  assert.deepEqual(
    [kill?.name, kill?.limitedBy, kill?.cgroup, kill?.largest?.name, kill?.askedBy],
    ['postgres', undefined, '/system.slice/postgresql.service', 'node api.js', 'postgres'],
  );
  const base = { target: 'h', title: 'x', at: 10, how: 'x' };
  const row = [5, 'postgres', 812, 107, 4.8e8, '/system.slice/postgresql.service', null, null, 'postgres'];
  const table = { columns: [], rows: [[...row, 'node api.js (pid 2001)', 6.1e9]] };
  const [found] = outOfMemory.conclude([{ ...base, id: 'h.memory-kills', table }], 'h');
  assert.match(found?.summary ?? '', /^the kernel killed postgres .* the machine had no memory left$/);
  assert.match(
    found?.explanation ?? '',
    /ran in unit postgresql\.service.*held by node api\.js \(pid 2001\): 6\.1 GB/s,
  );
});

test('without the kernel log the cgroup alone is told, and what would name the process', () => {
  const base = { target: 'h', title: 'x', at: 10, how: 'x' };
  const rows = [[5, `/docker/${'a1b2c3d4e5f6'.padEnd(64, '0')}`, 2]];
  const evidence = [
    { ...base, id: 'h.memory-kills', unseen: 'the kernel log cannot be read' },
    { ...base, id: 'h.memory-kill-counters', table: { columns: [], rows } },
  ];
  const [found] = outOfMemory.conclude(evidence, 'h');
  assert.equal(found?.summary, 'the kernel killed 2 processes for want of memory in container a1b2c3d4e5f6');
  assert.deepEqual(found.unseen, ['the kernel log cannot be read']);
  assert.deepEqual(outOfMemory.conclude(evidence.slice(0, 1), 'h'), []);
});

test('records of the kernel and of the journal are read, what programs write is not', () => {
  assert.deepEqual(parseKernelRecord('3,12,2500000,-;I/O error\n SUBSYSTEM=block\n', 1_000), {
    at: 3_500,
    text: 'I/O error',
  });
  assert.equal(parseKernelRecord('12,13,2500000,-;Killed process 1 (init)', 0), undefined);
  assert.deepEqual(parseJournalLine('12.500000 host kernel: I/O error'), { at: 12_500, text: 'I/O error' });
  const before = new Map([['/a', 1]]);
  assert.deepEqual(killedSince(before, new Map([['/a', 1]])), []);
  assert.deepEqual(
    killedSince(
      before,
      new Map([
        ['/a', 2],
        ['/b', 1],
      ]),
    ),
    [
      { cgroup: '/a', kills: 1 },
      { cgroup: '/b', kills: 1 },
    ],
  );
});

test('a container that is killed again and again is one finding; a kill long before the trouble weighs less', () => {
  const base = { target: 'h', title: 'x', at: 10_000_000, how: 'x' };
  const container = (letter: string) => `/libpod_parent/libpod-${letter.repeat(64)}`;
  const row = (at: number, pid: number, cgroup: string) => [
    at,
    'api',
    pid,
    0,
    1e8,
    cgroup,
    cgroup,
    1e8,
    'api',
    null,
    null,
  ];
  const rows = [
    row(1_000_000, 1, container('a')),
    row(2_000_000, 2, container('b')),
    row(3_000_000, 3, container('c')),
  ];
  const judged = (troubleAt: number | null, isAlerted = true) =>
    outOfMemory.conclude(
      [{ ...base, id: 'h.memory-kills', facts: { troubleAt, isAlerted }, table: { columns: [], rows } }],
      'h',
    );
  const [found, ...none] = judged(null);
  assert.deepEqual(none, []);
  assert.match(found?.summary ?? '', /^the kernel killed api \(pid 3, .* limit of container cccccccccccc/);
  assert.match(found?.explanation ?? '', /killed 3 times within the hour, in 3 containers/);
  assert.equal(found?.onset, 1_000_000);
  assert.equal(judged(3_100_000)[0]?.confidence, 0.95);
  assert.equal(judged(9_000_000)[0]?.confidence, 0.5);
  assert.equal(judged(3_100_000, false)[0]?.confidence, 0.4, 'nobody asked about the limit of a container');
});
