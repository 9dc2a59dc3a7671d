import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { codeOf, logPath, type NginxConnection } from '../client.ts';
import { errorKinds, readErrorLine } from '../error-log.ts';
import { createTail } from '../tail.ts';

const mostKept = 500;

export const errorLog: Probe<NginxConnection> = {
  id: 'nginx.errors',
  summary: 'What was appended to the error log, by what it means',
  metrics: {
    'nginx.log.errors': {
      summary:
        'Lines since Upkeep began to read: servers behind it that refuse or do not answer, limits that were hit',
      unit: 'count',
      kind: 'counter',
    },
  },
  async run(conn, ctx): Promise<Outcome> {
    const path = logPath(conn, 'error_log');
    if (path === undefined)
      return missing('no error log in a file is known', 'errorLog: /var/log/nginx/error.log');
    if (conn.errorLog?.path !== path) conn.errorLog = { path, tail: createTail(path), reader: undefined };
    try {
      for (const text of await conn.errorLog.tail.lines()) {
        const line = readErrorLine(text);
        if (line?.kind === undefined) continue;
        conn.errorCounts.set(line.kind, (conn.errorCounts.get(line.kind) ?? 0) + 1);
        conn.errors.push({ at: ctx.clock.now(), line });
      }
      conn.errors.splice(0, Math.max(0, conn.errors.length - mostKept));
      return {
        ok: true,
        readings: errorKinds.map((kind) => ({
          metric: 'nginx.log.errors',
          value: conn.errorCounts.get(kind) ?? 0,
          labels: { kind },
        })),
      };
    } catch (error) {
      return missing(`${path} cannot be read (${codeOf(error)})`, `setfacl -m u:upkeep:r ${path}`);
    }
  },
};

function missing(reason: string, remedy: string): Outcome {
  return { ok: true, readings: [], missing: [{ metrics: ['*'], reason, remedy }] };
}
