import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { isHere, type MysqlConnection, observe } from '../client.ts';
import { readVariables } from '../status.ts';

export const disk: Probe<MysqlConnection> = {
  id: 'mysql.disk',
  summary: 'Room for data and for temporary files, where the server runs on this machine',
  metrics: {
    'mysql.disk.used_ratio': {
      summary: 'Share of the file system that is used, of the data folder and of tmpdir',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'mysql.tmpdir.available': {
      summary: 'Room for temporary files in tmpdir',
      unit: 'bytes',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const metrics = ['mysql.disk.used_ratio', 'mysql.tmpdir.available'];
      if (!isHere(conn.config)) {
        const remedy = 'watch its disks with a host target on that machine';
        return {
          readings: [],
          missing: [{ metrics, reason: 'the server runs on another machine', remedy }],
        };
      }
      const values = await readVariables(db, 'datadir', 'tmpdir', 'hostname');
      // A container has folders of the same names, and another name of its own.
      const isSeen = values.text('hostname') === hostname();
      const readings: Reading[] = [];
      const missing: Missing[] = [];
      for (const [place, path] of [
        ['data', values.text('datadir')],
        ['tmpdir', tmpdirOf(values.text('tmpdir'))],
      ] as const) {
        const room = path === undefined || !isSeen ? undefined : await roomOf(path);
        if (room === undefined) {
          missing.push({
            metrics,
            reason: `${path ?? place} cannot be seen from here; the server may run in a container`,
            remedy: 'watch its disks with a host target where it runs',
          });
          continue;
        }
        readings.push({ metric: 'mysql.disk.used_ratio', value: room.usedRatio, labels: { place } });
        if (place === 'tmpdir') readings.push({ metric: 'mysql.tmpdir.available', value: room.available });
      }
      return { readings, missing };
    }),
};

/** Several folders are taken in turn; the first stands for them. */
export function tmpdirOf(value: string | undefined): string | undefined {
  return value?.split(':')[0] || '/tmp';
}

export interface Room {
  readonly size: number;
  readonly available: number;
  readonly usedRatio: number;
}

/** As df counts: what is reserved for root is not available. Undefined where the folder is not there. */
export async function roomOf(path: string): Promise<Room | undefined> {
  try {
    const { bsize, blocks, bfree, bavail } = await statfs(path);
    const used = blocks - bfree;
    return {
      size: blocks * bsize,
      available: bavail * bsize,
      usedRatio: used + bavail === 0 ? 1 : used / (used + bavail),
    };
  } catch {
    return undefined;
  }
}
