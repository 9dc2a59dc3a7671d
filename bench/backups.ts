/**
 * Backups by Upkeep against the bare tools on the same data in one run, by turns: taking, restoring, proving; what a living
 * database pays meanwhile; the whole drill; the retention planner.
 */
import { chmodSync } from 'node:fs';
import { missing } from '../test/servers/installed.ts';
import { pgbackrestProgram } from '../test/servers/pgbackrest.ts';
import { postgresServer } from '../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../test/servers/process.ts';
import { type Bench, type Compared, rowOf, verdict } from './backups/compared.ts';
import { drills } from './backups/drill.ts';
import { living } from './backups/living.ts';
import { compareLogical } from './backups/logical.ts';
import { compareOthers } from './backups/others.ts';
import { comparePgbackrest, comparePlain } from './backups/physical.ts';
import { planner } from './backups/planner.ts';
import { openShop } from './backups/shop.ts';
import { significant } from './figures.ts';
import type { Result } from './report.ts';

export const usualBytes = 300e6;
/** By the word that asks for it alone. */
export const backupParts = ['compare', 'living', 'drills', 'planner'] as const;
export type BackupPart = (typeof backupParts)[number];

export interface BackupBench {
  readonly bytes: number;
  readonly rounds: number;
  /** All that is of use at that size where left out. */
  readonly only?: readonly BackupPart[] | undefined;
}

export async function run({ bytes, rounds, only }: BackupBench): Promise<Result[]> {
  const isUsual = bytes <= usualBytes;
  const wanted = only ?? (isUsual ? backupParts : (['compare', 'drills'] as const));
  const isWanted = (part: BackupPart) => wanted.some((one) => one === part);
  const absent = missing(postgresServer, pgbackrestProgram);
  if (absent !== false) return [{ title: 'Backups: not measured', rows: [], notes: [absent] }, planner()];
  if (wanted.every((part) => part === 'planner')) return [planner()];
  const folder = temporaryFolder('bench-backups');
  chmodSync(folder, 0o755);
  const shop = await openShop(bytes);
  try {
    const bench = { shop, folder, rounds };
    const size = sizeOf(shop.bytes);
    return [
      ...(isWanted('compare') ? [await compared(bench, size, isUsual)] : []),
      ...(isWanted('living') ? [await living(bench)] : []),
      ...(isWanted('drills') ? [await drills(bench, size)] : []),
      ...(isWanted('planner') ? [planner()] : []),
    ];
  } finally {
    await shop.server.stop();
    removeFolder(folder);
  }
}

async function compared(bench: Bench, size: string, isUsual: boolean): Promise<Result> {
  const { folder, rounds, shop } = bench;
  const logical = await compareLogical(bench);
  const physical = [...(await comparePlain(bench)), ...(await comparePgbackrest(bench))];
  const others = isUsual ? await compareOthers({ folder, bytes: shop.bytes / 3, rounds }) : [];
  return throughput([...logical, ...physical, ...others], size, rounds, others.length > 0);
}

/** `305 MB`, `3.05 GB` */
function sizeOf(bytes: number): string {
  return bytes >= 1e9 ? `${significant(bytes / 1e9)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

function throughput(compared: readonly Compared[], size: string, rounds: number, hasOthers: boolean): Result {
  return {
    title: `Backups: taken, restored and proven, ${size}`,
    rows: compared.map(rowOf),
    notes: [
      `By turns on the same data, ${rounds} rounds, the disk at rest before each; median (smallest to largest), ratios round by round. PostgreSQL with checksums and fsync; the tools with the options that Upkeep gives them, without those that say how far they are.`,
      'What Upkeep does beside the tool. Taking: rows and a checksum of every table (of the same snapshot, or of one place in the log), SHA-256 of the files or the tool’s own sums, schema and roles; pgBackRest: the log waited for until it is in the repository. Restoring: files compared with their sums, rows and checksums compared, log replayed on a socket of its own; of copies the flush to disk at the end.',
      'By hand: the tools, psql, sha256sum and diff in a shell script that give the same level. Without our sums: ours where counting is left out (pg_dump), or until counting begins (copies).',
      ...(hasOthers ? ['MariaDB, Redis and files: a third of the size each.'] : []),
      `Aim: at most 5 % over the same by hand: ${verdict(compared, 'by hand')}. Over the tool alone, which proves nothing: ${verdict(compared, 'bare')}.`,
    ],
  };
}
