import type { Missing, Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { codeOf, type Followed, formatOf, logPath, type NginxConnection } from '../client.ts';
import { combined, type LineReader, lineReader } from '../log-format.ts';
import { createTail } from '../tail.ts';
import type { Share } from '../traffic.ts';

const adviceFormat =
  'log_format upkeep \'$remote_addr [$time_local] "$request" $status $body_bytes_sent $request_time "$upstream_addr" "$upstream_status" "$upstream_response_time"\';';

export const accessLog: Probe<NginxConnection> = {
  id: 'nginx.access',
  summary: 'What was appended to the access log: errors and times of the last minute, by server behind it',
  metrics: {
    'nginx.error_ratio': {
      summary: 'Share of the requests of the last minute that ended in 5xx; from 20 requests',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'nginx.request_time': {
      summary: '95th percentile of the last minute, where the log has $request_time; from 20 requests',
      unit: 'seconds',
      kind: 'gauge',
    },
    'nginx.upstream.error_ratio': {
      summary: 'The same share by server behind nginx, where the log has $upstream_addr',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'nginx.upstream.error_excess': {
      summary: 'How much larger that share is than the one of all the other servers together',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'nginx.upstream.response_time': {
      summary: '95th percentile by server behind nginx',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  async run(conn, ctx): Promise<Outcome> {
    const path = logPath(conn, 'access_log');
    if (path === undefined)
      return unknown('no access log in a file is known', 'accessLog: /var/log/nginx/access.log');
    const followed = follow(conn, path);
    try {
      const lines = await followed.tail.lines();
      const entries = lines.flatMap((line) => followed.reader.read(line) ?? []);
      conn.traffic.add(ctx.clock.now(), entries);
      const isForeign = lines.length >= 10 && entries.length === 0;
      return {
        ok: true,
        readings: isForeign ? [] : readingsOf(conn),
        missing: isForeign
          ? [missingFormat(path)]
          : followed.reader.variables.has('upstream_addr')
            ? []
            : [missingUpstream],
      };
    } catch (error) {
      return unknown(`${path} cannot be read (${codeOf(error)})`, `setfacl -m u:upkeep:r ${path}`);
    }
  },
};

function follow(conn: NginxConnection, path: string): Followed<LineReader> {
  const format = formatOf(conn) ?? combined;
  const known = conn.accessLog;
  if (known?.path === path && known.reader.format === format) return known;
  const followed = {
    path,
    tail: known?.path === path ? known.tail : createTail(path),
    reader: lineReader(format),
  };
  conn.accessLog = followed;
  return followed;
}

function readingsOf({ traffic }: NginxConnection): Reading[] {
  const total = traffic.total();
  const upstreams = traffic.byUpstream();
  return [
    ...reading('nginx.error_ratio', total.errorRatio),
    ...reading('nginx.request_time', total.p95),
    ...upstreams.flatMap(({ upstream, share }) => {
      const others = upstreams.filter((other) => other.upstream !== upstream).map((other) => other.share);
      return [
        ...reading('nginx.upstream.error_ratio', share.errorRatio, upstream),
        ...reading('nginx.upstream.error_excess', excessOf(share, others), upstream),
        ...reading('nginx.upstream.response_time', share.p95, upstream),
      ];
    }),
  ];
}

/** Undefined where there are no others to compare with, or too few requests. */
function excessOf(share: Share, others: readonly Share[]): number | undefined {
  const requests = others.reduce((sum, other) => sum + other.requests, 0);
  const failed = others.reduce((sum, other) => sum + other.failed, 0);
  if (share.errorRatio === undefined || requests < 20) return undefined;
  return Math.max(0, share.errorRatio - failed / requests);
}

function reading(metric: string, value: number | undefined, upstream?: string): Reading[] {
  if (value === undefined) return [];
  return [{ metric, value, ...(upstream === undefined ? {} : { labels: { upstream } }) }];
}

function unknown(reason: string, remedy: string): Outcome {
  return { ok: true, readings: [], missing: [{ metrics: ['*'], reason, remedy }] };
}

function missingFormat(path: string): Missing {
  const reason = `the lines of ${path} are of another format than the one that is known`;
  return { metrics: ['*'], reason, remedy: 'logFormat: the words of log_format, in single quotes' };
}

const missingUpstream: Missing = {
  metrics: ['nginx.upstream.error_ratio', 'nginx.upstream.error_excess', 'nginx.upstream.response_time'],
  reason: 'the access log does not say which server answered',
  remedy: adviceFormat,
};
