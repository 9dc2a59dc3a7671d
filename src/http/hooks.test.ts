/** What services send back, to a real Upkeep with real incidents. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { until } from '../../test/scenarios/watched-stack.ts';
import { type ServedApp, serveApp } from '../../test/served-app.ts';
import { type HttpReceiver, startHttpReceiver } from '../../test/servers/receiver.ts';
import { slackPress } from '../../test/slack-press.ts';
import type { IncidentDetail } from '../core/view.ts';

const user = 'uQiRzpo4DXghDmr9QzzfQu27cmVRsG';
let served: ServedApp;
let service: HttpReceiver;

before(async () => {
  service = await startHttpReceiver(() => ({ body: { ok: true, channel: 'C1', ts: '1.1', receipt: 'r1' } }));
  served = await serveApp({
    yaml: [
      'name: shop',
      'targets: { it: { system: process, pidFile: /nonexistent/it.pid, every: 60s } }',
      'oncall:',
      `  people: { ann: { name: Ann, reach: { push: ${user} } } }`,
      'notify:',
      `  pager: { notifier: pagerduty, routingKey: r, webhookSecret: shh, url: "${service.url}", events: [] }`,
      `  push: { notifier: pushover, token: t, user: u, url: "${service.url}", events: [] }`,
      `  team: { notifier: slack, token: t, channel: C1, signingSecret: shh, url: "${service.url}", events: [] }`,
      '',
    ].join('\n'),
  });
});
after(async () => {
  await served.stop();
  await service.stop();
});

const minute = 60_000;
const show = (id: string) => served.call<IncidentDetail>('incident.show', { id });

async function declared(title: string): Promise<string> {
  const { id } = await served.call<IncidentDetail>('incident.declare', { title, severity: 'high' });
  return id;
}

function page(type: string, id: string, { at = Date.now(), event = `e ${type} ${id}`, secret = 'shh' } = {}) {
  const body = JSON.stringify({
    event: {
      id: event,
      event_type: `incident.${type}`,
      occurred_at: new Date(at).toISOString(),
      agent: { summary: 'Tenex' },
      data: { incident_key: id },
    },
  });
  const mac = createHmac('sha256', secret).update(body).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-pagerduty-signature': `v1=${mac}` };
  return served.ask('POST', '/hooks/pager', { headers, body });
}

test('a resolve that was caught ends no incident that opened later, nor one that opened again', async () => {
  const id = await declared('the first outage');
  assert.equal((await page('resolved', id, { at: Date.now() - 3 * 86_400_000 })).status, 200);
  assert.equal((await show(id)).status, 'open');
  assert.ok(served.logged.some((line) => /changes nothing/.test(line) && /3 d ago/.test(line)));
  assert.equal((await page('resolved', id, { at: Date.now() - 10 * minute })).status, 200);
  assert.equal((await show(id)).status, 'open', 'it is from before the incident');
  assert.equal((await page('acknowledged', id)).status, 200);
  assert.equal((await show(id)).acknowledgedBy, 'pager:Tenex');
  assert.equal((await page('resolved', id)).status, 200);
  assert.equal((await show(id)).status, 'resolved');
});

test('what is signed is heard, however often others at its address failed', async () => {
  const id = await declared('behind a proxy that names nobody');
  const answers = [];
  for (let n = 0; n < 7; n++) answers.push((await page('resolved', id, { secret: 'wrong' })).status);
  assert.deepEqual([answers[0], answers.at(-1)], [403, 429]);
  assert.equal((await page('resolved', id)).status, 200);
  assert.equal((await show(id)).status, 'resolved');
});

test('who acknowledges in an app is the person whose key it is', async () => {
  const id = await declared('the third outage');
  const code = createHmac('sha256', 't').update(`pushover ${id} `).digest('hex').slice(0, 40);
  const body = `acknowledged=1&acknowledged_by=${user}&acknowledged_at=${Math.floor(Date.now() / 1_000)}`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await served.ask('POST', `/hooks/push?incident=${id}&code=${code}`, { headers, body });
  assert.equal(answer.status, 200);
  assert.equal((await show(id)).acknowledgedBy, 'push:ann');
});

function press(purpose: string, value: string, name = 'anna') {
  const payload = {
    type: 'block_actions',
    trigger_id: `${name} ${purpose} ${value}`,
    response_url: `${service.url}/answers/${name}`,
    user: { id: 'U7', username: name },
    actions: [{ action_id: `upkeep_${purpose}`, value }],
  };
  return served.ask('POST', '/hooks/team', slackPress(payload, 'shh'));
}

/** What Slack was asked to show to who pressed. */
const told = (name: string) =>
  until(`an answer to ${name}`, () => service.requests.find(({ path }) => path === `/answers/${name}`));

test('who may not, or is too late, is told so in Slack', async () => {
  const id = await declared('the fourth outage');
  assert.equal((await press('approve', `${id} digest`, 'eve')).status, 200);
  const { text } = (await told('eve')).json<{ text: string }>();
  assert.equal(text, 'That changed nothing: you are not among those who may approve here.');
  await press('acknowledge', id, 'anna');
  await press('acknowledge', id, 'bob');
  assert.match((await told('bob')).body, /team:anna is on it already/);
  await press('resolve', id, 'carl');
  await press('resolve', id, 'dora');
  assert.match((await told('dora')).body, /the incident is resolved already/);
  const answered = service.requests.map(({ path }) => path).filter((path) => path.startsWith('/answers/'));
  assert.deepEqual(
    answered,
    ['/answers/eve', '/answers/bob', '/answers/dora'],
    'what worked is seen by itself',
  );
});
