import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { context, incidentId, life, report } from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { opsgenie } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

test('an incident is one alert under its alias from creation to closing', async () => {
  const host = await startHttpReceiver(() => ({
    status: 202,
    body: { result: 'Request will be processed' },
  }));
  open.push(host);
  const channel = opsgenie.bind({ apiKey: 'k', team: 'ops', url: host.url });
  for (const message of [life.opened, life.updated, life.acknowledged, life.resolved, report]) {
    assert.equal((await channel.send(message, context())).kind, 'delivered');
  }
  assert.deepEqual(
    host.requests.map((one) => one.path),
    [
      '/v2/alerts',
      `/v2/alerts/${incidentId}/notes?identifierType=alias`,
      `/v2/alerts/${incidentId}/acknowledge?identifierType=alias`,
      `/v2/alerts/${incidentId}/close?identifierType=alias`,
    ],
  );
  assert.equal(host.requests[0]?.headers.authorization, 'GenieKey k');
  const alert = host.requests[0]?.json<{
    alias: string;
    priority: string;
    message: string;
    responders: object[];
  }>();
  assert.deepEqual([alert?.alias, alert?.priority], [incidentId, 'P1']);
  assert.ok((alert?.message.length ?? 0) <= 130);
  assert.deepEqual(alert?.responders, [{ type: 'team', name: 'ops' }]);
  await channel.send({ ...life.opened, to: { person: 'anna', address: 'anna@x.test' } }, context());
  assert.deepEqual(host.requests.at(-1)?.json<{ responders: object[] }>().responders, [
    { type: 'user', username: 'anna@x.test' },
  ]);
});

test('a wrong key is refused, a limit waited out', async () => {
  const host = await startHttpReceiver(() => ({ status: 403, body: { message: 'Could not authenticate' } }));
  open.push(host);
  const channel = opsgenie.bind({ apiKey: 'k', url: host.url });
  assert.equal((await channel.send(life.opened, context())).kind, 'refused');
  host.answer = () => ({ status: 429, body: {} });
  assert.equal((await channel.send(life.opened, context())).kind, 'retry');
});
