/** A real process that writes, a real file system that breaks; arrays and SMART as recorded. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually, readingOf, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { fileSystemErrors, parseDiskStats, parseRaid } from '../../../machine/block-devices.ts';
import { parseSmart } from '../../../machine/smart.ts';
import { host } from '../index.ts';
import { diskErrorsIn, diskFailure } from './disk-failure.ts';
import { ioHog } from './io-hog.ts';

const base = { target: 'h', title: 'x', at: 90_000_000, how: 'x' };
const piece = (topic: string, rows: Scalar[][], facts: Evidence['facts'] = {}): Evidence => ({
  ...base,
  id: `h.${topic}`,
  facts,
  table: { columns: [], rows },
});

const writer = `
const fs = require('node:fs');
const file = fs.openSync(process.argv[1], 'w');
for (;;) { fs.writeSync(file, Buffer.alloc(300_000, 1), 0, 300_000, 0); fs.fdatasyncSync(file); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); }`;

test('a real process that writes is on the list with its bytes a second; disks tell how long requests take', {
  timeout: 180_000,
  skip: process.platform !== 'linux',
}, async (t) => {
  const folder = temporaryFolder('writer');
  const child = spawn(process.execPath, ['--title=upkeep-writer', '-e', writer, join(folder, 'file')], {
    stdio: 'ignore',
  });
  t.after(() => {
    child.kill('SIGKILL');
    removeFolder(folder);
  });
  const target = tryTarget(host, {});
  await target.seen('host.devices');
  for (;;) {
    const { evidence } = await target.diagnose('host.io-hog');
    const rows = evidence.find(({ id }) => id === `${targetName}.io`)?.table?.rows ?? [];
    const row = rows.find(([, , pids]) => String(pids).split(' ').includes(String(child.pid)));
    if (Number(row?.[5]) < 100_000 || row === undefined) continue;
    break;
  }
  const outcome = await target.seen('host.devices');
  if (!outcome.readings.some(({ metric }) => metric === 'host.device.read')) return t.skip('no disk here');
  assert.ok((readingOf(outcome, 'host.device.busy') ?? -1) >= 0);
  assert.ok((readingOf(outcome, 'host.device.latency') ?? -1) >= 0);
});

test('who writes most is named only while the disks are strained', () => {
  const rows = [
    ['nightly', 1001, '7 8', 2, 0, 90e6, 'nightly --all'],
    ['postgres', 107, '20', 1, 1e6, 5e6, 'postgres'],
  ];
  const io = piece('io', rows, { bytesPerSecond: 96e6, hidden: 0 });
  const load = (seconds: number, busy: number, waiting = 0) =>
    piece('device-load', [['sda', seconds, busy, 1e6, 95e6]], { waitingShare: waiting });
  assert.deepEqual(ioHog.conclude([load(0.004, 0.3), io], 'h'), []);
  const [slow] = ioHog.conclude([load(0.25, 1), io], 'h');
  assert.equal(
    slow?.summary,
    'nightly (user 1001, 2 processes: 7 8) writes 90.0 MB a second, while a request to sda takes 250 ms',
  );
  assert.deepEqual(slow.recommendations, []);
  const batch = piece('waiting-work', [], { names: 'nightly', users: '' });
  const [told] = ioHog.conclude([load(0.004, 0.3, 0.5), io, batch], 'h');
  assert.match(told?.summary ?? '', /some work waits for a disk 50 % of the time$/);
  assert.deepEqual(
    told?.recommendations.map(({ input }) => input),
    [{ name: 'nightly', user: 1001 }],
  );
  const hidden = piece('io', rows, { bytesPerSecond: 96e6, hidden: 12 });
  const [unsure] = ioHog.conclude([load(0.25, 1), hidden], 'h');
  assert.ok((unsure?.confidence ?? 1) < (slow?.confidence ?? 0));
  assert.equal(unsure?.unseen.length, 2);
});

test('a real file system that finds itself broken becomes read-only, and is told with its device', {
  timeout: 180_000,
}, async (t) => {
  const folder = temporaryFolder('broken');
  const mount = join(folder, 'mount');
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { stdio: 'pipe', timeout: 180_000 }).toString().trim();
  let device: string | undefined;
  t.after(() => {
    try {
      if (device !== undefined) run('umount', mount);
    } finally {
      removeFolder(folder);
    }
  });
  try {
    run('truncate', '-s', '8M', join(folder, 'image'));
    run('mkfs.ext4', '-q', '-e', 'remount-ro', join(folder, 'image'));
    run('mkdir', mount);
    run('mount', '-o', 'loop', join(folder, 'image'), mount);
    device = run('findmnt', '-no', 'SOURCE', mount).replace('/dev/', '');
  } catch {
    return t.skip('a loop mount needs root, loop devices and mkfs.ext4 (apt-get install e2fsprogs)');
  }
  const target = tryTarget(host, {});
  const before = await target.seen('host.disk-health');
  assert.equal(readingOf(before, 'host.file-system.errors', { device }), 0);
  await target.seen('host.disk');
  const trigger = `/sys/fs/ext4/${device}/trigger_fs_error`;
  writeFileSync(trigger, 'a test of Upkeep');
  assert.throws(() => writeFileSync(join(mount, 'file'), 'x'), /EROFS/);
  // The kernel counts in a work item of its own.
  await eventually(
    async () => readingOf(await target.seen('host.disk-health'), 'host.file-system.errors', { device }),
    (errors) => errors === 1,
  );
  const [errors] = (await fileSystemErrors()).filter((each) => each.device === device);
  assert.equal(errors?.where, 'trigger_test_error');
  assert.equal(readingOf(await target.seen('host.disk'), 'host.disk.read-only', { mount }), 1);
  const { findings } = await target.diagnose('host.disk-failure');
  const told = findings.map(({ summary }) => summary).filter((each) => each.includes(device ?? '?'));
  assert.ok(
    told.includes(`ext4 on ${device} has found 1 error in its structures, the last within 24 h`),
    told.join('\n'),
  );
  if (readFileSync('/proc/self/status', 'utf8').match(/^Uid:\s+0/m))
    assert.ok(
      told.includes(`the kernel made the file system of ${device} read-only after an error`),
      told.join('\n'),
    );
});

const mdstat = `Personalities : [raid1] [raid6] [raid5] [raid4]
md0 : active raid1 sdb1[1](F) sda1[0]
      1046528 blocks super 1.2 [2/1] [U_]

md1 : active raid5 sdf1[4] sde1[2] sdd1[1] sdc1[0]
      2930277376 blocks super 1.2 level 5, 512k chunk, algorithm 2 [4/3] [UUU_]
      [==>..................]  recovery = 12.6% (123043392/976759125) finish=127.5min speed=111440K/sec
      bitmap: 3/8 pages [12KB], 65536KB chunk

md127 : active (auto-read-only) raid1 sdh[1] sdg[0]
      1000 blocks super 1.2 [2/2] [UU]

unused devices: <none>
`;

test('arrays that lack a member are told with the disk and the rebuild', () => {
  const arrays = parseRaid(mdstat);
  assert.deepEqual(
    arrays.map(({ name, level, members, missing, failed, rebuild }) => [
      name,
      level,
      members,
      missing,
      failed,
      rebuild?.done ?? null,
    ]),
    [
      ['md0', 'raid1', 2, 1, ['sdb1'], null],
      ['md1', 'raid5', 4, 1, [], 0.126],
      ['md127', 'raid1', 2, 0, [], null],
    ],
  );
  assert.deepEqual(parseRaid('Personalities : \nunused devices: <none>\n'), []);
  const rows = arrays.map((each) => [
    each.name,
    each.level,
    each.members,
    each.missing,
    each.failed.join(' '),
    each.rebuild?.kind ?? null,
    each.rebuild?.done ?? null,
  ]);
  const [first, second, ...none] = diskFailure.conclude([piece('arrays', rows)], 'h');
  assert.equal(first?.summary, 'md0 (raid1) runs with 1 of 2 members: the kernel took out sdb1');
  assert.match(second?.explanation ?? '', /being rebuilt \(recovery, 13 %\)/);
  assert.deepEqual(none, []);
});

test('what the kernel says of disks is counted by device', () => {
  const lines = [
    'blk_update_request: I/O error, dev sda, sector 12345 op 0x0:(READ) flags 0x0',
    'I/O error, dev sda, sector 12346 op 0x0:(READ) flags 0x80700 phys_seg 1',
    'critical medium error, dev sda, sector 12347 op 0x0:(READ)',
    'Buffer I/O error on dev sda, logical block 1543, async page read',
    'EXT4-fs error (device sdb1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0',
    'nvme nvme0: 2/0/0 default/read/poll queues',
  ].map((text, at) => ({ at, text }));
  const rows = diskErrorsIn(lines);
  assert.deepEqual(
    rows.map(([device, kind, times]) => [device, kind, times]),
    [
      ['sda', 'i/o errors', 4],
      ['sdb1', 'errors of the file system', 1],
    ],
  );
  const [disk] = diskFailure.conclude([piece('kernel-disk-errors', rows)], 'h');
  assert.equal(disk?.summary, 'sda had 4 I/O errors in the last 24 h');
});

/** Lines as kernels 4.19 to 6.12 wrote them, each with the device and what it means; null means nothing. */
const spoken: readonly (readonly [string, string | null])[] = [
  [
    'blk_update_request: I/O error, dev sdb, sector 2048 op 0x1:(WRITE) flags 0x0 phys_seg 1',
    'sdb i/o errors',
  ],
  ['blk_update_request: critical medium error, dev sdb, sector 97 op 0x0:(READ)', 'sdb i/o errors'],
  ['sd 2:0:0:0: [sdb] tag#12 Sense Key : Medium Error [current] ', 'sdb i/o errors'],
  ['nvme0n1: I/O Cmd(0x2) @ LBA 5120, 8 blocks, I/O Error (sct 0x2 / sc 0x81) ', 'nvme0n1 i/o errors'],
  ['nvme nvme0: I/O 37 QID 2 timeout, aborting', 'nvme0 i/o errors'],
  [
    'EXT4-fs warning (device sdb1): ext4_end_bio:343: I/O error 10 writing to inode 12 starting block 33',
    'sdb1 i/o errors',
  ],
  ['XFS (sdb1): metadata I/O error in "xfs_imap_to_bp+0x61" at daddr 0x40 len 32 error 5', 'sdb1 i/o errors'],
  [
    'EXT4-fs error (device sdb1): ext4_lookup:1851: inode #2: deleted inode referenced: 12',
    'sdb1 errors of the file system',
  ],
  [
    'EXT4-fs (sdb1): warning: mounting fs with errors, running e2fsck is recommended',
    'sdb1 errors of the file system',
  ],
  [
    'BTRFS warning (device sdb1): csum failed root 5 ino 257 off 0 csum 0x1 expected csum 0x2 mirror 1',
    'sdb1 errors of the file system',
  ],
  ['EXT4-fs (sdb1): Remounting filesystem read-only', 'sdb1 remounts read-only'],
  ['BTRFS info (device sdb1): forced readonly', 'sdb1 remounts read-only'],
  [
    'EXT4-fs (sdb1): warning: mounting unchecked fs, running e2fsck is recommended',
    'sdb1 warnings of the file system',
  ],
  [
    'EXT4-fs (sdb1): warning: maximal mount count reached, running e2fsck is recommended',
    'sdb1 warnings of the file system',
  ],
  [
    'EXT4-fs warning (device sdb1): ext4_dx_add_entry:2461: Directory (ino: 131073) index full, reach max htree level :2',
    'sdb1 warnings of the file system',
  ],
  ['blk_update_request: I/O error, dev fd0, sector 0 op 0x0:(READ) flags 0x0 phys_seg 1', null],
  ['critical target error, dev sdb, sector 0 op 0x3:(DISCARD) flags 0x800 phys_seg 1', null],
  ['EXT4-fs (sdb1): mounted filesystem with ordered data mode. Opts: (null)', null],
  ['XFS (sdb1): Mounting V5 Filesystem', null],
];

test('errors of a device, errors of a file system and mere warnings are told apart', () => {
  for (const [text, meaning] of spoken)
    assert.deepEqual(
      diskErrorsIn([{ at: 1, text }]).map(([device, kind]) => `${device} ${kind}`),
      meaning === null ? [] : [meaning],
      text,
    );
});

test('a warning of a file system is no failing disk', () => {
  const rows = diskErrorsIn([
    { at: 1, text: 'EXT4-fs (sdb1): warning: mounting unchecked fs, running e2fsck is recommended' },
  ]);
  const [told, ...others] = diskFailure.conclude([piece('kernel-disk-errors', rows)], 'h');
  assert.deepEqual(others, []);
  assert.equal(
    told?.summary,
    'the file system of sdb1 gave 1 warning in the last 24 h; no request to its disk failed',
  );
  assert.ok(told.confidence <= 0.3);
});

test('what an NVMe disk warns of itself is told in words', () => {
  const answer = JSON.stringify({
    smart_status: { passed: false },
    nvme_smart_health_information_log: { critical_warning: 5, media_errors: 0 },
  });
  assert.deepEqual(parseSmart('nvme0n1', answer)?.signs, ['spare blocks run out', 'reliability degraded']);
});

test('what the kernel said of a file system before it was mounted anew is another story; its disk stays suspect', () => {
  const said = (texts: readonly string[]) =>
    diskErrorsIn(texts.map((text, at) => ({ at, text }))).map(([device, kind]) => `${device} ${kind}`);
  const broken = [
    'EXT4-fs error (device loop0): ext4_lookup:1851: inode #2: deleted inode referenced: 12',
    'EXT4-fs (loop0): Remounting filesystem read-only',
    'I/O error, dev loop0, sector 8 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2',
  ];
  assert.equal(said(broken).length, 3);
  assert.deepEqual(said([...broken, 'EXT4-fs (loop0): unmounting filesystem 9785970c-671f-4857.']), [
    'loop0 errors of the file system',
    'loop0 i/o errors',
  ]);
  const mounted =
    'EXT4-fs (loop0): mounted filesystem e6bc4a25-7d31 r/w with ordered data mode. Quota mode: none.';
  assert.deepEqual(said([...broken, mounted]), ['loop0 i/o errors']);
  assert.equal(said([...broken, mounted.replace('loop0', 'loop1')]).length, 3, 'another one');
  assert.equal(said([mounted, ...broken]).length, 3, 'it was well then');
  assert.deepEqual(
    said([...broken.slice(0, 2), 'EXT4-fs (loop0): re-mounted e6bc4a25-7d31 r/w. Quota mode: none.']),
    ['loop0 errors of the file system'],
  );
});

test('a disk that fails by its own word, one that counts bad places, and one that says nothing', () => {
  const answer = (passed: boolean, pending: number) =>
    JSON.stringify({
      smart_status: { passed },
      ata_smart_attributes: { table: [{ name: 'Current_Pending_Sector', raw: { value: pending } }] },
    });
  assert.deepEqual(parseSmart('sda', answer(true, 0)), { device: 'sda', isPassed: true, signs: [] });
  assert.equal(parseSmart('sda', '{"smartctl":{"exit_status":2}}'), undefined);
  assert.equal(parseSmart('sda', 'smartctl: not permitted'), undefined);
  const rows = [
    ['sda', false, 'Current_Pending_Sector 8'],
    ['sdb', true, 'Current_Pending_Sector 2'],
    ['sdc', true, ''],
  ];
  assert.deepEqual(
    diskFailure.conclude([piece('smart', rows)], 'h').map(({ summary }) => summary),
    [
      'sda says itself that it fails: Current_Pending_Sector 8',
      'sdb counts bad places: Current_Pending_Sector 2',
    ],
  );
});

test('disks are read as the kernel documents them', () => {
  const line = ' 254       0 vda 100 1 2000 50 10 2 400 70 0 90 120 5 0 8 2 7 3';
  assert.deepEqual(parseDiskStats(line), [
    { name: 'vda', requests: 110, readBytes: 1_024_000, writtenBytes: 204_800, requestMs: 120, busyMs: 90 },
  ]);
});

test('what the kernel said of a disk long before the trouble began does not lead', () => {
  const told = (isOld: boolean) =>
    diskFailure.conclude(
      [
        piece('kernel-disk-errors', [
          ['sda', 'remounts read-only', 1, 1, 'EXT4-fs (sda): Remounting', isOld],
        ]),
      ],
      'h',
    );
  assert.equal(told(false)[0]?.confidence, 0.95);
  const [old] = told(true);
  assert.equal(old?.confidence, 0.5);
  assert.match(old?.explanation ?? '', /well before this trouble began/);
});
