/** Regions that are not whole: by PD's metrics, else counted by SQL where the cluster is small enough. */
import type { Missing } from '../../core/sample.ts';
import type { ProbeContext } from '../../core/system.ts';
import { readOr } from './access.ts';
import type { TidbConnection } from './client.ts';
import { type Exposed, scrape } from './exposed.ts';
import type { Db } from './session.ts';
import { regionsFamily } from './signals.ts';

export const kinds = ['down', 'miss', 'pending'] as const;
export type Kind = (typeof kinds)[number];
export type Counts = Readonly<Partial<Record<Kind, number>>>;

/** TIKV_REGION_PEERS asks PD for every region there is: above this many peers that is no look any more (J). */
const mostPeersBySql = 100_000;

/** Peers that are down for longer than a restart takes; fewer peers than the others have means one is missing. */
export const peersSql = `SELECT STATUS AS status, COUNT(DISTINCT REGION_ID) AS regions
  FROM information_schema.TIKV_REGION_PEERS GROUP BY STATUS`;

export async function readRegions(
  conn: TidbConnection,
  db: Db,
  ctx: ProbeContext,
): Promise<{ readonly counts: Counts; readonly missing: readonly Missing[] }> {
  const { samples, silent } = await scrape(conn, { tidb: [], tikv: [], pd: [regionsFamily] }, ctx);
  const exposed = countsOf(samples);
  if (Object.keys(exposed).length > 0) return { counts: exposed, missing: [] };
  const why =
    silent.map(({ detail }) => detail).join('; ') || 'no address of PD or of a Prometheus is configured';
  const peers = await readOr<{ peers: number }>(
    db,
    ['*'],
    'SELECT SUM(REGION_COUNT) AS peers FROM information_schema.TIKV_STORE_STATUS',
  );
  if ('missing' in peers) return { counts: {}, missing: [peers.missing] };
  const total = Number(peers.rows[0]?.peers ?? 0);
  const remedy =
    'pd: ["http://PD:2379"], or prometheus: with the address of the one that scrapes the cluster';
  if (total > mostPeersBySql)
    return {
      counts: {},
      missing: [
        { metrics: ['*'], reason: `${why}; ${total} peers are too many to count them by SQL`, remedy },
      ],
    };
  const read = await readOr<{ status: string; regions: number }>(db, ['*'], peersSql);
  if ('missing' in read) return { counts: {}, missing: [read.missing] };
  const of = (status: string) => Number(read.rows.find((row) => row.status === status)?.regions ?? 0);
  return {
    counts: { down: of('DOWN'), pending: of('PENDING') },
    missing: [
      {
        metrics: ['tidb.regions.unwell'],
        reason: `regions that lack a peer are counted by PD alone: ${why}`,
        remedy,
      },
    ],
  };
}

/** Every PD may expose them and only the leader counts; the names were written with underscores once. */
function countsOf(samples: readonly Exposed[]): Counts {
  const counts: Partial<Record<Kind, number>> = {};
  for (const { labels, value } of samples) {
    const type = (labels.get('type') ?? '').replaceAll('_', '-');
    const kind = kinds.find((one) => type === `${one}-peer-region-count`);
    if (kind !== undefined && Number.isFinite(value)) counts[kind] = Math.max(counts[kind] ?? 0, value);
  }
  return counts;
}
