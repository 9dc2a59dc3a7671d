import { type Privileges, readPrivileges } from '../../protocols/mysql/grants.ts';
import { type Query, Session as WireSession } from '../../protocols/mysql/session.ts';

export interface Db {
  readonly query: Query;
  /** `8.5.1`; undefined where the server is no TiDB. */
  readonly version: string | undefined;
  /** What the server says it is: `8.0.11-TiDB-v8.5.1`. */
  readonly greeting: string;
  /** As they are now: TiDB applies what is granted to the next statement. */
  privileges(): Promise<Privileges>;
}

export type Session = WireSession<Db>;

export function openSession(
  options: ConstructorParameters<typeof WireSession>[0],
  place: ConstructorParameters<typeof WireSession>[1],
): Session {
  return new WireSession(options, place, greet);
}

/**
 * Bounds of our cost, no protection: that is the account's few rights (TiDB has no read-only transactions that hold).
 * In UTC, as every moment that is compared here.
 */
const settings =
  "SET SESSION max_execution_time = 10000, tidb_mem_quota_query = 268435456, time_zone = '+00:00'";

async function greet(query: Query): Promise<Db> {
  const [row] = await query<{ version: string }>('SELECT VERSION() AS version');
  const greeting = row?.version ?? '';
  const version = /TiDB-v?([\d.]+)/.exec(greeting)?.[1];
  if (version !== undefined) await query(settings);
  return {
    query,
    version,
    greeting,
    privileges: () => readPrivileges(query),
  };
}

/** Begins statements of ours that are to be told from the applications'. */
export const ownMark = '/* upkeep */';
