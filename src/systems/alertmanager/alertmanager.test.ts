import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { alertmanagerServer, startAlertmanager } from '../../../test/servers/alertmanager.ts';
import { missing } from '../../../test/servers/installed.ts';
import { prometheusServer, startPrometheus } from '../../../test/servers/prometheus.ts';
import { eventually } from '../../../test/try-target.ts';
import { defaultRules } from '../../config/rules.ts';
import type { Alert } from '../../core/alert.ts';
import type { Message } from '../../core/message.ts';
import type { TargetDetail } from '../../core/view.ts';
import { alertmanager } from './index.ts';

const yaml = (hook: string) => `name: shop
targets:
  shop: { system: process, pidFile: /nonexistent/it.pid, every: 200ms, rules: { process.down: { enabled: false } } }
  prometheus: { system: alertmanager, every: 200ms, silentAfter: 30s, about: [{ match: { job: self }, target: shop }] }
services: { shop: { targets: [shop] } }
incidents: { recoverFor: 500ms }
notify: { hook: { notifier: webhook, url: "${hook}" } }
oncall: { escalation: { critical: [{ notify: hook }], high: [{ notify: hook }], medium: [{ notify: hook }], low: [{ notify: hook }] } }
`;

const messages: Message[] = [];
const receiver = createServer((request, response) => {
  void read(request).then((text) => {
    messages.push(JSON.parse(text) as Message);
    response.end();
  });
});
async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += String(part);
  return text;
}

let served: ServedApp;
let token = '';
before(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  const port = typeof address === 'object' ? address?.port : 0;
  served = await serveApp({ yaml: yaml(`http://127.0.0.1:${port}/`) });
  token = await served.token('push');
});
after(async () => {
  await served.stop();
  receiver.close();
});

const shown = (name: string) => served.call<TargetDetail>('target.show', { name });
const firing = async (name: string): Promise<readonly Alert[]> =>
  (await shown(name)).alerts.filter(
    ({ state, rule }) => state === 'firing' && rule === 'alertmanager.firing',
  );

const path = '/api/v1/alerts/alertmanager/prometheus';
const webhook = (alerts: unknown, more: object = {}) =>
  served.ask('POST', path, { token, body: { version: '4', status: 'firing', alerts, ...more } });
const culprit = {
  status: 'firing',
  labels: { alertname: 'Slow', job: 'other', severity: 'critical' },
  annotations: {
    summary: 'Checkout is slow',
    culprit: 'pod cart-7f9 on node-3',
    runbook_url: 'https://run.test/slow',
  },
  startsAt: '2026-11-22T10:00:00.000Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prom.test/graph?g0.expr=x',
  fingerprint: 'abc',
};

test('default rules read', () => assert.deepEqual(defaultRules(alertmanager).problems, []));

describe('the webhook', () => {
  test('a source that was never heard of is unknown and says how to begin', async () => {
    const target = await eventually(
      () => shown('prometheus'),
      ({ detail }) => detail !== 'not checked yet',
    );
    assert.equal(target.health, 'unknown');
    assert.match(target.detail, /token create prometheus --scopes push/);
  });

  test('an alert becomes one of ours with every annotation, in the incident, the timeline and the message; again is nothing new', async () => {
    const body = (await webhook([culprit])).json();
    assert.deepEqual(body, { source: 'prometheus', firing: 1, ended: 0, ignored: 0, truncated: 0 });
    assert.equal((await webhook([culprit])).status, 200);
    const [alert, ...others] = await eventually(
      () => firing('prometheus'),
      (alerts) => alerts.length > 0,
    );
    assert.deepEqual(others, []);
    assert.equal(alert?.summary, 'Checkout is slow');
    assert.equal(alert?.ruleLevel, 'critical');
    assert.deepEqual(alert?.annotations, {
      ...culprit.annotations,
      generatorURL: culprit.generatorURL,
      'sent by': 'prometheus',
    });
    const opened = await eventually(
      async () => messages.find(({ event }) => event === 'incident.opened'),
      (message) => message !== undefined,
    );
    assert.equal(opened?.incident?.title, 'prometheus: Checkout is slow');
    assert.equal(opened?.incident?.alerts[0]?.annotations?.culprit, 'pod cart-7f9 on node-3');
    const incidents = await served.call<{ id: string }[]>('incident.list');
    assert.equal(incidents.length, 1);
    const entries = await served.call<object>('incident.show', { id: incidents[0]?.id });
    assert.ok(JSON.stringify(entries).includes('pod cart-7f9 on node-3'));
  });

  test('it survives a restart, and ends when its source says so', async () => {
    await served.restart();
    await eventually(
      () => shown('prometheus'),
      ({ detail }) => /last heard of/.test(detail),
    );
    assert.equal((await firing('prometheus')).length, 1);
    await webhook([{ ...culprit, status: 'resolved', endsAt: '2026-11-22T10:05:00Z' }]);
    await eventually(
      () => firing('prometheus'),
      (alerts) => alerts.length === 0,
    );
  });

  test('alerts go to the target their labels name; noise and the watchdog are left out', async () => {
    const about = (labels: object) => ({ ...culprit, labels: { alertname: 'X', ...labels } });
    const answer = await webhook([
      about({ job: 'self' }),
      about({ target: 'shop', severity: 'warning' }),
      about({ target: 'nobody' }),
      about({ alertname: 'Watchdog' }),
      about({ severity: 'none' }),
    ]);
    assert.deepEqual(answer.json(), { source: 'prometheus', firing: 3, ended: 0, ignored: 2, truncated: 0 });
    await eventually(
      () => firing('shop'),
      (alerts) => alerts.length === 2,
    );
    await eventually(
      () => firing('prometheus'),
      (alerts) => alerts.length === 1,
    );
    const over = { status: 'resolved' };
    await webhook([
      { ...about({ job: 'self' }), ...over },
      { ...about({ target: 'shop', severity: 'warning' }), ...over },
      { ...about({ target: 'nobody' }), ...over },
    ]);
    await eventually(
      () => firing('shop'),
      (alerts) => alerts.length === 0,
    );
  });

  for (const [name, body, place] of [
    ['no JSON', '{"version": "4", ', /not JSON/],
    ['another version', { version: '3', alerts: [] }, /version/],
    [
      'a label that is a number',
      { version: '4', alerts: [{ ...culprit, labels: { a: 1 } }] },
      /alerts\.0\.labels\.a/,
    ],
    ['no time', { version: '4', alerts: [{ ...culprit, startsAt: 'soon' }] }, /alerts\.0\.startsAt/],
    ['no labels', { version: '4', alerts: [culprit, { ...culprit, labels: {} }] }, /alerts\.1\.labels/],
  ] as const) {
    test(`${name} is refused with its place`, async () => {
      const answer = await served.ask('POST', path, { token, body });
      assert.equal(answer.status, 400);
      assert.match(answer.text, place);
    });
  }

  test('too much is too large, whoever cannot push is refused, a prototype stays what it is', async () => {
    const large = await webhook([{ ...culprit, annotations: { a: 'x'.repeat(5 * 1024 * 1024) } }]);
    assert.equal(large.status, 413);
    assert.equal((await served.ask('POST', path, { body: {} })).status, 401);
    const reader = await served.token('read');
    assert.equal((await served.ask('POST', path, { token: reader, body: {} })).status, 403);
    assert.equal((await served.ask('GET', '/api/v1/overview', { token })).status, 403, 'push reads nothing');
    const text = `{"version":"4","alerts":[{"status":"resolved","labels":{"alertname":"P","__proto__":"x"},"annotations":{"constructor":"y"}}]}`;
    assert.equal((await served.ask('POST', path, { token, body: text })).status, 200);
  });
});

const rules = `groups:
  - name: test
    rules:
      - alert: Watchdog
        expr: vector(1)
      - alert: SelfUp
        expr: up == 1
        labels: { severity: warning }
        annotations: { summary: "{{ $labels.instance }} is up", description: "value {{ $value }}", team: shop }
`;
const prometheusYaml = (
  port: number,
  managers: string,
) => `global: { scrape_interval: 500ms, evaluation_interval: 500ms }
rule_files: [rules.yml]
alerting: { alertmanagers: [${managers}] }
scrape_configs: [{ job_name: self, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }]
`;

test('a real Prometheus takes Upkeep for its Alertmanager; what it no longer repeats is over', {
  skip: missing(prometheusServer),
}, async () => {
  const upkeep = new URL(served.url).host;
  const prometheus = await startPrometheus({
    configuration: (port) =>
      prometheusYaml(
        port,
        `{ path_prefix: '${path}', authorization: { credentials: '${token}' }, static_configs: [{ targets: ['${upkeep}'] }] }`,
      ),
    files: { 'rules.yml': rules },
  });
  try {
    const [alert] = await eventually(
      () => firing('shop'),
      (alerts) => alerts.length > 0,
    );
    assert.match(alert?.summary ?? '', /127\.0\.0\.1:\d+ is up/);
    assert.equal(alert?.annotations?.team, 'shop');
    assert.match(alert?.annotations?.generatorURL ?? '', /graph/);
    await eventually(
      () => shown('prometheus'),
      ({ health }) => health === 'ok',
    );
  } finally {
    await prometheus.stop();
  }
  // Prometheus sends an endsAt some minutes ahead; nobody repeats it now.
  served.pass(3_600_000);
  await eventually(
    () => firing('shop'),
    (alerts) => alerts.length === 0,
  );
});

test('a real Alertmanager between them sends its webhook, resolution too', {
  skip: missing(prometheusServer, alertmanagerServer),
}, async () => {
  const manager =
    await startAlertmanager(`route: { receiver: upkeep, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1m }
receivers:
  - name: upkeep
    webhook_configs: [{ url: '${served.url}${path}', send_resolved: true, http_config: { authorization: { credentials: '${token}' } } }]
`);
  const post = (endsAt?: string) =>
    fetch(`${manager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([
        {
          labels: { alertname: 'Real', job: 'self' },
          annotations: { summary: 'Really', culprit: 'me' },
          ...(endsAt ? { endsAt } : {}),
        },
      ]),
    });
  try {
    assert.equal((await post()).status, 200);
    const [alert] = await eventually(
      () => firing('shop'),
      (alerts) => alerts.length > 0,
    );
    assert.equal(alert?.annotations?.culprit, 'me');
    await post(new Date(Date.now() - 1_000).toISOString());
    await eventually(
      () => firing('shop'),
      (alerts) => alerts.length === 0,
    );
  } finally {
    await manager.stop();
  }
});
