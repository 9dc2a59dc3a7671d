import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { TidbConnection } from '../client.ts';
import { idsOf, measured, rowsBy } from './gather.ts';

/** A table that gets so much of all hot writes is a hot spot (J). */
const leastShare = 0.5;

const hotSql = `SELECT DB_NAME AS \`database\`, TABLE_NAME AS \`table\`, INDEX_NAME AS \`index\`, REGION_ID AS region, TYPE AS type,
       MAX_HOT_DEGREE AS degree, FLOW_BYTES AS bytes
  FROM information_schema.TIDB_HOT_REGIONS ORDER BY FLOW_BYTES DESC LIMIT 50`;

export const hotSpot: Diagnosis<TidbConnection> = {
  id: 'tidb.hot-spot',
  title: 'one table takes most of the load',
  summary: 'The table and index whose regions take most of what is written or read',
  explains: [
    ...[
      'tidb.write-stall',
      'tidb.channel-full',
      'tidb.raft-io',
      'tidb.raft-apply',
      'tidb.raft-write',
      'tidb.raft-lag',
    ],
    ...['tidb.latch', 'tidb.coprocessor', 'tidb.host-cpu', 'tidb.region-errors', 'tidb.query-p99'],
  ],
  async gather(conn, target, ctx) {
    return [
      await rowsBy<Row>(
        conn,
        target,
        ctx,
        { id: 'hot-regions', title: 'Hot regions', how: hotSql },
        ['database', 'table', 'index', 'region', 'type', 'degree', 'bytes'],
        (row) => ({
          ...row,
          bytes: Number(row.bytes),
          degree: Number(row.degree),
          region: Number(row.region),
        }),
      ),
      measured(target, ctx, 'stalls', 'Stalls of the stores', [
        'tidb.tikv.write_stall',
        'tidb.tikv.channel_full',
        'tidb.tikv.append_p99',
      ]),
    ];
  },
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const hot = rowsOf(find(evidence, target, 'hot-regions'));
  const stalled = rowsOf(find(evidence, target, 'stalls')).filter(
    (row) => row.metric === 'tidb.tikv.write_stall' && numberOf(row.value) > 0,
  );
  return (['write', 'read'] as const).flatMap((type): Finding[] => {
    const own = hot.filter((row) => row.type === type);
    const total = own.reduce((sum, row) => sum + numberOf(row.bytes), 0);
    const places = Map.groupBy(own, placeOf);
    const [place, rows = []] = [...places].toSorted((a, b) => bytesOf(b[1]) - bytesOf(a[1])).at(0) ?? [];
    const share = total > 0 ? bytesOf(rows) / total : 0;
    if (place === undefined || share < leastShare) return [];
    const isStalled = type === 'write' && stalled.length > 0;
    return [
      {
        id: 'tidb.hot-spot',
        target,
        summary: `${place} takes ${Math.round(share * 100)} % of all hot ${type}s, in ${count(rows.length, 'region')}${isStalled ? `; ${stalled.map((row) => textOf(row.of)).join(', ')} stalls writes` : ''}`,
        explanation:
          type === 'write'
            ? 'A key that only grows (AUTO_INCREMENT, a time, an index on one) puts every new row into the last region, which one store leads. Spread it: AUTO_RANDOM or SHARD_ROW_ID_BITS, SPLIT TABLE, a hashed partition; a batch that writes it should go slower.'
            : 'One range is read by everybody, or scanned again and again. Cache it, read from followers (tidb_replica_read), or give the scan an index.',
        confidence: isStalled ? 0.85 : 0.65,
        evidence: idsOf(evidence, target),
        unseen: unseenOf(evidence),
        recommendations: [],
      },
    ];
  });
}

function placeOf({ database, table, index }: Row): string {
  const name = `${textOf(database)}.${textOf(table)}`;
  return textOf(index) === '' ? name : `${name}, index ${textOf(index)}`;
}

function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + numberOf(row.bytes), 0);
}
