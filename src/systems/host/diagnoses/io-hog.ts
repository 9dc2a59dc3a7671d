/** Who reads and writes when the disks are slow or busy. */

import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { type DeviceReading, readDevices } from '../../../machine/block-devices.ts';
import { readPressure } from '../../../machine/pressure.ts';
import { remedyHere } from '../../../machine/privilege.ts';
import { type ProcessIo, readProcessIo } from '../../../machine/process-io.ts';
import { describeCommand } from '../../../machine/processes.ts';
import type { HostConnection } from '../connection.ts';

const id = 'host.io-hog';
const lookMs = 2_000;
const rowsShown = 10;

/** As the rules host.device-busy and host.device-slow warn. */
const busyFrom = 0.8;
const slowFrom = 0.1;
/** Share of the time that some task waits for a disk, over ten seconds: as host.io-pressure warns. */
const pressureFrom = 0.2;
/** A group is named when this much of what moves is its own, and it is no trickle. */
const blamedFrom = 0.4;
const leastBytes = 1e6;

export const ioHog: Diagnosis<HostConnection> = {
  id,
  title: 'one process keeps the disks busy',
  summary: 'Which process reads or writes most while the disks are slow or busy',
  explains: [
    'host.device-slow',
    'host.device-busy',
    'host.io-pressure',
    'host.cpu-iowait',
    'host.pressure',
    'host.load',
  ],
  async gather({ config }, target, ctx) {
    try {
      const { names, users } = config.batch;
      const declared: Evidence = {
        ...piece(target, 'waiting-work', ctx, 'Work that is declared to wait', 'batch of the target'),
        facts: { names: names.join(' '), users: users.join(' ') },
      };
      return [...(await look(target, ctx)), declared];
    } catch (error) {
      const unseen = error instanceof Error ? error.message : String(error);
      return [{ ...piece(target, 'io', ctx, 'Reads and writes by process', 'iotop -b -n 1'), unseen }];
    }
  },
  conclude(evidence, target) {
    const of = (topic: string) => evidence.find((each) => each.id === `${target}.${topic}`);
    const [devices, io] = [of('device-load'), of('io')];
    const [top] = io?.table?.rows ?? [];
    if (devices?.table === undefined || io?.facts === undefined || top === undefined) return [];
    const strained = strainIn(devices);
    const total = Number(io.facts.bytesPerSecond);
    const own = Number(top[4]) + Number(top[5]);
    const share = own / total;
    if (strained === undefined || !(own >= leastBytes) || !(share >= blamedFrom)) return [];
    return [hog(top, share, strained, [devices, io], of('waiting-work')?.facts ?? {}, target)];
  },
};

const ordinary = 'run Upkeep as root or with CAP_SYS_PTRACE';

function piece(target: string, topic: string, ctx: DiagnosisContext, title: string, how: string) {
  return { id: `${target}.${topic}`, target, title, how, at: ctx.clock.now() };
}

async function look(target: string, ctx: DiagnosisContext): Promise<Evidence[]> {
  const began = ctx.clock.monotonic();
  const [before, devicesBefore] = [await readProcessIo(), await readDevices()];
  await ctx.clock.sleep(lookMs, ctx.signal);
  const [after, devicesAfter, pressure] = [await readProcessIo(), await readDevices(), await readPressure()];
  const seconds = (ctx.clock.monotonic() - began) / 1_000;
  const groups = groupIo(before.seen, after.seen, seconds);
  const waiting = pressure.find(({ resource, kind }) => resource === 'io' && kind === 'some');
  const load = 'Disks: time a request takes, share of the time in use, bytes a second';
  return [
    {
      ...piece(target, 'device-load', ctx, load, 'iostat -x 2 2; cat /proc/pressure/io'),
      facts: { waitingShare: waiting?.over10s ?? null },
      table: {
        columns: ['device', 'seconds a request', 'busy', 'read bytes', 'written bytes'],
        rows: devicesAfter.map((each) => deviceRow(each, devicesBefore, seconds)),
      },
    },
    {
      ...piece(
        target,
        'io',
        ctx,
        'Reads and writes by process, bytes a second',
        'iotop -b -n 2 -d 2; pidstat -d 2 1',
      ),
      facts: {
        bytesPerSecond: groups.reduce((sum, { read, written }) => sum + read + written, 0),
        hidden: after.hidden,
        ...(after.hidden > 0 ? { remedy: remedyHere('CAP_SYS_PTRACE', ordinary) } : {}),
      },
      table: {
        columns: ['process', 'user id', 'pids', 'count', 'read', 'written', 'command'],
        rows: groups.slice(0, rowsShown).map(groupRow),
      },
    },
  ];
}

export interface IoGroup {
  readonly name: string;
  readonly uid: number | null;
  readonly pids: readonly number[];
  readonly command: string;
  /** Bytes a second. */
  readonly read: number;
  readonly written: number;
}

/** Between two looks, most first; processes of one name and user count together. */
export function groupIo(
  before: readonly ProcessIo[],
  after: readonly ProcessIo[],
  seconds: number,
): IoGroup[] {
  const known = new Map(before.map((each) => [`${each.facts.pid}:${each.facts.startTicks}`, each]));
  const groups = new Map<string, IoGroup>();
  for (const { facts, read, written } of after) {
    const old = known.get(`${facts.pid}:${facts.startTicks}`);
    const key = `${facts.name}:${facts.uid}`;
    const group = groups.get(key);
    groups.set(key, {
      name: facts.name,
      uid: facts.uid ?? null,
      pids: [...(group?.pids ?? []), facts.pid],
      command: group?.command ?? describeCommand(facts.command),
      read: (group?.read ?? 0) + Math.max(0, read - (old?.read ?? 0)) / seconds,
      written: (group?.written ?? 0) + Math.max(0, written - (old?.written ?? 0)) / seconds,
    });
  }
  return [...groups.values()].sort((a, b) => b.read + b.written - a.read - a.written);
}

const pidsShown = 5;

function groupRow({ name, uid, pids, read, written, command }: IoGroup): Scalar[] {
  const shown = pids.slice(0, pidsShown).join(' ');
  return [name, uid, shown, pids.length, Math.round(read), Math.round(written), command];
}

function deviceRow(now: DeviceReading, all: readonly DeviceReading[], seconds: number): Scalar[] {
  const before = all.find(({ name }) => name === now.name) ?? now;
  const requests = now.requests - before.requests;
  return [
    now.name,
    requests > 0 ? (now.requestMs - before.requestMs) / requests / 1_000 : 0,
    Math.min(1, (now.busyMs - before.busyMs) / 1_000 / seconds),
    Math.round((now.readBytes - before.readBytes) / seconds),
    Math.round((now.writtenBytes - before.writtenBytes) / seconds),
  ];
}

/** What of the disks is strained, in words; undefined where nothing is. */
function strainIn({ table, facts }: Evidence): string | undefined {
  const rows = table?.rows ?? [];
  const slow = rows.find(([, seconds]) => Number(seconds) >= slowFrom);
  if (slow) return `a request to ${slow[0]} takes ${Math.round(Number(slow[1]) * 1_000)} ms`;
  const busy = rows.find(([, , share]) => Number(share) >= busyFrom);
  if (busy) return `${busy[0]} is in use ${percent(Number(busy[2]))} of the time`;
  const waiting = Number(facts?.waitingShare ?? 0);
  return waiting >= pressureFrom ? `some work waits for a disk ${percent(waiting)} of the time` : undefined;
}

function hog(
  [name, user, pids, processes, read, written, command]: readonly Scalar[],
  share: number,
  strained: string,
  [devices, io]: readonly [Evidence, Evidence],
  batch: NonNullable<Evidence['facts']>,
  target: string,
): Finding {
  const words = (key: string) => String(batch[key] ?? '').split(' ');
  const mayWait = words('names').includes(String(name)) || words('users').includes(String(user));
  const which = Number(processes) === 1 ? `pid ${pids}` : `${processes} processes: ${pids}`;
  const hidden = Number(io.facts?.hidden ?? 0);
  const does = [
    ...(Number(read) >= 1e5 ? [`reads ${megabytes(read)}`] : []),
    ...(Number(written) >= 1e5 ? [`writes ${megabytes(written)}`] : []),
  ].join(' and ');
  return {
    id,
    target,
    summary: `${name} (user ${user ?? 'unknown'}, ${which}) ${does} a second, while ${strained}`,
    explanation: `${percent(Math.min(1, share))} of what processes read and write is ${name} (${command}).${mayWait ? ' It is declared as work that may wait.' : ''} What the kernel writes later, or for its journal, is in the figures of the disk and not in those of a process.`,
    confidence: Math.min(0.95, 0.5 + share / 2) - (hidden > 0 ? 0.15 : 0),
    evidence: [devices.id, io.id],
    unseen: [
      'whether this work is wanted: a backup or an import is, at its time',
      ...(hidden > 0
        ? [`what ${hidden} processes of other users read and write: ${io.facts?.remedy ?? ordinary}`]
        : []),
    ],
    recommendations:
      mayWait && typeof user === 'number'
        ? [
            {
              action: 'host.renice',
              target,
              input: { name: String(name), user },
              why: 'it is declared as work that may wait',
            },
          ]
        : [],
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function megabytes(bytes: Scalar | undefined): string {
  return `${(Number(bytes) / 1e6).toFixed(1)} MB`;
}
