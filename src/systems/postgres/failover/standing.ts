/** How a server of a pair stands: primary or standby, which history it has, whether it takes writes. */
import type { Clock } from '../../../core/time.ts';
import { within } from '../../../machine/network/deadline.ts';
import { clientConfig } from '../client.ts';
import type { PostgresConfig } from '../config.ts';
import { failureOf } from '../failure.ts';
import { type Query, Session } from '../session.ts';

export interface Standing {
  /** Of the cluster: the same on a primary and its standbys. */
  readonly system: string;
  /** Tells one server from another of the same cluster. */
  readonly started: string;
  readonly standby: boolean;
  /** Takes writes of clients that ask for nothing special. */
  readonly writable: boolean;
  /** Of a primary: where it writes; of a standby: what it has received. Null where nothing was received yet. */
  readonly at: string | null;
  readonly timeline: number | null;
  readonly walLevel: string;
  /** Rewinding needs either. */
  readonly canRewind: boolean;
  readonly synchronous: string;
  /** `server_version_num`. */
  readonly version: number;
  /** Null where they are hidden from the role. */
  readonly folder: string | null;
  readonly configFile: string | null;
}

export type Answer =
  | ({ readonly kind: 'answers' } & Standing)
  /** Nothing listens: the machine itself says so. */
  | { readonly kind: 'gone'; readonly detail: string }
  /** It may be alive: silence, a network that is cut, a login that is refused, a server that starts. */
  | { readonly kind: 'unknown'; readonly detail: string };

/** As a client has them: what the server says of writing is not hidden by a setting of ours. */
const asClient = { statement_timeout: '4s', lock_timeout: '1s', search_path: 'pg_catalog', TimeZone: 'UTC' };
const answerWithinMs = 3_000;

/** Of probes and of actions. */
export interface LookContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

export async function asClientOf<T>(
  config: PostgresConfig,
  ctx: LookContext,
  job: (query: Query) => Promise<T>,
): Promise<T> {
  const session = new Session(clientConfig(config, asClient), { isKept: false });
  try {
    return await withAnswer(ctx, answerWithinMs, (signal) => session.use(signal, job));
  } finally {
    await session.close();
  }
}

/** The work is told to end when the time is up or the context's own signal aborts. */
export function withAnswer<T>(
  ctx: LookContext,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return within(ctx, ms, work, `no answer within ${ms} ms`);
}

/** Never throws for what the server does; rejects only when `signal` aborts. */
export async function askServer(config: PostgresConfig, ctx: LookContext): Promise<Answer> {
  try {
    return { kind: 'answers', ...(await asClientOf(config, ctx, standingOf)) };
  } catch (error) {
    ctx.signal.throwIfAborted();
    const { code, detail } = failureOf(error, answerWithinMs);
    return { kind: code === 'ECONNREFUSED' ? 'gone' : 'unknown', detail };
  }
}

export async function standingOf(query: Query): Promise<Standing> {
  const [row] = await query<Omit<Standing, 'at' | 'timeline' | 'writable'> & { readOnly: boolean }>(
    `SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system,
            pg_postmaster_start_time()::text AS started, pg_is_in_recovery() AS standby,
            current_setting('default_transaction_read_only')::bool AS "readOnly",
            current_setting('wal_level') AS "walLevel", current_setting('synchronous_standby_names') AS synchronous,
            current_setting('wal_log_hints')::bool OR current_setting('data_checksums')::bool AS "canRewind",
            current_setting('server_version_num')::int AS version,
            (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS folder,
            (SELECT setting FROM pg_settings WHERE name = 'config_file') AS "configFile"`,
  );
  if (row === undefined) throw new Error('the server answered without a row');
  const { readOnly, ...known } = row;
  const [place] = await query<{ at: string | null; timeline: number | null }>(
    known.standby
      ? `SELECT pg_last_wal_receive_lsn()::text AS at, (SELECT received_tli FROM pg_stat_wal_receiver) AS timeline`
      : `SELECT pg_current_wal_lsn()::text AS at,
                ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline`,
  );
  return {
    ...known,
    writable: !known.standby && !readOnly,
    at: place?.at ?? null,
    timeline: place?.timeline ?? null,
  };
}

export interface StandbyStanding {
  readonly conninfo: string | null;
  readonly slot: string;
  readonly delay: string;
  readonly senders: number;
  readonly paused: boolean;
  readonly streaming: boolean;
  readonly replayed: string | null;
  /** Received and not replayed. */
  readonly unreplayed: number;
  /** Replay waits for more to arrive: what is left of what was received is the beginning of a record whose end never came. */
  readonly waitsForMore: boolean;
  /** Since the last replayed commit. */
  readonly age: number | null;
  readonly mayPromote: boolean;
  /** Ours, quoted for a statement, and the database that we are in: functions are granted in one database alone. */
  readonly role: string;
  readonly database: string;
}

/** @param query of a standby */
export async function standbyStandingOf(query: Query): Promise<StandbyStanding> {
  const [row] = await query<{ [Key in keyof StandbyStanding]: StandbyStanding[Key] }>(
    `SELECT (SELECT setting FROM pg_settings WHERE name = 'primary_conninfo') AS conninfo,
            current_setting('primary_slot_name') AS slot, current_setting('recovery_min_apply_delay') AS delay,
            current_setting('max_wal_senders')::int AS senders, pg_is_wal_replay_paused() AS paused,
            EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL AND coalesce(status, 'streaming') = 'streaming') AS streaming,
            pg_last_wal_replay_lsn()::text AS replayed,
            greatest(coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0), 0)::float8 AS unreplayed,
            coalesce((SELECT wait_event IN ('RecoveryWalStream', 'RecoveryRetrieveRetryInterval')
                        FROM pg_stat_activity WHERE backend_type = 'startup'), false) AS "waitsForMore",
            extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 AS age,
            has_function_privilege('pg_promote(boolean, integer)', 'EXECUTE') AS "mayPromote",
            quote_ident(current_user::text) AS role, current_database()::text AS database`,
  );
  if (row === undefined) throw new Error('the server answered without a row');
  return row;
}

/** Bytes by which the first is ahead of the second: `16/B374D848`. */
export function lsnDifference(a: string, b: string): number {
  return Number(lsnValue(a) - lsnValue(b));
}

function lsnValue(lsn: string): bigint {
  const [high = '0', low = '0'] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}
