import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import {
  approval,
  context,
  incidentId,
  incidentMessage,
  life,
  report,
  testMessage,
} from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { systemClock } from '../../clock.ts';
import { pagerduty } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

async function events(...answers: { status: number; body: unknown }[]) {
  const host = await startHttpReceiver(
    () =>
      answers.shift() ?? {
        status: 202,
        body: { status: 'success', message: 'Event processed', dedup_key: 'x' },
      },
  );
  open.push(host);
  const channel = pagerduty.bind({ routingKey: 'R'.repeat(32), webhookSecret: 'shh', url: host.url });
  return { host, channel };
}

interface Sent {
  readonly routing_key: string;
  readonly event_action: string;
  readonly dedup_key: string;
  readonly payload?: {
    readonly summary: string;
    readonly severity: string;
    readonly custom_details: Record<string, string>;
  };
}

test('an incident is one alert from trigger to resolve, under its own id', async () => {
  const { host, channel } = await events();
  for (const message of [life.opened, life.updated, life.acknowledged, life.resolved]) {
    assert.equal((await channel.send(message, context())).kind, 'delivered');
  }
  const sent = host.requests.map((one) => one.json<Sent>());
  assert.deepEqual(
    sent.map((one) => one.event_action),
    ['trigger', 'trigger', 'acknowledge', 'resolve'],
  );
  assert.ok(sent.every((one) => one.dedup_key === incidentId && one.routing_key === 'R'.repeat(32)));
  assert.ok(host.requests.every((one) => one.path === '/v2/enqueue'));
  assert.equal(sent[0]?.payload?.severity, 'critical');
  assert.match(sent[1]?.payload?.custom_details.cause ?? '', /api holds 90 of 100/);
});

test('levels are theirs, limits are kept, and what comes late opens nothing again', async () => {
  const { host, channel } = await events();
  for (const level of ['high', 'medium', 'low'] as const) {
    await channel.send(incidentMessage({ incident: { level, title: 'x'.repeat(5_000) } }), context());
  }
  const sent = host.requests.map((one) => one.json<Sent>());
  assert.deepEqual(
    sent.map((one) => one.payload?.severity),
    ['error', 'warning', 'info'],
  );
  assert.ok(sent.every((one) => (one.payload?.summary.length ?? 0) <= 1_024));
  const late = incidentMessage({ event: 'incident.updated', incident: { status: 'resolved' } });
  assert.deepEqual(await channel.send(late, context()), { kind: 'delivered', isFolded: true });
  assert.deepEqual(await channel.send(report, context()), { kind: 'delivered', isFolded: true });
  assert.equal(host.requests.length, 3);
});

test('a test pages and ends by itself; an approval continues the alert', async () => {
  const { host, channel } = await events();
  await channel.send(testMessage, context());
  await channel.send(approval, context());
  const sent = host.requests.map((one) => one.json<Sent>());
  assert.deepEqual(
    sent.map((one) => [one.event_action, one.dedup_key]),
    [
      ['trigger', 'test:1'],
      ['resolve', 'test:1'],
      ['trigger', incidentId],
    ],
  );
});

test('a wrong key is refused, a limit waited out', async () => {
  const wrong = { status: 400, body: { status: 'invalid event', errors: ["'routing_key' is invalid"] } };
  const { channel, host } = await events(wrong, { status: 429, body: {} });
  assert.deepEqual(await channel.send(life.opened, context()), {
    kind: 'refused',
    detail: `127.0.0.1:${host.port} answered 400: is the routing key that of an Events API v2 integration?`,
  });
  assert.equal((await channel.send(life.opened, context())).kind, 'retry');
});

test('what people do there counts here, when PagerDuty signed it', async () => {
  const { channel } = await events();
  const post = (type: string, secret = 'shh') => {
    const body = JSON.stringify({
      event: {
        id: '01',
        event_type: type,
        resource_type: 'incident',
        occurred_at: '2026-01-01T10:33:00.000Z',
        agent: { id: 'PLH1HKV', type: 'user_reference', summary: 'Tenex Engineer' },
        data: { id: 'PGR0VU2', type: 'incident', status: 'acknowledged', incident_key: incidentId },
      },
    });
    const mac = createHmac('sha256', secret).update(body).digest('hex');
    const headers = { 'x-pagerduty-signature': `v1=${'0'.repeat(64)},v1=${mac}` };
    return channel.receive?.({ method: 'POST', url: 'https://x.test/hooks/p', headers, body }, systemClock);
  };
  const at = Date.parse('2026-01-01T10:33:00.000Z');
  const command = { id: incidentId, by: 'Tenex Engineer', at, event: '01' };
  assert.deepEqual(await post('incident.acknowledged'), {
    kind: 'accepted',
    commands: [{ do: 'acknowledge', ...command }],
  });
  assert.deepEqual(await post('incident.resolved'), {
    kind: 'accepted',
    commands: [{ do: 'resolve', ...command }],
  });
  assert.deepEqual(await post('incident.annotated'), { kind: 'accepted', commands: [] });
  assert.equal((await post('incident.resolved', 'other'))?.kind, 'refused');
});
