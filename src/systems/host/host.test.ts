import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { readingOf, targetName, tryTarget } from '../../../test/try-target.ts';
import type { Evidence } from '../../core/evidence.ts';
import type { ProcessFacts } from '../../machine/processes.ts';
import { busyProcess, groupProcesses } from './diagnoses/busy-process.ts';
import { diskFilling } from './diagnoses/disk-filling.ts';
import { host } from './index.ts';
import { parsePackages } from './probes/configuration.ts';

const skip = process.platform !== 'linux' && 'the host system reads /proc';

test('every probe tells of this machine what is plausible', { skip, timeout: 180_000 }, async () => {
  const target = tryTarget(host, {});
  await target.seen('host.cpu');
  let spin = 0;
  for (const until = Date.now() + 150; Date.now() < until; ) spin++;
  const cpu = await target.seen('host.cpu');
  const used = readingOf(cpu, 'host.cpu.used') ?? -1;
  assert.ok(spin > 0 && used > 0 && used <= 1, String(used));
  const memory = await target.seen('host.memory');
  const available = readingOf(memory, 'host.memory.available') ?? -1;
  assert.ok(available > 0 && available < 1);
  const disk = await target.seen('host.disk');
  const share = readingOf(disk, 'host.disk.available', { mount: '/' }) ?? -1;
  assert.ok(share > 0 && share < 1);
  assert.equal(readingOf(disk, 'host.disk.read-only', { mount: '/' }), 0);
  await target.seen('host.pressure');
  await target.seen('host.network');
  await target.seen('host.limits');
  const clock = await target.seen('host.clock');
  assert.ok(clock.readings.length > 0 || (clock.missing ?? []).length > 0);
});

test('what seldom changes is told as it stands, for the ledger', { skip }, async () => {
  const { snapshots = [] } = await tryTarget(host, {}).seen('host.configuration');
  const kernel = snapshots.find(({ document }) => document === 'host.kernel-settings');
  assert.match(kernel?.values['net.ipv4.ip_local_port_range'] ?? '', /^\d+ \d+$/);
  const text =
    'Package: nginx\nStatus: install ok installed\nVersion: 1.22.1-9\n\nPackage: old\nStatus: deinstall ok config-files\nVersion: 1\n';
  assert.deepEqual(parsePackages(text), { nginx: '1.22.1-9' });
});

test('a real process that uses all it can get is on the list', { skip, timeout: 180_000 }, async (t) => {
  const hog = spawn(process.execPath, ['--title=upkeep-hog', '-e', 'for (;;);'], { stdio: 'ignore' });
  t.after(() => hog.kill('SIGKILL'));
  await once(hog, 'spawn');
  const target = tryTarget(host, {});
  for (;;) {
    const { evidence } = await target.diagnose('host.busy-process');
    const rows = evidence.find((each) => each.id === `${targetName}.processes-by-cpu`)?.table?.rows ?? [];
    const row = rows.find(([, , pids]) => String(pids).split(' ').includes(String(hog.pid)));
    // On a machine that others use too, a look may come while the hog waits for its turn.
    if (Number(row?.[4]) > 0.05) return;
  }
});

const facts = (pid: number, name: string, cpuSeconds: number, resident = 1e6): ProcessFacts => ({
  pid,
  parentPid: 1,
  name,
  command: [name],
  state: 'running',
  letter: 'R',
  startTicks: pid,
  startedAt: 0,
  cpuSeconds,
  threads: 1,
  resident,
  uid: 33,
});

test('workers of one program count together', () => {
  const before = [facts(1, 'batch', 10), facts(2, 'batch', 10), facts(3, 'app', 5)];
  const after = [facts(1, 'batch', 12), facts(2, 'batch', 11), facts(3, 'app', 5.2), facts(4, 'batch', 1)];
  const groups = groupProcesses(before, after, 2);
  const [batch] = groups;
  assert.deepEqual([batch?.name, batch?.pids, batch?.cores], ['batch', [1, 2, 4], 2]);
});

function machine(known: Record<string, number>, cpu: unknown[][], memory: unknown[][]): Evidence[] {
  const base = { target: 'h', title: '', at: 0, how: '' };
  const columns: string[] = [];
  const table = (rows: unknown[][]) => ({ columns, rows: rows as (string | number)[][] });
  return [
    { ...base, id: 'h.machine', facts: known },
    { ...base, id: 'h.processes-by-cpu', table: table(cpu) },
    { ...base, id: 'h.processes-by-memory', table: table(memory) },
  ];
}

test('the one that uses most is named only where the machine is short of it', () => {
  const rows = [
    ['stress-ng', 1001, '7 8 9 10 11', 8, 3.6, 2e8, 'stress-ng --cpu 0'],
    ['postgres', 107, '20', 1, 0.1, 1e9, 'postgres'],
  ];
  const calm = { cores: 4, cpuUsed: 0.3, memoryTotal: 8e9, memoryAvailable: 5e9 };
  assert.deepEqual(busyProcess.conclude(machine(calm, rows, rows), 'h'), []);
  const [cpu, ...none] = busyProcess.conclude(machine({ ...calm, cpuUsed: 0.97 }, rows, rows), 'h');
  assert.deepEqual(none, []);
  assert.equal(cpu?.summary, 'stress-ng (user 1001, 8 processes: 7 8 9 10 11 …) uses 3.6 of 4 cores');
  assert.ok((cpu?.confidence ?? 0) > 0.9);
  const batch = {
    id: 'h.batch',
    target: 'h',
    title: '',
    at: 0,
    how: '',
    facts: { names: '', users: '1001' },
  };
  const [told] = busyProcess.conclude([...machine({ ...calm, cpuUsed: 0.97 }, rows, rows), batch], 'h');
  assert.deepEqual(
    [cpu?.recommendations, told?.recommendations.map(({ input }) => input)],
    [[], [{ name: 'stress-ng', user: 1001 }]],
  );
  const leak = [['app', 33, '50', 1, 0.1, 6e9, 'node app.js']];
  const [memory] = busyProcess.conclude(machine({ ...calm, memoryAvailable: 4e8 }, leak, leak), 'h');
  assert.match(memory?.summary ?? '', /^app \(user 33, pid 50\) holds 5\.6 GiB/);
});

test('a growing file on a full disk is named with who writes it, a deleted one with who holds it', () => {
  const base = { target: 'h', title: '', at: 0, how: '' };
  const evidence = (rows: (string | number | boolean)[][], available: number): Evidence[] => [
    {
      ...base,
      id: 'h.disks',
      table: {
        columns: [],
        rows: [
          ['/', 100e9, available],
          ['/data', 50e9, 40e9],
        ],
      },
    },
    { ...base, id: 'h.open-files', table: { columns: [], rows } },
  ];
  const growing = ['/var/log/app.log', 4e9, 8e6, false, 812, 'app'];
  const elsewhere = ['/data/big', 4e9, 9e6, false, 813, 'other'];
  const held = ['/var/log/old.log', 30e9, 0, true, 814, 'java'];
  const found = diskFilling.conclude(evidence([elsewhere, growing, held], 2e9), 'h');
  assert.deepEqual(
    found.map(({ summary }) => summary),
    [
      'app (pid 812) fills /: /var/log/app.log grows by 8.0 MB a second',
      '30000.0 MB of / belong to deleted files that java (pid 814) still holds open',
    ],
  );
  assert.deepEqual(diskFilling.conclude(evidence([growing], 60e9), 'h'), []);
  const small = { ...evidence([['/small/old.log', 44e6, 0, true, 815, 'node']], 2e9)[1] } as Evidence;
  const disks = { ...base, id: 'h.disks', table: { columns: [], rows: [['/small', 48e6, 1e6]] } };
  const [most] = diskFilling.conclude([disks, small], 'h');
  assert.equal(
    most?.summary,
    '44.0 MB of /small belong to deleted files that node (pid 815) still holds open',
  );
  assert.ok((most?.confidence ?? 0) > 0.9, 'it says of what the disk is full');
});
