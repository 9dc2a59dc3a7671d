import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Recommendation } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { StatRow } from '../../../protocols/haproxy/stat.ts';
import { type HaproxyConnection, readInfo, readStat } from '../client.ts';
import { mayChangeFrontends } from '../frontend-limit.ts';
import { asked, look } from './evidence.ts';

/** From here on a limit counts as reached: between two looks a place may be free for a moment. */
const reached = 0.95;
/** A server counts as slower than usual at so many times its median of the day, and from so long on (J). */
const slowTimes = 2;
const slowSeconds = 0.2;

const columns = [
  'kind',
  'proxy',
  'name',
  'sessions',
  'limit',
  'queued',
  'responseSeconds',
  'usualSeconds',
] as const;

export const saturated: Diagnosis<HaproxyConnection> = {
  id: 'haproxy.saturated',
  title: 'a limit of connections is reached',
  summary:
    'A limit of connections is reached and requests wait: which one, and whether the servers became slow',
  explains: [
    'haproxy.queue',
    'haproxy.queue-time',
    'haproxy.server-sessions',
    'haproxy.connections',
    'haproxy.frontend-sessions',
    'haproxy.errors',
    'haproxy.down',
  ],
  async gather(conn, target, ctx) {
    const info = { id: 'process', title: 'Connections of the whole process', how: asked(conn, 'show info') };
    const stat = { id: 'limits', title: 'Sessions, limits and queues', how: asked(conn, 'show stat') };
    return [
      await look(conn, target, ctx, info, async () => {
        const seen = await readInfo(conn, ctx.signal);
        const of = (name: string) => Number(seen.get(name) ?? Number.NaN) || null;
        return {
          facts: {
            connections: of('CurrConns') ?? 0,
            maxconn: of('Maxconn'),
            openFilesLimit: of('Ulimit-n'),
            version: seen.get('Version') ?? null,
          },
        };
      }),
      await look(conn, target, ctx, stat, async () => {
        const rows = await readStat(conn, ctx);
        const told = rows.map(
          async (row): Promise<Row> => ({
            kind: row.kind,
            proxy: row.proxy,
            name: row.name,
            sessions: row.number('scur') ?? 0,
            limit: row.number('slim') ?? null,
            queued: row.number('qcur') ?? 0,
            responseSeconds: responseOf(conn, row, ctx),
            usualSeconds: row.kind === 'server' ? await usual(target, row.proxy, row.name, ctx) : null,
          }),
        );
        return { table: tableOf(columns, await Promise.all(told)) };
      }),
    ];
  },
  conclude(evidence, target) {
    const rows = rowsOf(find(evidence, target, 'limits'));
    return [...ofProcess(rows, evidence, target), ...ofServers(rows, evidence, target)];
  },
};

/** HAProxy's own mean is over its last 1,024 requests and lags: this old a look is taken before (J). */
const recentMs = 20_000;
const leastSeconds = 1;
const leastDone = 5;

/**
 * How long a request takes now. At a limit that is full, requests under way divided by requests done a second
 * (Little's law), else HAProxy's mean.
 */
function responseOf(conn: HaproxyConnection, row: StatRow, ctx: DiagnosisContext): number | null {
  if (row.number('stot') === 0) return null;
  const mean = (row.number('rtime') ?? 0) / 1_000;
  const [sessions, limit] = [row.number('scur') ?? 0, row.number('slim') ?? 0];
  if (row.kind !== 'server' || limit === 0 || sessions < limit) return mean;
  const growth =
    conn.window.growth(row.proxy, row.name, ctx.clock.now() - recentMs) ??
    conn.window.growth(row.proxy, row.name);
  if (growth === undefined || growth.seconds < leastSeconds || growth.requests < leastDone) return mean;
  return (sessions * growth.seconds) / growth.requests;
}

/** Median of the last day but its newest quarter of an hour; null where it is not known. */
async function usual(
  target: string,
  backend: string,
  server: string,
  ctx: DiagnosisContext,
): Promise<number | null> {
  const now = ctx.clock.now();
  const span = { from: now - 86_400_000, to: now - 900_000, labels: { backend, server } };
  const series = await ctx.history(target, 'haproxy.server.response_time', span).catch(() => []);
  const values = series.flatMap((one) => one.values).sort((a, b) => a - b);
  return values.length < 10 ? null : (values[Math.floor(values.length / 2)] ?? null);
}

function ofProcess(rows: readonly Row[], evidence: readonly Evidence[], target: string): Finding[] {
  const facts = find(evidence, target, 'process')?.facts;
  const [connections, maxconn] = [numberOf(facts?.connections), numberOf(facts?.maxconn)];
  const full = rows.filter(
    (row) =>
      row.kind === 'frontend' &&
      numberOf(row.limit) > 0 &&
      numberOf(row.sessions) >= reached * numberOf(row.limit),
  );
  const isProcess = maxconn > 0 && connections >= reached * maxconn;
  const [first] = full;
  if (!isProcess && first === undefined) return [];
  const busiest = rows
    .filter((row) => row.kind === 'frontend')
    .toSorted((a, b) => numberOf(b.sessions) - numberOf(a.sessions))[0];
  return [
    {
      id: 'haproxy.saturated',
      target,
      summary: isProcess
        ? `HAProxy has ${connections} of ${maxconn} connections, ${busiest?.sessions ?? '?'} of them on frontend ${busiest?.proxy ?? '?'}: new ones wait to be accepted`
        : `frontend ${first?.proxy} has ${first?.sessions} of ${first?.limit} sessions: new ones wait to be accepted`,
      explanation: `The limit ${isProcess ? 'of the whole process (global maxconn)' : 'of the frontend (maxconn)'} is reached. Connections stay for as long as requests take and for timeout http-keep-alive after them. Look who holds them: ${isProcess ? 'show sess' : 'show sess; show stat'}. Raise maxconn together with the limit of open files (now ${textOf(facts?.openFilesLimit) || 'unknown'}; each connection takes two) and reload, or shorten keep-alive; one client that holds most is to be limited instead.`,
      confidence: 0.9,
      nature: 'capacity',
      evidence: [`${target}.process`, `${target}.limits`],
      unseen: unseenOf(evidence),
      recommendations:
        isProcess || first === undefined || !mayChangeFrontends(textOf(facts?.version))
          ? []
          : wider(first, maxconn, rows, target),
    },
  ];
}

/** Half as much again where the process has room for it and the servers answer as fast as usual. */
function wider(frontend: Row, most: number, rows: readonly Row[], target: string): Recommendation[] {
  const limit = numberOf(frontend.limit);
  const maxconn = Math.min(Math.ceil(limit * 1.5), most);
  const busy = rows.filter((row) => row.kind === 'server' && numberOf(row.sessions) > 0);
  const isAsUsual = (row: Row) => row.usualSeconds !== null && row.responseSeconds !== null && !isSlow(row);
  if (maxconn <= limit || busy.length === 0 || !busy.every(isAsUsual)) return [];
  return [
    {
      action: 'haproxy.set-frontend-maxconn',
      target,
      input: { frontend: textOf(frontend.proxy), maxconn },
      why: 'the servers answer as fast as usual and the process has room: only this limit makes clients wait',
    },
  ];
}

function isSlow({ responseSeconds, usualSeconds }: Row): boolean {
  const now = numberOf(responseSeconds);
  return now >= slowSeconds && typeof usualSeconds === 'number' && now >= slowTimes * usualSeconds;
}

function ofServers(rows: readonly Row[], evidence: readonly Evidence[], target: string): Finding[] {
  const backends = [...new Set(rows.map((row) => textOf(row.proxy)))];
  return backends.flatMap((backend) => {
    const own = rows.filter((row) => row.proxy === backend);
    const full = own.filter(
      (row) =>
        row.kind === 'server' && numberOf(row.limit) > 0 && numberOf(row.sessions) >= numberOf(row.limit),
    );
    const waiting = Math.max(
      own.filter((row) => row.kind === 'server').reduce((sum, row) => sum + numberOf(row.queued), 0) +
        numberOf(own.find((row) => row.kind === 'backend')?.queued),
      0,
    );
    if (full.length === 0 || waiting === 0) return [];
    return [serversFinding(backend, full, waiting, evidence, target)];
  });
}

function serversFinding(
  backend: string,
  full: readonly Row[],
  waiting: number,
  evidence: readonly Evidence[],
  target: string,
): Finding {
  const slow = full.filter(isSlow);
  const isUsualKnown = full.every((row) => row.usualSeconds !== null);
  const names = full.map((row) => `${row.name} (${row.sessions} of ${row.limit})`).join(', ');
  const [slowest] = slow;
  const waits = count(waiting, 'request waits', 'requests wait');
  return {
    id: 'haproxy.saturated',
    target,
    summary:
      slowest === undefined
        ? `${waits} in backend ${backend}: its servers have as many as maxconn allows, ${names}`
        : `${waits} in backend ${backend} because ${slowest.name} became slow: ${formatDuration(numberOf(slowest.responseSeconds) * 1_000)}, usually ${formatDuration(numberOf(slowest.usualSeconds) * 1_000)}`,
    explanation:
      slowest === undefined
        ? `Each server works on as many requests as its maxconn lets it, and the rest waits in HAProxy. ${isUsualKnown ? 'They answer as fast as usual, so there is more to do than the limit allows.' : 'Whether they are slower than usual is not known yet.'} A higher limit helps while the servers have room for it; another server helps in any case.`
        : 'Each request holds its place for longer, so that the places run out with the usual traffic. A higher limit would only bring more requests to servers that are slow already: find what they wait for.',
    confidence: slowest === undefined ? (isUsualKnown ? 0.9 : 0.8) : 0.85,
    ...(slowest === undefined ? { nature: 'capacity' as const } : {}),
    evidence: [`${target}.limits`, `${target}.process`],
    unseen: [
      ...unseenOf(evidence),
      ...(isUsualKnown ? [] : ['how long these servers usually take: there is no day of measurements']),
    ],
    recommendations:
      slowest === undefined && isUsualKnown
        ? full.slice(0, 3).map((row) => ({
            action: 'haproxy.set-maxconn',
            target,
            input: { backend, server: textOf(row.name), maxconn: Math.ceil(numberOf(row.limit) * 1.5) },
            why: 'it answers as fast as usual, and only its limit makes requests wait',
          }))
        : [],
  };
}
