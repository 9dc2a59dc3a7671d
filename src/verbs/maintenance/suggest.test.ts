/** Where the traffic of a service is read. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import type { Sample } from '../../core/sample.ts';

interface Suggested {
  readonly by: readonly string[];
  readonly slots: readonly { readonly day: string; readonly at: string }[];
  readonly reason: string | null;
}

const hourMs = 3_600_000;
let served: ServedApp;
before(async () => {
  // Nothing answers there: what is read is what this test stored.
  served = await serveApp({
    yaml: `name: quiet
timezone: UTC
targets:
  web: { system: tcp, host: 127.0.0.1, port: 1, every: 1h, dependsOn: [db] }
  db: { system: postgres, url: "postgres://127.0.0.1:1/none", every: 1h }
  mail: { system: tcp, host: 127.0.0.1, port: 1, every: 1h }
  queue: { system: redis, url: "redis://127.0.0.1:1", every: 1h }
  machine: { system: host, every: 1h }
  app: { system: prometheus, url: "http://127.0.0.1:1/metrics", every: 1h }
services:
  till:
    targets: [app]
    slo:
      availability: 99%
      events:
        total: { target: app, metric: app.requests_total }
        bad: { target: app, metric: app.requests_total, where: { code: "500" } }
  shop: { targets: [web] }
  post: { targets: [mail] }
  back: { targets: [queue] }
`,
  });
});
after(() => served.stop());

const suggest = (services: string) => served.call<Suggested>('maintenance.suggest', { services });

test('a service without traffic of its own says where it was looked for; a stranger is named with who was meant', async () => {
  assert.match(
    (await suggest('back')).reason ?? '',
    /^unknown: no traffic was measured at queue, nor at what is of no service, such as the host\. What counts as traffic: transactions, .* `total` of an SLO by `events`$/,
  );
  await assert.rejects(suggest('shpo'), /services: there is no service "shpo"; did you mean shop\?/);
});

test('traffic is read from what a service needs, else from the machine', async () => {
  const { samples, clock } = served.app.ctx;
  const start = Math.floor(clock.now() / hourMs) * hourMs - 15 * 24 * hourMs;
  let total = 0;
  const all: Sample[] = [];
  for (let hour = 0; hour < 15 * 24; hour++) {
    const at = start + hour * hourMs;
    total += new Date(at).getUTCHours() === 4 ? 10 : 1_000;
    all.push(
      ...[
        { target: 'db', metric: 'postgres.commits' },
        { target: 'machine', metric: 'host.network.received' },
        { target: 'app', metric: 'app.requests_total' },
      ].flatMap((one) => [
        { ...one, at: at + 1_000, value: total },
        { ...one, at: at + hourMs - 1_000, value: total + (new Date(at).getUTCHours() === 4 ? 5 : 900) },
      ]),
    );
    total += new Date(at).getUTCHours() === 4 ? 5 : 900;
  }
  await samples.append(all);
  const shop = await suggest(' shop ,');
  assert.deepEqual([shop.by, shop.reason, shop.slots[0]?.at], [['db postgres.commits'], null, '04:00']);
  const till = await suggest('till');
  assert.deepEqual(
    [till.by, till.slots[0]?.at],
    [['app app.requests_total'], '04:00'],
    'its SLO counts them',
  );
  const post = await suggest('post');
  assert.deepEqual([post.by, post.slots[0]?.at], [['machine host.network.received'], '04:00']);
});
