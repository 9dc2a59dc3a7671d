/** On a small real file system, real processes and the real logrotate. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { tryTarget } from '../../../../test/try-target.ts';
import { host } from '../index.ts';

const isRoot = process.getuid?.() === 0;
const folder = temporaryFolder('host');
after(() => removeFolder(folder));

/** A tmpfs of 2 MB and 100 inodes; undefined where it may not be mounted. */
function smallDisk(name: string): { mount: string; unmount: () => void } | undefined {
  const mount = join(folder, name);
  mkdirSync(mount);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,nr_inodes=100', 'tmpfs', mount], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  return { mount, unmount: () => void execFileSync('umount', ['-l', mount]) };
}

function old(file: string, bytes: number, days: number): string {
  writeFileSync(file, Buffer.alloc(bytes, 1));
  const at = Date.now() / 1_000 - days * 86_400;
  utimesSync(file, at, at);
  return file;
}

test('a full disk is freed of what is declared, oldest first, no more than is needed and nothing else', async (t) => {
  const disk = smallDisk('full');
  if (disk === undefined) return t.skip('mounting a tmpfs needs root');
  t.after(disk.unmount);
  const { mount } = disk;
  for (const name of ['logs', 'data', 'data/pg_wal']) mkdirSync(join(mount, name));
  const [oldest, older] = [
    old(join(mount, 'logs/app.3.gz'), 200e3, 9),
    old(join(mount, 'logs/app.2.gz'), 200e3, 5),
  ];
  const [third, young] = [
    old(join(mount, 'logs/app.1.gz'), 200e3, 3),
    old(join(mount, 'logs/app.0.gz'), 1e3, 0),
  ];
  const wal = old(join(mount, 'data/pg_wal/000000010000000000000001.gz'), 300e3, 9);
  const data = old(join(mount, 'data/table.gz'), 300e3, 9);
  writeFileSync(join(mount, 'data/PG_VERSION'), '15');
  const other = old(join(mount, 'logs/app.log'), 700e3, 9);
  symlinkSync(data, join(mount, 'logs/link.gz'));
  const target = tryTarget(host, {
    free: ['logs', 'data', 'data/pg_wal'].map((name) => ({
      files: join(mount, name, '*.gz'),
      olderThan: '2d',
    })),
  });
  const plan = await planned(target, 'host.free-disk', { mount });
  assert.match(plan.summary, /^Delete 2 files \(0\.4 MB\)/);
  assert.match(plan.steps[0] ?? '', new RegExp(`^rm -- ${oldest}  # 0\\.2 MB, `));
  assert.equal(plan.undo.possible, false);
  assert.equal((await verified(target, plan)).good, false);
  await assertGuarded(target, plan);
  assert.ok(existsSync(oldest), 'a plan deletes nothing');
  await applied(target, plan);
  for (const file of [oldest, older]) assert.ok(!existsSync(file), file);
  for (const file of [third, young, wal, data, other]) assert.ok(existsSync(file), file);
  assert.equal((await verified(target, plan)).good, true);
  await assert.rejects(applied(target, plan), /has changed since it was planned/);
  assert.match(await refusal(target, 'host.free-disk', { mount }), /is not short/);
});

test('inodes run out: old session files go; one that is written again meanwhile stops the plan', async (t) => {
  const disk = smallDisk('inodes');
  if (disk === undefined) return t.skip('mounting a tmpfs needs root');
  t.after(disk.unmount);
  const { mount } = disk;
  mkdirSync(join(mount, 'sessions'));
  for (let at = 0; at < 96; at++) old(join(mount, `sessions/sess_${at}`), 10, 3);
  const target = tryTarget(host, { free: [{ files: join(mount, 'sessions/sess_*'), olderThan: '1d' }] });
  const stale = await planned(target, 'host.free-disk', { mount });
  writeFileSync(join(mount, 'sessions/sess_0'), 'somebody came back');
  await assert.rejects(applied(target, stale), /has changed since it was planned/);
  const plan = await planned(target, 'host.free-disk', { mount });
  await applied(target, plan);
  assert.equal((await verified(target, plan)).good, true);
  assert.equal(readFileSync(join(mount, 'sessions/sess_0'), 'utf8'), 'somebody came back');
});

test('patterns that could reach too far are no configuration', () => {
  for (const files of ['/*.gz', '/var/*', 'logs/*.gz', '/var/log/**', '/var/log/../lib/*', '/var/*/x/*.gz'])
    assert.equal(host.config.safeParse({ free: [{ files }] }).success, false, files);
  assert.ok(host.config.safeParse({ free: [{ files: '/var/log/shop/*.gz' }] }).success);
});

test('declared batch work goes behind everything else, and back', {
  skip: missing({ name: 'ionice', apt: 'util-linux' }) || (!isRoot && 'the undo needs root'),
}, async (t) => {
  const hog = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  t.after(() => hog.kill('SIGKILL'));
  await once(hog, 'spawn');
  const sleep = spawn('sleep', ['300'], { stdio: 'ignore', uid: 65_534, gid: 65_534 });
  t.after(() => sleep.kill('SIGKILL'));
  await once(sleep, 'spawn');
  const pid = sleep.pid ?? 0;
  const before = getPriority(pid);
  const target = tryTarget(host, { batch: { users: [65_534] } });
  const input = { name: 'sleep', user: 65_534 };
  assert.match(
    await refusal(target, 'host.renice', { name: 'node', user: 0 }),
    /not declared as work that may wait/,
  );
  const plan = await planned(target, 'host.renice', input);
  await assertGuarded(target, plan);
  assert.equal((await verified(target, plan)).good, false);
  await applied(target, plan);
  assert.equal(getPriority(pid), 19);
  assert.equal((await verified(target, plan)).good, true);
  await applied(target, plan);
  assert.match(await refusal(target, 'host.renice', input), /behind everything else already/);
  await undone(target, plan);
  assert.equal(getPriority(pid), before);
  assert.equal((await planned(target, 'host.renice', input)).before.processes, plan.before.processes);
});

test('a process that runs out of descriptors gets more, within what is declared, and back', {
  skip: missing({ name: 'prlimit', apt: 'util-linux' }),
}, async (t) => {
  const script =
    'const fs=require("fs");for(let i=0;i<250;i++)fs.openSync("/dev/null");console.log("ready");setInterval(()=>{},1e6)';
  const leak = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => leak.kill('SIGKILL'));
  await once(leak.stdout, 'data');
  const pid = leak.pid ?? 0;
  // Node raises its own limit when it starts.
  execFileSync('prlimit', ['--pid', String(pid), '--nofile=300:4096']);
  const limit = () => /^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1];
  const target = tryTarget(host, { descriptors: [{ name: 'node', most: 4_096 }] });
  const id = 'host.raise-descriptor-limit';
  assert.match(await refusal(tryTarget(host, {}), id, { pid, limit: 1_024 }), /is not among `descriptors`/);
  assert.match(await refusal(target, id, { pid, limit: 8_192 }), /4096 at most/);
  const plan = await planned(target, id, { pid, limit: 1_024 });
  assert.deepEqual(plan.steps, [`prlimit --pid ${pid} --nofile=1024:4096`]);
  await assertGuarded(target, plan);
  assert.equal((await verified(target, plan)).good, false);
  await applied(target, plan);
  assert.equal(limit(), '1024');
  assert.equal((await verified(target, plan)).good, true);
  assert.match(await applied(target, plan), /nothing was done/);
  await undone(target, plan);
  assert.equal(limit(), '300');
});

test('logs of a declared configuration are rotated', {
  skip: missing({ name: 'logrotate', apt: 'logrotate' }),
}, async () => {
  const log = join(folder, 'app.log');
  writeFileSync(log, 'x'.repeat(10_000));
  const config = join(folder, 'app.logrotate');
  writeFileSync(config, `${log} {\n  rotate 2\n  create\n}\n`, { mode: 0o644 });
  const target = tryTarget(host, { logrotate: [config] });
  assert.match(await refusal(target, 'host.rotate-logs', { config: '/etc/logrotate.conf' }), /is not among/);
  const plan = await planned(target, 'host.rotate-logs', { config });
  await assertGuarded(target, plan);
  assert.equal((await verified(target, plan)).good, false);
  await applied(target, plan);
  assert.equal((await verified(target, plan)).good, true);
  assert.equal(readFileSync(`${log}.1`, 'utf8').length, 10_000);
  assert.match(await applied(target, plan), /rotated already/);
});
