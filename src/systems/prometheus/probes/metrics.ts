import { limit } from '../../../core/app-series.ts';
import { Malformed } from '../../../core/exposition/cursor.ts';
import { parseExposition } from '../../../core/exposition/parse.ts';
import type { Missing, Outcome, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { ask, type PrometheusClient } from '../client.ts';
import { readingsOf } from '../exposition/readings.ts';
import { askQueries } from '../queries.ts';

/** As Prometheus asks since 2.5, without protobuf. */
const accept =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

export const metricsProbe: Probe<PrometheusClient> = {
  id: 'prometheus.metrics',
  summary: 'Scrapes the endpoint, or asks the server for each query',
  liveness: true,
  metrics: {
    'app.*': { summary: 'A metric of the application, under its own name', unit: 'count', kind: 'gauge' },
    'prometheus.up': {
      summary: '1 when metrics came that can be read, else 0',
      unit: 'state',
      kind: 'gauge',
    },
    'prometheus.duration': {
      summary: 'How long the scrape or the queries took',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
    'prometheus.series': { summary: 'Series that are kept', unit: 'count', kind: 'gauge' },
    'prometheus.series.dropped': {
      summary: 'Series that are not kept because `maxSeries` is reached',
      unit: 'count',
      kind: 'gauge',
    },
  },
  async run(client, ctx) {
    const began = ctx.clock.monotonic();
    const read = client.config.queries ? await askQueries(client, ctx) : await scrape(client, ctx);
    if (!read.ok) return read;
    const seconds = (ctx.clock.monotonic() - began) / 1_000;
    return withinLimit(client, read, seconds);
  },
};

async function scrape(client: PrometheusClient, ctx: ProbeContext): Promise<Outcome> {
  const asked = await ask(client, client.url, { accept }, ctx);
  if (!asked.ok) return asked;
  const { status, statusText, contentType, text } = asked.answer;
  if (status !== 200) return unreadable(`${status} ${statusText}`);
  try {
    const exposition = parseExposition(text, contentType.startsWith('application/openmetrics-text'));
    if (exposition.samples.length === 0) return unreadable('the answer holds no metric');
    const { readings, offered } = readingsOf(exposition, client.config, client.memory, ctx.clock.now());
    return { ok: true, readings, detail: `${offered} metrics exposed` };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return unreadable(`the answer is no metrics text: ${error.message}`);
  }
}

/** It answers, but with nothing to read. */
function unreadable(detail: string): Outcome {
  return { ok: true, readings: [{ metric: 'prometheus.up', value: 0 }], detail, missing: [allOf(detail)] };
}

function allOf(reason: string): Missing {
  return { metrics: ['*'], reason, remedy: 'curl the address and look at what it answers' };
}

function withinLimit(
  { memory, config }: PrometheusClient,
  read: Extract<Outcome, { ok: true }>,
  seconds: number,
): Outcome {
  const own = read.readings.filter(({ metric }) => metric === 'prometheus.up');
  const { readings, dropped } = limit(
    read.readings.filter(({ metric }) => metric !== 'prometheus.up'),
    memory,
    config.maxSeries,
  );
  const about: Reading[] = [
    { metric: 'prometheus.duration', value: seconds },
    { metric: 'prometheus.series', value: readings.length },
    { metric: 'prometheus.series.dropped', value: dropped.series },
  ];
  const missing: Missing[] = [...(read.missing ?? [])];
  if (dropped.series > 0) {
    missing.push({
      metrics: dropped.metrics,
      reason: `${dropped.series} series are more than maxSeries (${config.maxSeries}) has room for`,
      remedy: 'name the metrics to keep in `metrics`, the labels in `keepLabels`, or raise maxSeries',
    });
  }
  const detail = `${read.detail ?? 'read'}, ${readings.length} series kept`;
  return {
    ok: true,
    readings: [...own, ...readings, ...about],
    ...(missing.length > 0 ? { missing } : {}),
    detail: own.some(({ value }) => value === 0) ? (read.detail ?? '') : detail,
  };
}
