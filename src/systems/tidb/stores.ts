/** The TiKV stores as PD knows them, by SQL or by PD itself. */
import { z } from 'zod';
import type { Missing } from '../../core/sample.ts';
import type { Clock } from '../../core/time.ts';
import { bytesOf, readOr } from './access.ts';
import { askAny, type TidbConnection } from './client.ts';
import type { Db } from './session.ts';

export interface Store {
  readonly id: number;
  readonly address: string;
  /** `Up`, `Disconnected`, `Down`, `Offline`, `Tombstone`. */
  readonly state: string;
  readonly capacity: number | undefined;
  readonly available: number | undefined;
  readonly leaders: number;
  readonly regions: number;
  /** Since its last heartbeat, counted from the newest of all stores: PD's clock and zone do not matter. */
  readonly silentSeconds: number;
}

interface Row {
  readonly id: number;
  readonly address: string;
  readonly state: string;
  readonly capacity: string | null;
  readonly available: string | null;
  readonly leaders: number | null;
  readonly regions: number | null;
  readonly heartbeat: string | null;
}

/** STORE_STATE_NAME is PD's own word, with Disconnected and Down (tikv/pd `server/api/store.go`). */
export const storesSql = `SELECT STORE_ID AS id, ADDRESS AS address, STORE_STATE_NAME AS state, CAPACITY AS capacity,
       AVAILABLE AS available, LEADER_COUNT AS leaders, REGION_COUNT AS regions,
       CAST(LAST_HEARTBEAT_TS AS CHAR) AS heartbeat
  FROM information_schema.TIKV_STORE_STATUS`;

const answer = z.object({
  stores: z.array(
    z.object({
      store: z.object({ id: z.number(), address: z.string(), state_name: z.string() }),
      status: z.object({
        capacity: z.string().optional(),
        available: z.string().optional(),
        leader_count: z.number().optional(),
        region_count: z.number().optional(),
        last_heartbeat_ts: z.string().optional(),
      }),
    }),
  ),
});

type Context = { readonly signal: AbortSignal; readonly clock: Clock };

/** By SQL; by PD where the account may not. */
export async function readStores(
  conn: TidbConnection,
  db: Db,
  metrics: readonly string[],
  ctx: Context,
): Promise<{ readonly stores: Store[] } | { readonly missing: Missing }> {
  const read = await readOr<Row>(db, metrics, storesSql);
  if ('rows' in read) return { stores: stored(read.rows) };
  const { missing } = read;
  if (conn.config.pd.length === 0)
    return { missing: { ...missing, remedy: `${missing.remedy} Or pd: ["http://PD:2379"]` } };
  const asked = await storesOfPd(conn, ctx);
  if ('stores' in asked) return asked;
  return { missing: { ...missing, reason: `${missing.reason}; PD: ${asked.detail}` } };
}

/** What PD says itself: the way to it when no TiDB server answers. */
export async function storesOfPd(
  conn: TidbConnection,
  ctx: Context,
): Promise<{ readonly stores: Store[] } | { readonly detail: string }> {
  const asked = await askAny(conn, conn.config.pd, '/pd/api/v1/stores', ctx);
  if ('detail' in asked) return asked;
  const parsed = answer.safeParse(asked.value);
  if (!parsed.success) return { detail: '/pd/api/v1/stores has another shape' };
  return {
    stores: stored(
      parsed.data.stores.map(({ store, status }) => ({
        id: store.id,
        address: store.address,
        state: store.state_name,
        capacity: status.capacity ?? null,
        available: status.available ?? null,
        leaders: status.leader_count ?? 0,
        regions: status.region_count ?? 0,
        heartbeat: status.last_heartbeat_ts ?? null,
      })),
    ),
  };
}

function stored(rows: readonly Row[]): Store[] {
  const moments = rows.map(({ heartbeat }) => (heartbeat === null ? Number.NaN : Date.parse(heartbeat)));
  const newest = Math.max(...moments.filter((at) => !Number.isNaN(at)));
  return rows
    .filter(({ state }) => state !== 'Tombstone')
    .map((row) => {
      const at = row.heartbeat === null ? Number.NaN : Date.parse(row.heartbeat);
      return {
        id: Number(row.id),
        address: row.address,
        state: row.state,
        capacity: bytesOf(row.capacity),
        available: bytesOf(row.available),
        leaders: Number(row.leaders ?? 0),
        regions: Number(row.regions ?? 0),
        silentSeconds: Number.isNaN(at) ? 0 : Math.max(0, (newest - at) / 1_000),
      };
    });
}
