import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { look, type Part } from '../../../protocols/mysql/evidence.ts';
import type { TidbConnection } from '../client.ts';
import { readStores, type Store, storesOfPd, storesSql } from '../stores.ts';
import { idsOf, measured } from './gather.ts';

const columns = ['id', 'address', 'state', 'silentSeconds', 'regions', 'leaders', 'availableShare'];
/** alert-rules.md: a store with less is low on space. */
const lowSpace = 0.2;

export const stores: Diagnosis<TidbConnection> = {
  id: 'tidb.stores',
  title: 'TiKV stores are down or full',
  summary: 'Which TiKV stores are down, silent or full, what their regions have lost, and whether they heal',
  explains: [
    ...['tidb.down', 'tidb.store-down', 'tidb.store-disconnected', 'tidb.store-space', 'tidb.storage'],
    ...['tidb.regions-down', 'tidb.regions-missing', 'tidb.regions-pending', 'tidb.region-errors'],
    ...['tidb.schema-lease', 'tidb.load-schema', 'tidb.raft-lag'],
  ],
  async gather(conn, target, ctx) {
    const bySql = await look(
      conn.work,
      target,
      ctx,
      { id: 'stores', title: 'TiKV stores', how: storesSql },
      async (db): Promise<Part> => {
        const read = await readStores(conn, db, [], ctx);
        return 'stores' in read
          ? tableFor(read.stores)
          : { unseen: `${read.missing.reason}: ${read.missing.remedy}` };
      },
    );
    return [
      bySql.table === undefined ? await byPd(conn, bySql, ctx) : bySql,
      measured(target, ctx, 'regions', 'Regions that are not whole', [
        'tidb.regions.unwell',
        'tidb.regions.stuck',
      ]),
    ];
  },
  conclude,
};

function tableFor(all: readonly Store[]): Part {
  return {
    table: tableOf(
      columns,
      all.map(({ id, address, state, silentSeconds, regions, leaders, capacity, available }) => ({
        ...{ id, address, state, silentSeconds, regions, leaders },
        availableShare: capacity && available !== undefined ? available / capacity : null,
      })),
    ),
  };
}

/** Where no TiDB server answers, PD may. */
async function byPd(conn: TidbConnection, failed: Evidence, ctx: DiagnosisContext): Promise<Evidence> {
  if (conn.config.pd.length === 0) return failed;
  const asked = await storesOfPd(conn, ctx);
  if ('detail' in asked) return { ...failed, unseen: `${failed.unseen}; PD: ${asked.detail}` };
  const { unseen: _, facts: __, ...rest } = failed;
  return { ...rest, how: 'GET /pd/api/v1/stores', ...tableFor(asked.stores) };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const all = rowsOf(find(evidence, target, 'stores'));
  const gone = all.filter(({ state }) => state === 'Down' || state === 'Disconnected');
  const unwell = rowsOf(find(evidence, target, 'regions'));
  const base = {
    id: 'tidb.stores',
    target,
    evidence: idsOf(evidence, target),
    unseen: unseenOf(evidence),
    recommendations: [],
  };
  return [
    ...(gone.length > 0 ? [{ ...base, ...goneWords(gone, all, unwell) }] : []),
    ...spaceFindings(all).map((words) => ({ ...base, ...words })),
    ...(gone.length === 0 && all.length > 0
      ? healingWords(unwell).map((words) => ({ ...base, ...words }))
      : []),
  ];
}

type Words = Pick<Finding, 'summary' | 'explanation' | 'confidence' | 'nature' | 'decides'>;

function nameOf(store: Row): string {
  return `store ${textOf(store.id)} (${textOf(store.address)})`;
}

/** Where PD tells no moment of the last heartbeat nothing is said. */
function silence({ silentSeconds }: Row): string {
  const seconds = numberOf(silentSeconds);
  return seconds > 0 ? `, silent for ${formatDuration(seconds * 1_000)}` : '';
}

function goneWords(gone: readonly Row[], all: readonly Row[], unwell: readonly Row[]): Words {
  const isDown = gone.some(({ state }) => state === 'Down');
  const many = gone.length > 1;
  const told = gone
    .map((store) => `${nameOf(store)} ${textOf(store.state).toLowerCase()}${silence(store)}`)
    .join('; ');
  const down = unwell.find((row) => row.metric === 'tidb.regions.unwell' && row.of === 'down');
  return {
    summary: `${many ? `${gone.length} of ${all.length} TiKV stores are away` : 'a TiKV store is away'}: ${told}`,
    explanation: [
      many
        ? `Where a majority of the replicas is away, as with two stores of three, regions that both held answer nobody (error 9005, Region is unavailable): bring one back before anything else.`
        : 'Every region it held has a majority elsewhere, so that reads and writes go on after their leaders have moved.',
      numberOf(down?.value) === 0
        ? ''
        : `${count(numberOf(down?.value), 'region reports', 'regions report')} a peer that is down.`,
      isDown
        ? 'PD has begun to copy its regions to others.'
        : 'PD begins to copy its regions after max-store-down-time (30 minutes).',
      'A store that comes back catches up by itself; its data must not be deleted by hand.',
    ]
      .filter(Boolean)
      .join(' '),
    confidence: isDown || many ? 0.95 : 0.85,
    decides: [`on its machine: systemctl status tikv-20160; df -h; dmesg | tail; tail -n 100 tikv.log`],
  };
}

function spaceFindings(all: readonly Row[]): Words[] {
  const known = all.filter(({ availableShare }) => typeof availableShare === 'number');
  const low = known.filter(({ availableShare }) => numberOf(availableShare) < lowSpace);
  if (low.length === 0) return [];
  const shares = low
    .map(
      (store) =>
        `${nameOf(store)} ${Math.round(numberOf(store.availableShare) * 100)} % free, ${numberOf(store.regions)} regions`,
    )
    .join('; ');
  const isAll = low.length === known.length;
  return [
    {
      summary: `${isAll ? 'every TiKV store is' : `${low.length} of ${known.length} TiKV stores are`} low on space: ${shares}`,
      explanation: isAll
        ? 'The cluster as a whole is full: add stores, or find what grows (information_schema.TABLE_STORAGE_STATS) and whether old versions are collected.'
        : 'The others have room, so balancing does not reach these: something else on their disks, labels that tie regions to them, or scheduling that is paused (pd-ctl scheduler show).',
      confidence: 0.85,
      nature: 'capacity',
    },
  ];
}

/** Every store is up and regions are not whole: PD is at work, or stuck. */
function healingWords(unwell: readonly Row[]): Words[] {
  const of = (metric: string) => unwell.filter((row) => row.metric === metric && numberOf(row.value) > 0);
  const [open, stuck] = [of('tidb.regions.unwell'), of('tidb.regions.stuck')];
  if (open.length === 0) return [];
  const told = open.map((row) => `${numberOf(row.value)} ${textOf(row.of)}`).join(', ');
  if (stuck.length === 0)
    return [
      {
        summary: `regions are being balanced and become fewer: ${told}`,
        explanation:
          'All stores are up and the number falls: PD moves replicas after a restart, a new store or a removed one. Wait.',
        confidence: 0.6,
        nature: 'capacity',
      },
    ];
  return [
    {
      summary: `regions are not whole and do not heal although every store is up: ${told}`,
      explanation:
        'The number has not fallen for ten minutes. Either no store may take the replicas (labels, room, isolation), scheduling is paused, or the network between stores fails.',
      confidence: 0.6,
      decides: ['pd-ctl region check miss-peer; pd-ctl scheduler show; pd-ctl config placement-rules show'],
    },
  ];
}
