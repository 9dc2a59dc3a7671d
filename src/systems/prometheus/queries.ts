/** Instant queries of a Prometheus server (HTTP API v1), each result as `app.<name>`. */
import { z } from 'zod';
import { reduceLabels } from '../../core/app-series.ts';
import type { Missing, Outcome, Reading } from '../../core/sample.ts';
import type { ProbeContext } from '../../core/system.ts';
import { type Asked, ask, type PrometheusClient } from './client.ts';

const point = z.tuple([z.number(), z.string()]);
const result = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('scalar'), result: point }),
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: point.optional() })),
  }),
]);
const reply = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: z.unknown() }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

/** A server that knows none of the queries is still up; only no answer at all is a failure. */
export async function askQueries(client: PrometheusClient, ctx: ProbeContext): Promise<Outcome> {
  const queries = Object.entries(client.config.queries ?? {});
  const asked = await Promise.all(
    queries.map(async ([name, expression]) => ({
      name,
      asked: await ask(client, addressOf(client.url, expression), {}, ctx),
    })),
  );
  const failures = asked.flatMap(({ asked: one }) => (one.ok ? [] : [one]));
  const [first] = failures;
  if (first && failures.length === asked.length) return first;
  const readings: Reading[] = [];
  const missing: Missing[] = [];
  let unread = 0;
  for (const { name, asked: one } of asked) {
    const metric = `app.${name}`;
    const seen = one.ok ? read(one, metric, client.config.keepLabels) : one.detail;
    if (typeof seen !== 'string' && seen.length === 0)
      missing.push({
        // Not the metric: a query that filters (`errors > 5`) has no series when all is well, and its alert ends then.
        metrics: [`queries.${name}`],
        reason: 'the query has no series now',
        remedy: `look at its expression; where none is well, add \`or vector(0)\` to queries.${name}`,
        isAskedFor: true,
      });
    else if (typeof seen === 'string') {
      unread += 1;
      missing.push({ metrics: [metric], reason: seen, remedy: `correct queries.${name}`, isAskedFor: true });
    } else readings.push(...seen);
  }
  const detail = `${queries.length - missing.length} of ${queries.length} queries have a result`;
  const up = { metric: 'prometheus.up', value: unread < queries.length ? 1 : 0 };
  return {
    ok: true,
    readings: [up, ...readings],
    detail,
    ...(missing.length > 0 ? { missing } : {}),
  };
}

function addressOf(server: URL, expression: string): URL {
  const url = new URL(server);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/query`;
  url.searchParams.set('query', expression);
  return url;
}

/** The readings, or why there are none. */
function read(
  { answer }: Extract<Asked, { ok: true }>,
  metric: string,
  labels: readonly string[] | undefined,
): Reading[] | string {
  const parsed = reply.safeParse(json(answer.text));
  if (!parsed.success) return `${answer.status} ${answer.statusText}: no answer of a Prometheus server`;
  if (parsed.data.status === 'error') return `${parsed.data.errorType}: ${parsed.data.error}`.slice(0, 300);
  const data = result.safeParse(parsed.data.data);
  if (!data.success) return 'the result is neither a number nor an instant vector';
  if (data.data.resultType === 'scalar') return finite([{ metric, value: numberOf(data.data.result[1]) }]);
  const summed = new Map<string, Reading>();
  for (const series of data.data.result) {
    if (series.value === undefined) return 'native histograms are not read; ask for a quantile of them';
    const kept = reduceLabels(
      Object.entries(series.metric).filter(([name]) => name !== '__name__'),
      labels,
    );
    const key = JSON.stringify(kept);
    const value = numberOf(series.value[1]) + (summed.get(key)?.value ?? 0);
    summed.set(key, { metric, value, labels: kept });
  }
  return finite([...summed.values()]);
}

function finite(readings: readonly Reading[]): Reading[] {
  return readings.filter(({ value }) => Math.abs(value) !== Infinity);
}

function numberOf(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
