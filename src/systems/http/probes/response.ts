import type { Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { hostAndPort } from '../../../machine/network/dial.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import {
  CertificateRefused,
  type HttpClient,
  TrustUnreadable,
  type Visit,
  VisitFailed,
  visit,
} from '../client.ts';
import { statusLine, unmetExpectations } from '../expectations.ts';

export const response: Probe<HttpClient> = {
  id: 'http.response',
  summary: 'Asks the endpoint as a user would, judges the answer and times its phases',
  liveness: true,
  metrics: {
    'http.up': { summary: '1 when the answer is as declared, else 0', unit: 'state', kind: 'gauge' },
    'http.status': { summary: 'Status of the last answer', unit: 'state', kind: 'gauge' },
    'http.response.bytes': { summary: 'Bytes of the body that were read', unit: 'bytes', kind: 'gauge' },
    'http.redirects': { summary: 'Redirects that were followed', unit: 'count', kind: 'gauge' },
    'http.duration.total': {
      summary: 'From the name lookup to the last byte',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'request',
    },
    'http.duration.dns': { summary: 'Name lookup', unit: 'seconds', kind: 'gauge' },
    'http.duration.connect': { summary: 'TCP connect', unit: 'seconds', kind: 'gauge' },
    'http.duration.tls': { summary: 'TLS handshake', unit: 'seconds', kind: 'gauge' },
    'http.duration.first-byte': {
      summary: 'From the request to the head of the answer: the work of the server',
      unit: 'seconds',
      kind: 'gauge',
    },
    'http.duration.transfer': { summary: 'From the head to the last byte', unit: 'seconds', kind: 'gauge' },
  },
  async run(client, ctx) {
    const began = ctx.clock.monotonic();
    try {
      const visited = await visit(client, ctx, client.config.expect.body !== undefined);
      return judge(client, visited, (ctx.clock.monotonic() - began) / 1_000);
    } catch (error) {
      return failure(error, ctx.clock.monotonic() - began);
    }
  },
};

function judge(client: HttpClient, visited: Visit, totalSeconds: number): Outcome {
  const unmet = unmetExpectations(
    { ...visited, body: visited.body?.toString('utf8') ?? '', totalSeconds },
    client.config.expect,
  );
  const status = statusLine(visited.status);
  const { phases } = visited;
  const readings: Reading[] = [
    { metric: 'http.up', value: unmet.length === 0 ? 1 : 0 },
    { metric: 'http.status', value: visited.status },
    { metric: 'http.response.bytes', value: visited.bytes },
    { metric: 'http.redirects', value: visited.redirects },
    { metric: 'http.duration.total', value: totalSeconds },
    { metric: 'http.duration.connect', value: phases.connect },
    { metric: 'http.duration.first-byte', value: phases.firstByte },
    { metric: 'http.duration.transfer', value: phases.transfer },
  ];
  if (phases.dns !== undefined) readings.push({ metric: 'http.duration.dns', value: phases.dns });
  if (phases.tls !== undefined) readings.push({ metric: 'http.duration.tls', value: phases.tls });
  return { ok: true, readings, detail: unmet.length === 0 ? status : `${status} (${unmet.join('; ')})` };
}

function failure(error: unknown, elapsedMs: number): Outcome {
  if (error instanceof CertificateRefused) return { ok: false, why: 'denied', detail: error.message };
  if (error instanceof TrustUnreadable) return { ok: false, why: 'broken-probe', detail: error.message };
  if (!(error instanceof VisitFailed)) throw error;
  const { cause, to } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code.startsWith('HPE_')) {
    const detail = `the answer of ${hostAndPort(to.host, to.port)} is no HTTP (${code})`;
    return { ok: true, readings: [{ metric: 'http.up', value: 0 }], detail };
  }
  return { ok: false, ...networkFailure(cause, to, elapsedMs) };
}
