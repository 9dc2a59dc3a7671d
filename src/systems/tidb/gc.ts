/** How old versions are collected: mysql.tidb tells how it stands, the variables what is wanted. */

import type { Missing } from '../../core/sample.ts';
import { gcMomentOf, goSeconds, readOr } from './access.ts';
import type { Db } from './session.ts';

export interface Collection {
  readonly isEnabled: boolean;
  /** How long old versions are kept. */
  readonly lifeSeconds: number;
  /** As it stands: `10m0s`. */
  readonly life: string;
  readonly lastRunAt: number | undefined;
  /** What is older than this may be gone; epoch milliseconds. */
  readonly safePointAt: number | undefined;
  /** `host:tidb-0, pid:215, start at …` */
  readonly leader: string;
}

export const collectionSql = `SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM mysql.tidb
 WHERE VARIABLE_NAME LIKE 'tikv_gc%'`;

/** The collector runs every 10 minutes (tikv_gc_run_interval) and takes its time: this late is usual (J). */
export const usualDelayMs = 20 * 60_000;

/** A safepoint follows what holds it back; the collector looks once a minute. */
export const safePointToleranceMs = 120_000;

/** The default of tidb_gc_life_time (pingcap/docs `system-variables.md`). */
export const defaultLife = '10m0s';
const defaultLifeSeconds = 600;

export async function readCollection(
  db: Db,
  metrics: readonly string[],
): Promise<{ readonly collection: Collection } | { readonly missing: Missing }> {
  const read = await readOr<{ name: string; value: string }>(db, metrics, collectionSql);
  if ('missing' in read) return read;
  const stored = new Map(read.rows.map(({ name, value }) => [name, value]));
  const variables = await db.query<{ Variable_name: string; Value: string }>(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('tidb_gc_life_time', 'tidb_gc_enable')",
  );
  const wanted = new Map(variables.map((row) => [row.Variable_name, row.Value]));
  const life = wanted.get('tidb_gc_life_time') ?? stored.get('tikv_gc_life_time') ?? '';
  return {
    collection: {
      isEnabled: /^(ON|1|true)$/i.test(
        wanted.get('tidb_gc_enable') ?? stored.get('tikv_gc_enable') ?? 'true',
      ),
      life,
      lifeSeconds: goSeconds(life) ?? defaultLifeSeconds,
      lastRunAt: gcMomentOf(stored.get('tikv_gc_last_run_time')),
      safePointAt: gcMomentOf(stored.get('tikv_gc_safe_point')),
      leader: stored.get('tikv_gc_leader_desc') ?? '',
    },
  };
}
