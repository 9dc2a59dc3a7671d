import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { freePort } from '../../../test/servers/free-port.ts';
import { missing } from '../../../test/servers/installed.ts';
import type { ListeningServer } from '../../../test/servers/listening.ts';
import { prometheusServer, startPrometheus } from '../../../test/servers/prometheus.ts';
import { eventually, readingOf, tryTarget } from '../../../test/try-target.ts';
import { prometheus } from './index.ts';

const probe = 'prometheus.metrics';

describe('an application', () => {
  let server: Server;
  let url = '';
  let page: { status?: number; type?: string; text: string } = { text: '' };
  let asked: Record<string, unknown> = {};
  before(async () => {
    server = createServer((request, response) => {
      asked = request.headers;
      response.writeHead(page.status ?? 200, { 'content-type': page.type ?? 'text/plain; version=0.0.4' });
      response.end(page.text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/metrics`;
  });
  after(() => server.close());

  const target = (more: object = {}) => tryTarget(prometheus, { url, ...more });

  test('counters and gauges come under their own names; labels that are not wanted are added up', async () => {
    page = {
      text: 'http_total{path="/a",code="200"} 3\nhttp_total{path="/b",code="200"} 4\nqueue 7\nother 1\n',
    };
    const seen = await target({ metrics: ['http_*', 'queue'], keepLabels: ['code'], token: 'sesame' }).seen(
      probe,
    );
    assert.equal(readingOf(seen, 'app.http_total', { code: '200' }), 7);
    assert.equal(readingOf(seen, 'app.queue'), 7);
    assert.equal(readingOf(seen, 'app.other'), undefined);
    assert.equal(seen.detail, '3 metrics exposed, 2 series kept');
    assert.equal(asked.authorization, 'Bearer sesame');
  });

  test('a histogram becomes percentiles of what was counted since the last scrape', async () => {
    const histogram = (fast: number, slow: number) =>
      `# TYPE took_seconds histogram\ntook_seconds_bucket{le="0.1"} ${fast}\ntook_seconds_bucket{le="1"} ${fast + slow}\ntook_seconds_bucket{le="+Inf"} ${fast + slow}\ntook_seconds_sum ${fast * 0.05 + slow * 0.5}\ntook_seconds_count ${fast + slow}\n`;
    const tried = target();
    page = { text: histogram(1_000_000, 0) };
    assert.equal(
      readingOf(await tried.seen(probe), 'app.took_seconds.p95'),
      undefined,
      'nothing to compare with',
    );
    page = { text: histogram(1_000_000, 100) };
    const seen = await tried.check(probe);
    assert.ok(seen.ok);
    assert.ok((readingOf(seen, 'app.took_seconds.p95') ?? 0) > 0.9, 'the million before does not count');
    assert.ok(Math.abs((readingOf(seen, 'app.took_seconds.mean') ?? 0) - 0.5) < 1e-6);
    assert.ok((readingOf(seen, 'app.took_seconds.rate') ?? 0) > 0);
    const idle = await tried.check(probe);
    assert.ok(Number.isNaN(readingOf(idle, 'app.took_seconds.p95')), 'no median of nothing');
  });

  test('a summary keeps its percentiles', async () => {
    page = { text: '# TYPE rpc summary\nrpc{quantile="0.99"} 0.3\nrpc_sum 10\nrpc_count 5\n' };
    assert.equal(readingOf(await target().seen(probe), 'app.rpc.p99'), 0.3);
  });

  test('the limit of series holds, what is left out is named, and who is in stays in', async () => {
    const lines = (names: readonly string[]) => names.map((id) => `jobs{id="${id}"} 1`).join('\n');
    const tried = target({ maxSeries: 2 });
    page = { text: lines(['a', 'b', 'c']) };
    const first = await tried.seen(probe);
    assert.equal(readingOf(first, 'prometheus.series.dropped'), 1);
    assert.deepEqual(first.missing?.[0]?.metrics, ['app.jobs']);
    page = { text: lines(['z', 'a', 'b']) };
    const second = await tried.seen(probe);
    assert.equal(readingOf(second, 'app.jobs', { id: 'z' }), undefined);
    assert.equal(readingOf(second, 'app.jobs', { id: 'a' }), 1);
  });

  test('a page that is no metrics text, or an error, is down with the place', async () => {
    page = { text: 'ok 1\n<html>\n', type: 'text/html' };
    const seen = await target().seen(probe);
    assert.equal(readingOf(seen, 'prometheus.up'), 0);
    assert.match(seen.detail ?? '', /line 2, character 1/);
    assert.equal(readingOf(seen, 'app.ok'), undefined, 'half an answer is not used');
    page = { text: '', status: 404 };
    assert.match((await target().seen(probe)).detail ?? '', /404 Not Found/);
    page = { text: '', status: 401 };
    const denied = await target().check(probe);
    assert.ok(!denied.ok && denied.why === 'denied');
  });

  test('labels called like parts of objects stay labels, and a flood is cut off', async () => {
    page = { text: 'a{__proto__="x",constructor="y"} 1\n' };
    const [reading] = (await target().seen(probe)).readings;
    assert.deepEqual(Object.entries(reading?.labels ?? {}), [['constructor', 'y']]);
    page = { text: 'a 1\n'.repeat(10_000) };
    const flooded = await target({ maxBytes: 2_000 }).check(probe);
    assert.ok(!flooded.ok && /raise maxBytes/.test(flooded.detail), JSON.stringify(flooded));
  });
});

describe('a real Prometheus', { skip: missing(prometheusServer) }, () => {
  let server: ListeningServer;
  before(async () => {
    server = await startPrometheus({
      configuration: (port) =>
        `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: self, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]\n`,
    });
  });
  after(() => server?.stop());

  test('its own metrics are scraped, histograms among them', async () => {
    const target = tryTarget(prometheus, {
      url: `${server.url}/metrics`,
      metrics: ['prometheus_http_request_duration_seconds', 'process_resident_memory_bytes'],
      keepLabels: ['handler'],
    });
    await target.seen(probe);
    const seen = await eventually(
      () => target.check(probe),
      (outcome) =>
        (readingOf(outcome, 'app.prometheus_http_request_duration_seconds.p95', { handler: '/metrics' }) ??
          0) > 0,
    );
    assert.ok((readingOf(seen, 'app.process_resident_memory_bytes') ?? 0) > 1_000_000);
  });

  test('queries are answered by name; a wrong one is missing and says why', async () => {
    const target = tryTarget(prometheus, {
      url: server.url,
      queries: {
        up: 'up',
        total: 'sum(up)',
        one: 'vector(1) * 3',
        number: '42',
        none: 'up > 5',
        broken: 'sum(',
      },
    });
    const seen = await eventually(
      () => target.seen(probe),
      (outcome) => readingOf(outcome, 'app.up', { job: 'self' }) === 1,
    );
    assert.equal(readingOf(seen, 'app.total'), 1);
    assert.equal(readingOf(seen, 'app.one'), 3);
    assert.equal(readingOf(seen, 'app.number'), 42);
    assert.deepEqual(
      seen.missing?.map(({ metrics }) => metrics),
      [['queries.none'], ['app.broken']],
    );
    assert.ok(seen.missing?.every(({ isAskedFor }) => isAskedFor));
    assert.match(seen.missing?.[0]?.reason ?? '', /no series/);
    assert.match(seen.missing?.[1]?.reason ?? '', /bad_data.*parse error/);
    assert.equal(seen.detail, '4 of 6 queries have a result, 4 series kept');
  });
});

test("Upkeep's own metrics read, and a rule on them that nobody knew of before fires", async () => {
  const port = await freePort();
  const served = await serveApp();
  const token = await served.token('read');
  try {
    const seen = await tryTarget(prometheus, { url: `${served.url}/metrics`, token }).seen(probe);
    assert.ok((readingOf(seen, 'app.process_resident_memory_bytes') ?? 0) > 1_000_000);
  } finally {
    await served.stop();
  }
  const page = createServer((_, response) => void response.end('orders_waiting{shop="north"} 70\n'));
  await new Promise<void>((resolve) => page.listen(port, '127.0.0.1', resolve));
  const watching = await serveApp({
    yaml: `name: shop
targets:
  shop:
    system: prometheus
    url: http://127.0.0.1:${port}/metrics
    every: 200ms
    rules:
      prometheus.waiting: { kind: threshold, metric: app.orders_waiting, summary: Orders wait, warning: 50, critical: 100 }
`,
  });
  try {
    const incidents = await eventually(
      () => watching.call<{ title: string }[]>('incident.list'),
      (found) => found.length > 0,
    );
    assert.equal(incidents[0]?.title, 'shop: Orders wait');
    const shown = await watching.call<{ metrics: { metric: string }[] }>('target.show', { name: 'shop' });
    assert.ok(shown.metrics.some(({ metric }) => metric === 'app.orders_waiting'));
  } finally {
    await watching.stop();
    page.close();
  }
});
