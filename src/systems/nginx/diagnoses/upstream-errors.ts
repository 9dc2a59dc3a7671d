import { changesOf } from '../../../core/change-evidence.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { conclude as concludeReach } from '../../../machine/unreachable/conclude.ts';
import { look as lookAtAddress } from '../../../machine/unreachable/look.ts';
import { formatOf, logPath, type NginxConnection } from '../client.ts';
import { combined, lineReader } from '../log-format.ts';
import { createTail } from '../tail.ts';
import { createTraffic, leastRequests } from '../traffic.ts';
import { look, percent } from './evidence.ts';
import { recentErrors } from './recent-errors.ts';

const mostAsked = 5;
/** A server stands out from so many points above the others on (J). */
const leastExcess = 0.1;
const words = { name: 'the server', next: 'the log of the application that should listen there' };

export const upstreamErrors: Diagnosis<NginxConnection> = {
  id: 'nginx.upstream-errors',
  title: 'servers behind nginx fail',
  summary: 'Which server behind nginx refuses, hangs, or fails more than the others',
  explains: [
    'nginx.errors',
    'nginx.upstream-errors',
    'nginx.upstream-refused',
    'nginx.upstream-timeout',
    'nginx.no-upstream',
  ],
  async gather(conn, target, ctx) {
    const path = logPath(conn, 'access_log');
    const about = {
      id: 'by-upstream',
      title: 'Requests by server behind it',
      how: `tail -n 1000 ${path ?? '/var/log/nginx/access.log'}`,
    };
    const split = await look(target, ctx, about, async () => {
      if (path === undefined) return { unseen: 'no access log in a file is known: name `accessLog`' };
      let shares = conn.traffic.byUpstream();
      if (shares.length === 0) {
        const reader = lineReader(formatOf(conn) ?? combined);
        if (!reader.variables.has('upstream_addr'))
          return { unseen: 'the access log does not say which server answered ($upstream_addr)' };
        const past = createTraffic();
        const lines = await createTail(path).last(256_000);
        past.add(
          ctx.clock.now(),
          lines.flatMap((line) => reader.read(line) ?? []),
        );
        shares = past.byUpstream();
      }
      const rows = shares.map(({ upstream, share }) => ({
        upstream,
        requests: share.requests,
        failed: share.failed,
        ratio: share.requests === 0 ? null : share.failed / share.requests,
        p95Seconds: share.p95 ?? null,
      }));
      return { table: tableOf(['upstream', 'requests', 'failed', 'ratio', 'p95Seconds'], rows) };
    });
    const errors = await recentErrors(conn, target, ctx);
    const ill = new Set([
      ...rowsOf(errors)
        .filter((row) => textOf(row.kind).startsWith('upstream-'))
        .map((row) => textOf(row.upstream)),
      ...rowsOf(split)
        .filter((row) => numberOf(row.ratio) >= leastExcess)
        .map((row) => textOf(row.upstream)),
    ]);
    const reached: Evidence[] = [];
    for (const upstream of [...ill].slice(0, mostAsked)) {
      const [, host = '', port] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(upstream) ?? [];
      if (port === undefined) continue;
      const isSlow = rowsOf(errors).some(
        (row) => row.kind === 'upstream-timeout' && row.upstream === upstream,
      );
      const detail = isSlow ? 'timeout after proxy_read_timeout or proxy_connect_timeout of nginx' : '';
      const pieces = await lookAtAddress(
        keyOf(target, upstream),
        { host, port: Number(port) },
        { ...ctx, detail: () => detail },
      );
      reached.push(...pieces.map((piece) => ({ ...piece, target })));
    }
    return [split, errors, ...reached, ...changesOf(target, ctx)];
  },
  conclude,
};

const keyOf = (target: string, upstream: string) => `${target}.${upstream}`;

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const split = rowsOf(find(evidence, target, 'by-upstream'));
  const errors = rowsOf(find(evidence, target, 'error-log')).filter((row) =>
    textOf(row.kind).startsWith('upstream-'),
  );
  const upstreams = new Set([
    ...errors.map((row) => textOf(row.upstream)),
    ...split.map((row) => textOf(row.upstream)),
  ]);
  return [...upstreams]
    .filter(Boolean)
    .flatMap((upstream) => findingOf(upstream, split, errors, evidence, target) ?? []);
}

function findingOf(
  upstream: string,
  split: readonly Row[],
  errors: readonly Row[],
  evidence: readonly Evidence[],
  target: string,
): Finding | undefined {
  const own = split.find((row) => row.upstream === upstream);
  const said = errors.filter((row) => row.upstream === upstream);
  const key = keyOf(target, upstream);
  const base = {
    id: 'nginx.upstream-errors',
    target,
    evidence: [
      ...['by-upstream', 'error-log'].map((id) => `${target}.${id}`),
      ...evidence.filter((piece) => piece.id.startsWith(`${key}.`)).map((piece) => piece.id),
    ],
    unseen: unseenOf(evidence),
  };
  const lines = said
    .map((row) => `${row.lines} times ${textOf(row.kind).replace('upstream-', '')}`)
    .join(', ');
  const [reached] = concludeReach(
    base.id,
    words,
    ['refused', 'unrouted', 'timeout', 'connected'],
    evidence,
    key,
  );
  if (reached !== undefined && said.length > 0) {
    return {
      ...base,
      summary: `the server behind it at ${upstream} is down: ${reached.summary}`,
      explanation: `The error log names it: ${lines} in the last quarter of an hour. ${reached.explanation}`,
      confidence: Math.min(reached.confidence, 0.96),
      recommendations: reached.recommendations,
    };
  }
  const others = split.filter((row) => row !== own);
  const [requests, failed] = [total(others, 'requests'), total(others, 'failed')];
  const ratio = numberOf(own?.ratio);
  if (own === undefined || numberOf(own.requests) < leastRequests || ratio < leastExcess) return undefined;
  const theirs = requests < leastRequests ? undefined : failed / requests;
  if (theirs !== undefined && ratio - theirs < leastExcess) return undefined;
  return {
    ...base,
    summary: `the server behind it at ${upstream} fails ${percent(ratio)} of its requests${theirs === undefined ? '' : `, the others ${percent(theirs)}`}`,
    explanation: `${own.failed} of ${own.requests} requests that were passed on to it ended in 5xx${theirs === undefined ? '; there is no other to compare it with' : `, and ${failed} of ${requests} to all others. So it is something of that server or its service, not of nginx`}.${lines === '' ? '' : ` The error log says: ${lines}.`} Look at its log${split.length > 1 ? '; in the upstream it can be marked down, so that the others take its requests, then test and reload' : ''}.`,
    confidence: theirs === undefined ? 0.75 : 0.92,
    recommendations: [],
  };
}

function total(rows: readonly Row[], column: string): number {
  return rows.reduce((sum, row) => sum + numberOf(row[column]), 0);
}
