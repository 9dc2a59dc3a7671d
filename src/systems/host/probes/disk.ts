import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { type FileSystem, readFileSystems } from '../../../machine/file-systems.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

/** 10 % of a large disk is much: above this it is never scarce (both floors, as the rule's source says). */
const plentyBytes = 20e9;
/** Boot partitions are small by design and hold kernels only. */
const plentyForBootBytes = 64e6;

export const disk: Probe<HostConnection> = {
  id: 'host.disk',
  summary: 'Space and inodes of every real local file system',
  metrics: {
    'host.disk.available': { summary: 'Space available to users', unit: 'ratio', atMost: 1, kind: 'gauge' },
    'host.disk.available-bytes': { summary: 'The same in bytes', unit: 'bytes', kind: 'gauge' },
    'host.disk.headroom': {
      summary: 'Space available, counted as whole where more than 20 GB are (64 MB on /boot)',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.disk.inodes-available': {
      summary: 'Inodes available, where they are limited',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.disk.read-only': {
      summary: 'Became read-only while it was watched (1), as a kernel does on errors',
      unit: 'state',
      kind: 'gauge',
    },
  },
  run: (conn) =>
    onLinux(async () => {
      const { fileSystems, unseen } = await readFileSystems();
      const missing: Missing[] = unseen.map(({ mountPoint, why }) => ({
        metrics: ['*'],
        reason: `${mountPoint} cannot be looked at: ${why}`,
        remedy: `let Upkeep pass through the folders above ${mountPoint}`,
      }));
      const readings = fileSystems.flatMap((each) => readingsOf(each, conn.writable));
      return { ok: true, readings, missing };
    }),
};

function readingsOf(fileSystem: FileSystem, writable: Set<string>): Reading[] {
  const { mountPoint, available, size, free, inodes, inodesFree, isReadOnly } = fileSystem;
  if (!isReadOnly) writable.add(mountPoint);
  // What was read-only from the start is meant to be, and never fills.
  else if (!writable.has(mountPoint)) return [];
  const labels = { mount: mountPoint };
  // As df reckons: what root keeps for itself is no part of the whole.
  const share = available / Math.max(1, size - free + available);
  const plenty = /^\/(boot|efi)(\/|$)/.test(mountPoint) ? plentyForBootBytes : plentyBytes;
  return [
    { metric: 'host.disk.available', value: share, labels },
    { metric: 'host.disk.available-bytes', value: available, labels },
    { metric: 'host.disk.headroom', value: available > plenty ? 1 : share, labels },
    ...(inodes > 0 ? [{ metric: 'host.disk.inodes-available', value: inodesFree / inodes, labels }] : []),
    { metric: 'host.disk.read-only', value: isReadOnly ? 1 : 0, labels },
  ];
}
