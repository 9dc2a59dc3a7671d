/** The parsers against texts recorded on Debian 12 (Linux 6.1 and 6.18). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseChrony, parseNtpq, parseTimedatectl, parseTimesync } from './clock-sync.ts';
import { cpuShares, parseCpu, parseLoad } from './cpu.ts';
import { parseMounts, realMounts } from './file-systems.ts';
import { parseInterfaces, parseTcp } from './interfaces.ts';
import { parseListeners } from './listeners.ts';
import { parseMemory, parsePaging } from './memory.ts';
import { parsePressure } from './pressure.ts';
import {
  describeCommand,
  parseCommandLine,
  parseDescriptorLimit,
  parseProcessStat,
  programName,
  stateOf,
} from './processes.ts';

const stat = `cpu  21891 5 11040 457988 1067 0 307 964 10 0
cpu0 9317 0 4967 231588 162 0 89 528 0 0
cpu1 12574 5 6072 226400 905 0 217 436 10 0
intr 845972 0 0
ctxt 1759122
btime 1763793960
processes 13201
procs_running 2
procs_blocked 1
`;

test('cpu: guest time is not counted twice, shares are of all cores', () => {
  const reading = parseCpu(stat);
  assert.deepEqual(reading, {
    ticks: { busy: 33_243, iowait: 1_067, steal: 964, total: 493_262 },
    cores: 2,
    bootedAt: 1_763_793_960_000,
  });
  const before = { busy: 100, iowait: 50, steal: 0, total: 1_000 };
  assert.deepEqual(cpuShares(before, { busy: 180, iowait: 45, steal: 10, total: 1_100 }), {
    busy: 0.8,
    iowait: 0,
    steal: 0.1,
  });
  assert.equal(cpuShares(before, before), undefined);
  assert.equal(cpuShares(before, { busy: 0, iowait: 0, steal: 0, total: 2_000 }), undefined);
  assert.deepEqual(parseLoad('0.76 0.37 0.19 2/96 13211\n'), { one: 0.76, five: 0.37, fifteen: 0.19 });
});

test('memory and paging', () => {
  const text =
    'MemTotal:       24684096 kB\nMemFree:        23854484 kB\nMemAvailable:   24157836 kB\nSwapTotal: 1024 kB\nSwapFree:              512 kB\n';
  assert.deepEqual(parseMemory(text), {
    total: 24_684_096 * 1024,
    available: 24_157_836 * 1024,
    swapTotal: 1_048_576,
    swapFree: 524_288,
  });
  assert.deepEqual(parsePaging('pgfault 12\npgmajfault 2861\noom_kill 3\n'), {
    majorFaults: 2861,
    oomKills: 3,
  });
  assert.deepEqual(parsePaging('pgfault 12\n'), { majorFaults: undefined, oomKills: undefined });
});

test('pressure', () => {
  const text =
    'some avg10=1.03 avg60=3.62 avg300=1.94 total=42402288\nfull avg10=0.00 avg60=0.10 avg300=25.00 total=0\n';
  assert.deepEqual(parsePressure('io', text), [
    { resource: 'io', kind: 'some', over10s: 0.0103, over60s: 0.0362, over300s: 0.0194 },
    { resource: 'io', kind: 'full', over10s: 0, over60s: 0.001, over300s: 0.25 },
  ]);
});

const mountinfo = `22 27 0:21 / /proc rw,relatime - proc proc rw
24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12334524k
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
28 27 254:1 / /var/lib/my\\040data ro,relatime - xfs /dev/vdb ro
29 27 254:0 /srv /mnt/bind rw,relatime - ext4 /dev/vda rw
30 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
31 27 0:40 / /nfs rw - nfs4 server:/x rw
32 27 0:50 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
`;

test('file systems: real ones only, bind mounts once, read-only seen', () => {
  const mounts = realMounts(parseMounts(mountinfo));
  assert.deepEqual(
    mounts.map(({ mountPoint, type, isReadOnly }) => [mountPoint, type, isReadOnly]),
    [
      ['/', 'ext4', false],
      ['/var/lib/my data', 'xfs', true],
    ],
  );
  const container = realMounts(parseMounts('1 0 0:99 / / rw,relatime - overlay overlay rw\n'));
  assert.equal(container[0]?.type, 'overlay');
});

test('interfaces and TCP', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 17466547  149481    0    0    0     0          0         0 17466547  149481    0    0    0     0       0          0
  eth0:527430394   13481    1    2    0     0          0         0   818468    7448    3    4    0     0       0          0
`;
  assert.deepEqual(parseInterfaces(text)[1], {
    name: 'eth0',
    receivedBytes: 527_430_394,
    receivedPackets: 13_481,
    receiveErrors: 1,
    receiveDrops: 2,
    sentBytes: 818_468,
    sentPackets: 7_448,
    sendErrors: 3,
    sendDrops: 4,
  });
  const snmp =
    'Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors\nTcp: 1 200 120000 -1 14013 13835 74 223 0 162830 156788 3 0 378 0\n';
  assert.deepEqual(parseTcp(snmp), { sentSegments: 156_788, retransmittedSegments: 3 });
});

test('clock: chronyc and timedatectl', () => {
  const tracking =
    '0A000001,ntp.example.net,3,1763800000.123,-0.000123,0.00001,0.0002,1.5,0.001,0.1,0.02,0.003,64.2,Normal\n';
  assert.deepEqual(parseChrony(tracking), {
    kind: 'known',
    isSynchronised: true,
    offsetSeconds: -0.000123,
    by: 'chronyc',
  });
  const lost = parseChrony(tracking.replace('Normal', 'Not synchronised'));
  assert.ok(lost?.kind === 'known' && !lost.isSynchronised);
  assert.equal(parseChrony('506 Cannot talk to daemon'), undefined);
  const show = parseTimedatectl('Timezone=Etc/UTC\nLocalRTC=no\nNTP=yes\nNTPSynchronized=no\n');
  assert.ok(show?.kind === 'known' && !show.isSynchronised);
});

test('clock: ntpq and systemd-timesyncd', () => {
  assert.deepEqual(parseNtpq('leap=00, stratum=3,\noffset=-4.250\n'), {
    kind: 'known',
    isSynchronised: true,
    offsetSeconds: -0.00425,
    by: 'ntpq',
  });
  const alone = parseNtpq('leap=11, stratum=16, offset=0.000');
  assert.ok(alone?.kind === 'known' && !alone.isSynchronised);
  assert.equal(parseNtpq('ntpq: read: Connection refused'), undefined);
  assert.equal(parseTimesync('       Server: 10.0.0.1\n       Offset: -1.500ms\n'), -0.0015);
  assert.equal(parseTimesync('  Offset: +2min 3.5s\n'), 123.5);
  assert.equal(parseTimesync('  Packet count: 0\n'), undefined);
});

test('processes: names with brackets, stopped and dead ones', () => {
  const line =
    '13228 (a) b (c) T 13226 13226 5784 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 7 0 247418 3133440 360 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 1 1 1 1 1 1 1 0\n';
  assert.deepEqual(parseProcessStat(line), {
    pid: 13_228,
    name: 'a) b (c',
    letter: 'T',
    parentPid: 13_226,
    cpuTicks: 200,
    threads: 7,
    startTicks: 247_418,
    residentPages: 360,
  });
  assert.deepEqual([...'RSDTtZX'].map(stateOf), [
    'running',
    'running',
    'blocked',
    'stopped',
    'stopped',
    'zombie',
    'zombie',
  ]);
  assert.deepEqual(parseCommandLine('node\0server.js\0\0--x\0'), ['node', 'server.js', '', '--x']);
  assert.deepEqual(parseCommandLine(''), []);
  assert.equal(
    parseDescriptorLimit('Max open files            20000                20000                files     \n'),
    20_000,
  );
});

test('listeners: IPv4, IPv6, mapped addresses, the accept queue', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 1062 1 00000000c6993d31 100 0 0 10 0
   1: 0100007F:B215 0100007F:C46C 06 00000000:00000000 03:00000BCA 00000000     0        0 0 3 00000000174a6144
   2: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   107        0 2000 1 0 100 0 0 10 0
   3: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   107        0 2001 1 0 100 0 0 10 0
   4: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   107        0 2002 1 0 100 0 0 10 0
   5: 00000000000000000000000000000000:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   107        0 2003 1 0 100 0 0 10 0
`;
  assert.deepEqual(parseListeners(text), [
    { address: '0.0.0.0', port: 2024, inode: '1062', acceptQueue: 3 },
    { address: '::1', port: 5432, inode: '2000', acceptQueue: 0 },
    { address: '127.0.0.1', port: 80, inode: '2001', acceptQueue: 0 },
    { address: '2001:db8::1', port: 80, inode: '2002', acceptQueue: 0 },
    { address: '::', port: 81, inode: '2003', acceptQueue: 0 },
  ]);
});

test('no text makes a parser throw', () => {
  const parsers = [
    parseCpu,
    parseLoad,
    parseMemory,
    parsePaging,
    parseMounts,
    parseInterfaces,
    parseTcp,
    parseChrony,
  ];
  const more = [parseTimedatectl, parseProcessStat, parseCommandLine, parseDescriptorLimit, parseListeners];
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(stat, mountinfo, ''), (text, begin) => {
      for (const parse of [...parsers, ...more]) parse(`${begin}${text}`);
    }),
    { numRuns: 200 },
  );
});

test('a command line for people: secrets blotted out, control characters gone; scripts have the name', () => {
  const command = [
    'node',
    'api.js',
    '--password',
    'pw1',
    '--token=pw2',
    'postgres://u:pw3@h/x',
    'a\u001b[31mb',
  ];
  assert.equal(
    describeCommand(command),
    'node api.js --password *** --token=*** postgres://u:***@h/x a [31mb',
  );
  assert.equal(describeCommand(['x'.repeat(500)]).length, 120);
  assert.equal(programName({ name: 'node', command: ['node', '--watch', '/srv/api.ts', 'x'] }), 'api');
  assert.equal(programName({ name: 'redis-server', command: ['redis-server'] }), 'redis-server');
});
