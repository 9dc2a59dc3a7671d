import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { deviceErrors, fileSystemErrors, readRaid } from '../../../machine/block-devices.ts';
import { isRootHere } from '../../../machine/privilege.ts';
import { readSmart, type SmartReading } from '../../../machine/smart.ts';
import { findProgram } from '../../../machine/tools.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const diskHealth: Probe<HostConnection> = {
  id: 'host.disk-health',
  summary: 'Errors of disks and file systems, members of RAID arrays, what disks say of themselves (SMART)',
  atMostEveryMs: 60_000,
  metrics: {
    'host.device.errors': {
      summary: 'Requests that a SCSI or SATA disk answered with an error',
      unit: 'count',
      kind: 'counter',
    },
    'host.file-system.errors': {
      summary: 'Errors that ext4 found in its own structures',
      unit: 'count',
      kind: 'counter',
    },
    'host.raid.missing': {
      summary: 'Members of the array that do not work or are not there',
      unit: 'count',
      kind: 'gauge',
    },
    'host.raid.rebuilt': {
      summary: 'How far the array is rebuilt or checked; only while it is',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.disk.healthy': {
      summary: 'The disk itself says that it is well (1) or fails (0)',
      unit: 'state',
      kind: 'gauge',
    },
  },
  run: (_, ctx) =>
    onLinux(async () => {
      const [errors, structures, arrays, smart] = await Promise.all([
        deviceErrors(),
        fileSystemErrors(),
        readRaid(),
        readSmart(ctx.signal),
      ]);
      const readings: Reading[] = [
        ...errors.map((each) => ({
          metric: 'host.device.errors',
          value: each.errors,
          labels: { device: each.device },
        })),
        ...structures.map((each) => ({
          metric: 'host.file-system.errors',
          value: each.errors,
          labels: { device: each.device },
        })),
        ...arrays.flatMap(({ name, missing, rebuild }) => [
          { metric: 'host.raid.missing', value: missing, labels: { array: name } },
          ...(rebuild ? [{ metric: 'host.raid.rebuilt', value: rebuild.done, labels: { array: name } }] : []),
        ]),
        ...(smart.kind === 'read'
          ? smart.disks.map(({ device, isPassed }) => ({
              metric: 'host.disk.healthy',
              value: isPassed ? 1 : 0,
              labels: { device },
            }))
          : []),
      ];
      return { ok: true, readings, missing: unseenHealth(smart) };
    }),
};

function unseenHealth(smart: SmartReading): Missing[] {
  if (smart.kind === 'none' || smart.unseen.length === 0) return [];
  return [{ metrics: ['host.disk.healthy'], reason: smart.unseen.join('; '), remedy: smartRemedy() }];
}

function smartRemedy(): string {
  if (findProgram('smartctl') === undefined)
    return isRootHere()
      ? 'apt-get install smartmontools'
      : 'apt-get install smartmontools, and run Upkeep as root or with CAP_SYS_RAWIO';
  // Whoever may ask and gets no answer has a disk that has none to give.
  if (isRootHere())
    return 'smartctl -a /dev/DISK says why: a virtual disk has no SMART, one behind a RAID controller needs -d';
  return 'run Upkeep as root or with CAP_SYS_RAWIO';
}
