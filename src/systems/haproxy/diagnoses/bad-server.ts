import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { isServing } from '../../../protocols/haproxy/stat.ts';
import { type HaproxyConnection, readStat } from '../client.ts';
import { leastRequests } from '../window.ts';
import { asked, look, percent } from './evidence.ts';

/** A server stands out from so many points on, and at so many times the share of the others (J). */
const leastExcess = 0.1;
const leastTimes = 4;
/** Where nothing was looked at before, so long is waited for a second look. */
const secondLookMs = 3_000;

const columns = [
  'backend',
  'server',
  'status',
  'serves',
  'requests',
  'failed',
  'ratio',
  'overSeconds',
] as const;

export const badServer: Diagnosis<HaproxyConnection> = {
  id: 'haproxy.bad-server',
  title: 'one server of several fails',
  summary: 'One server of several fails while the others answer the same traffic',
  explains: ['haproxy.server-errors', 'haproxy.errors', 'haproxy.retries'],
  async gather(conn, target, ctx) {
    const about = { id: 'error-split', title: 'Failed requests by server', how: asked(conn, 'show stat') };
    return [
      await look(conn, target, ctx, about, async () => {
        let rows = await readStat(conn, ctx);
        const servers = () => rows.filter((row) => row.kind === 'server');
        if (
          servers().every(
            (row) => (conn.window.growth(row.proxy, row.name)?.seconds ?? 0) * 1_000 < secondLookMs,
          )
        ) {
          await ctx.clock.sleep(secondLookMs, ctx.signal);
          rows = await readStat(conn, ctx);
        }
        const told = servers().flatMap((row): Row[] => {
          const growth = conn.window.growth(row.proxy, row.name);
          if (growth === undefined) return [];
          return [
            {
              backend: row.proxy,
              server: row.name,
              status: row.text('status'),
              serves: isServing(row),
              requests: growth.requests,
              failed: growth.failed,
              ratio: growth.requests === 0 ? null : growth.failed / growth.requests,
              overSeconds: Math.round(growth.seconds),
            },
          ];
        });
        return { table: tableOf(columns, told) };
      }),
    ];
  },
  conclude(evidence, target) {
    const rows = rowsOf(find(evidence, target, 'error-split')).filter((row) => row.serves === true);
    return [...new Set(rows.map((row) => textOf(row.backend)))].flatMap((backend) =>
      findingOf(
        rows.filter((row) => row.backend === backend),
        evidence,
        target,
      ),
    );
  },
};

function findingOf(rows: readonly Row[], evidence: readonly Evidence[], target: string): Finding[] {
  const bad = rows.filter((row) => standsOut(row, rows));
  const [worst] = bad.toSorted((a, b) => numberOf(b.ratio) - numberOf(a.ratio));
  // Where most stand out, what they share is ill.
  if (worst === undefined || bad.length * 2 > rows.length) return [];
  const others = rows.filter((row) => !bad.includes(row));
  const [requests, failed] = [sum(others, 'requests'), sum(others, 'failed')];
  const names = bad.map((row) => textOf(row.server)).join(' and ');
  return [
    {
      id: 'haproxy.bad-server',
      target,
      summary: `${names} of backend ${worst.backend} ${bad.length === 1 ? 'fails' : 'fail'} ${percent(numberOf(worst.ratio))} of its requests, the other ${others.length === 1 ? 'server' : count(others.length, 'server')} ${percent(failed / Math.max(1, requests))}`,
      explanation: `Over the last ${numberOf(worst.overSeconds)} s ${worst.failed} of ${worst.requests} requests to ${worst.server} ended in 5xx, a refused connection or a broken answer, and ${failed} of ${requests} to the others, which get the same traffic. So it is not the requests themselves, nor something that refuses all of them alike, but something of that server: its release, its configuration, its machine, or what it lacks while the others hold it, as connections of a database they share. Its health check does not notice.`,
      confidence: numberOf(worst.requests) >= 5 * leastRequests ? 0.95 : 0.88,
      isWhereOnly: true,
      isNoSlowness: true,
      evidence: [`${target}.error-split`],
      unseen: [...unseenOf(evidence), `why it fails: look at the log of ${worst.server}`],
      recommendations: bad.map((row) => ({
        action: 'haproxy.drain-server',
        target,
        input: { backend: textOf(row.backend), server: textOf(row.server) },
        why: `${count(others.length, 'server')} of the backend ${others.length === 1 ? 'is' : 'are'} well and ${others.length === 1 ? 'takes' : 'take'} its requests; what is under way on it ends by itself`,
      })),
    },
  ];
}

function standsOut(row: Row, all: readonly Row[]): boolean {
  const others = all.filter((other) => other !== row);
  const requests = sum(others, 'requests');
  if (numberOf(row.requests) < leastRequests || requests < leastRequests) return false;
  const ratio = numberOf(row.ratio);
  const best = Math.min(
    ...others.map((other) => (numberOf(other.requests) < leastRequests ? 1 : numberOf(other.ratio))),
  );
  return ratio - best >= leastExcess && ratio >= leastTimes * best;
}

function sum(rows: readonly Row[], column: string): number {
  return rows.reduce((total, row) => total + numberOf(row[column]), 0);
}
