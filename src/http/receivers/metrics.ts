/** Metrics that others push: OTLP over HTTP and Prometheus remote write. */
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { UpkeepError } from '../../core/verb.ts';
import type { VerbContext } from '../../verbs/context.ts';
import { requireScope } from '../access.ts';
import { parseJson, wholeBody } from './body.ts';
import { readOtlp } from './otlp.ts';
import { readRemoteWrite } from './remote-write.ts';

type Env = { Bindings: HttpBindings };

const largestWrite = 4 * 1024 * 1024;
const largestOtlp = 16 * 1024 * 1024;

export function metricRoutes({ intake }: VerbContext): Hono<Env> {
  const routes = new Hono<Env>();

  async function otlp(c: Context<Env>): Promise<Response> {
    requireScope(c.get('actor'), 'push');
    const type = c.req.header('content-type') ?? '';
    const isProtobuf = /^application\/x-protobuf\b/i.test(type);
    if (!isProtobuf && !/^application\/json\b/i.test(type))
      throw new UpkeepError('bad-input', 'send Content-Type application/x-protobuf or application/json');
    const bytes = await wholeBody(c, largestOtlp);
    const { points, unclaimed } = intake.pushed.take(
      readOtlp(isProtobuf ? bytes : parseJson(bytes), isProtobuf),
    );
    const message = `${unclaimed} of ${points} points belong to no target; upkeep push list names them`;
    if (!isProtobuf) {
      const partial = { rejectedDataPoints: String(unclaimed), errorMessage: message };
      return c.json(unclaimed > 0 ? { partialSuccess: partial } : {});
    }
    return c.body(Uint8Array.from(unclaimed > 0 ? partialSuccess(unclaimed, message) : []).buffer, 200, {
      'content-type': 'application/x-protobuf',
    });
  }

  /** Points that no target claims are counted and listed; a refusal would make the sender drop the others too. */
  async function remoteWrite(c: Context<Env>): Promise<Response> {
    requireScope(c.get('actor'), 'push');
    const version = c.req.header('x-prometheus-remote-write-version');
    if (/proto=io\.prometheus\.write\.v2/.test(c.req.header('content-type') ?? ''))
      return c.json(
        { error: { code: 'bad-input', message: `remote write ${version ?? '2.0'} is not read; send 1.0` } },
        415,
      );
    const { batches } = readRemoteWrite(await wholeBody(c, largestWrite));
    intake.pushed.take(batches);
    return c.body(null, 204);
  }

  routes.post('/v1/metrics', otlp);
  routes.post('/api/v1/write', remoteWrite);
  routes.post('/api/v1/push', remoteWrite);
  return routes;
}

/** ExportMetricsServiceResponse with partial_success { rejected_data_points, error_message }. */
function partialSuccess(rejected: number, message: string): number[] {
  const text = [...Buffer.from(message, 'utf8')];
  const inner = [0x08, ...varint(rejected), 0x12, ...varint(text.length), ...text];
  return [0x0a, ...varint(inner.length), ...inner];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}
