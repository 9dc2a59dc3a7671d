import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import snappy from 'snappyjs';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { prometheusServer, startPrometheus } from '../../../test/servers/prometheus.ts';
import { eventually } from '../../../test/try-target.ts';
import { defaultRules } from '../../config/rules.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { TargetDetail } from '../../core/view.ts';
import { readRemoteWrite } from '../../http/receivers/remote-write.ts';
import { received } from './index.ts';

const yaml = `name: pushed
targets:
  checkout:
    system: received
    from: { service.name: checkout }
    every: 200ms
    silentAfter: 2s
    rules:
      received.many: { kind: threshold, metric: app.carts, summary: Many carts, warning: 10 }
      received.no-orders: { kind: absence, metric: app.orders_total, summary: No orders, for: 1s, critical: true }
  own: { system: received, from: { job: self }, every: 200ms, maxSeries: 40, metrics: ["prometheus_http_request_duration_seconds", process_resident_memory_bytes, "prometheus_tsdb_head_samples_appended_total"] }
incidents: { recoverFor: 500ms }
`;

let served: ServedApp;
let token = '';
before(async () => {
  served = await serveApp({ yaml });
  token = await served.token('push');
});
after(() => served.stop());

const shown = (name: string) => served.call<TargetDetail>('target.show', { name });
const valueIn = (target: TargetDetail, metric: string, labels: Record<string, string> = {}) =>
  target.metrics
    .find((one) => one.metric === metric)
    ?.latest.find((one) => Object.entries(labels).every(([name, value]) => one.labels[name] === value))
    ?.value;
const rulesOf = (target: TargetDetail) =>
  target.alerts.filter(({ state }) => state === 'firing').map(({ rule }) => rule);

test('default rules read', () => assert.deepEqual(defaultRules(received).problems, []));

for (const [name, Exporter] of [
  ['protobuf', ProtoExporter],
  ['JSON', JsonExporter],
] as const) {
  test(`OTLP in ${name} from the official exporter: gauges, sums, histograms of both kinds`, async () => {
    const exporter = new Exporter({
      url: `${served.url}/v1/metrics`,
      headers: { authorization: `Bearer ${token}` },
    });
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ 'service.name': 'checkout', 'service.instance.id': name }),
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
      views: [
        { instrumentName: 'exp', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
        {
          instrumentName: 'took',
          aggregation: {
            type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
            options: { boundaries: [0.1, 1, 10] },
          },
        },
      ],
    });
    const meter = provider.getMeter('test');
    const [carts, orders] = [meter.createGauge('carts'), meter.createCounter('orders')];
    const [took, exponential] = [meter.createHistogram('took'), meter.createHistogram('exp')];
    const record = async () => {
      carts.record(12, { shop: 'north' });
      orders.add(3);
      for (let i = 0; i < 100; i++) {
        took.record(0.5);
        exponential.record(i < 90 ? 1 : 64);
      }
      await provider.forceFlush();
    };
    await record();
    await record();
    const labels = { instance: name };
    const target = await eventually(
      () => shown('checkout'),
      (one) => valueIn(one, 'app.took.p95', labels) !== undefined,
    );
    assert.equal(valueIn(target, 'app.carts', { ...labels, shop: 'north' }), 12);
    assert.equal(valueIn(target, 'app.orders_total', labels), 6);
    assert.equal(valueIn(target, 'app.took.p95', labels), 0.1 + 0.9 * 0.95);
    assert.equal(valueIn(target, 'app.took.mean', labels), 0.5);
    const p99 = valueIn(target, 'app.exp.p99', labels) ?? 0;
    assert.ok(p99 > 60 && p99 < 68, String(p99));
    assert.ok(rulesOf(target).includes('received.many'), 'a rule on a metric that nobody knew of before');
    await provider.shutdown();
  });
}

test('a source that falls silent is down, and a series that is missed is told by its absence rule', async () => {
  const target = await eventually(
    () => shown('checkout'),
    (one) => rulesOf(one).includes('received.down') && rulesOf(one).includes('received.no-orders'),
  );
  assert.match(target.detail, /last point .* ago/);
});

describe('what is not as it should be', () => {
  const json = (body: unknown, headers: Record<string, string> = {}) =>
    served.ask('POST', '/v1/metrics', { token, body, headers });
  const gauge = (points: unknown) => ({
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'stranger' } }] },
        scopeMetrics: [{ metrics: [{ name: 'x', gauge: { dataPoints: points } }] }],
      },
    ],
  });
  const point = { timeUnixNano: String(Date.now() * 1e6), asDouble: 1 };

  test('series that belong to nobody are counted, listed, and their sender is told', async () => {
    const answer = await json(gauge([point, point]));
    assert.equal(answer.status, 200);
    assert.equal(
      answer.json<{ partialSuccess: { rejectedDataPoints: string } }>().partialSuccess.rejectedDataPoints,
      '2',
    );
    const { unclaimed } = await served.call<{
      unclaimed: { origin: object; points: number; example: string }[];
    }>('push.list');
    const stranger = unclaimed.find(({ origin }) => JSON.stringify(origin).includes('stranger'));
    assert.deepEqual([stranger?.points, stranger?.example], [2, 'x']);
  });

  test('a body that is malformed is refused with its place', async () => {
    const wrong = await json(gauge([{ ...point, asDouble: 'much' }]));
    assert.equal(wrong.status, 400);
    assert.match(
      wrong.text,
      /resourceMetrics\.0\.scopeMetrics\.0\.metrics\.0\.gauge\.dataPoints\.0\.asDouble/,
    );
    assert.match((await json('{"resourceMetrics": [')).text, /not JSON/);
    const binary = await json('\u0012\u0034nonsense', { 'content-type': 'application/x-protobuf' });
    assert.equal(binary.status, 400);
    assert.match(binary.text, /at byte \d+/);
    assert.equal((await json('x', { 'content-type': 'text/plain' })).status, 400);
    const write = await served.ask('POST', '/api/v1/write', { token, body: 'no snappy' });
    assert.equal(write.status, 400);
    assert.match(write.text, /no snappy block/);
  });

  test('a small body that unpacks to a huge one is cut off', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    const answer = await fetch(`${served.url}/v1/metrics`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: bomb,
    });
    assert.equal(answer.status, 413);
  });

  test('bytes that claim to unpack to more than they can are refused before a place is made for them', () => {
    const claimed = 20 * 1024 * 1024 + 1;
    const prefix = [
      (claimed & 127) | 128,
      ((claimed >> 7) & 127) | 128,
      ((claimed >> 14) & 127) | 128,
      claimed >> 21,
    ];
    const refused = (bytes: Uint8Array, why: RegExp) =>
      assert.throws(
        () => readRemoteWrite(bytes),
        (error) => error instanceof UpkeepError && error.code === 'bad-input' && why.test(error.message),
      );
    refused(Uint8Array.from(prefix), /no snappy block/);
    // A literal of 2.2 GB, whose length the library takes for a negative one.
    refused(Buffer.from('28fc85bc6383', 'hex'), /no snappy block/);
    // Zeros are packed as well as anything can be: one byte, and copies of it.
    const honest = Buffer.concat([
      Buffer.from([...prefix, 0, 0]),
      Buffer.alloc(((claimed - 1) / 64) * 3, Buffer.from([254, 1, 0])),
    ]);
    refused(honest, /at byte 1: fields are numbered from 1/);
  });

  test('who has no token, or one that only reads, is refused', async () => {
    const reader = await served.token('read');
    for (const path of ['/v1/metrics', '/api/v1/write', '/api/v1/push']) {
      assert.equal((await served.ask('POST', path, { body: {} })).status, 401, path);
      assert.equal((await served.ask('POST', path, { token: reader, body: {} })).status, 403, path);
    }
  });

  test('property: any bytes are read or refused, soon', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isPacked) => {
        try {
          readRemoteWrite(isPacked ? snappy.compress(bytes) : bytes);
        } catch (error) {
          assert.ok(error instanceof UpkeepError && error.code === 'bad-input', String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

test('remote write of a real Prometheus: counters, gauges and its histograms as percentiles', {
  skip: missing(prometheusServer),
}, async () => {
  const prometheus = await startPrometheus({
    configuration: (port) => `global: { scrape_interval: 500ms }
scrape_configs: [{ job_name: self, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]
remote_write: [{ url: '${served.url}/api/v1/write', authorization: { credentials: '${token}' }, queue_config: { batch_send_deadline: 300ms } }]
`,
  });
  try {
    const p95 = 'app.prometheus_http_request_duration_seconds.p95';
    const target = await eventually(
      () => shown('own'),
      (one) => (valueIn(one, p95, { handler: '/metrics' }) ?? 0) > 0,
      30_000,
    );
    assert.ok((valueIn(target, 'app.process_resident_memory_bytes') ?? 0) > 1_000_000);
    assert.ok((valueIn(target, 'app.prometheus_tsdb_head_samples_appended_total') ?? 0) > 0);
    assert.equal(target.health, 'ok', target.detail);
  } finally {
    await prometheus.stop();
  }
});
