/** From a real failure to a real mail and a real Slack message, and back by link and button. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { until } from '../../../test/scenarios/watched-stack.ts';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { type MailServer, startSmtp } from '../../../test/servers/smtp.ts';
import { slackPress } from '../../../test/slack-press.ts';
import type { IncidentDetail, IncidentView, JournalEntry } from '../../core/view.ts';

let served: ServedApp;
let mail: MailServer;
let slack: HttpReceiver;
const doors = [createServer((socket) => socket.end()), createServer((socket) => socket.end())];

before(async () => {
  mail = await startSmtp();
  let n = 0;
  slack = await startHttpReceiver(() => ({ body: { ok: true, channel: 'C1', ts: `1.${++n}` } }));
  for (const door of doors) await once(door.listen(0, '127.0.0.1'), 'listening');
  const ports = doors.map((door) => (door.address() as AddressInfo).port);
  const targets = ports.map(
    (port, i) => `  web${i}: { system: tcp, host: 127.0.0.1, port: ${port}, every: 1s }`,
  );
  served = await serveApp({
    yaml: [
      'name: shop',
      'targets:',
      ...targets,
      'notify:',
      `  mail: { notifier: email, host: localhost, port: ${mail.port}, tls: none, from: u@shop.example, to: ops@shop.example }`,
      `  team: { notifier: slack, token: t, channel: C1, signingSecret: shh, url: "${slack.url}" }`,
      '',
    ].join('\n'),
  });
});
after(async () => {
  await served.stop();
  for (const door of doors) door.close();
  await Promise.all([mail.stop(), slack.stop()]);
});

const decoded = (raw: string) => raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');
const incidents = () => served.call<IncidentView[]>('incident.list', { status: 'all' });
const journal = async (kind: string) =>
  (await served.call<JournalEntry[]>('journal.list')).filter((entry) => entry.kind === kind);

/** The path of the link for an incident in its mail. */
async function linkOf(label: string, id: string): Promise<string> {
  const pattern = new RegExp(`${label}: (http\\S+/link/\\S*${id}\\S*)`);
  const found = await until(`a mail with a link to ${label}`, () =>
    mail.mails.map(({ raw }) => pattern.exec(decoded(raw))?.[1]).find((one) => one !== undefined),
  );
  return new URL(found).pathname;
}

/** One after the other, and few: many at once are one message. */
async function openIncident(index: number): Promise<IncidentView> {
  doors[index]?.close();
  return until('an incident', async () =>
    (await incidents()).find((one) => one.targets.includes(`web${index}`)),
  );
}

test('a link in a mail shows a page and changes nothing; its button acknowledges, journaled as whose link it was', async () => {
  const { id } = await openIncident(0);
  const path = await linkOf('Acknowledge', id);
  const page = await served.ask('GET', path);
  assert.equal(page.status, 200);
  assert.match(page.text, /Acknowledge this incident\?/);
  assert.match(page.text, /<form method="post">/);
  assert.doesNotMatch(page.text, /<script|style=/);
  assert.equal(
    (await served.call<IncidentDetail>('incident.show', { id })).acknowledgedAt,
    null,
    'nothing yet',
  );
  const done = await served.ask('POST', path, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal(done.status, 200);
  assert.match(done.text, /Acknowledged/);
  const after_ = await served.call<IncidentDetail>('incident.show', { id });
  assert.equal(after_.acknowledgedBy, 'link:mail');
  assert.match((await served.ask('GET', path)).text, /link:mail is on it already/);
});

test('a button pressed in Slack acknowledges, and the message says so', async () => {
  const { id } = await openIncident(1);
  await linkOf('Resolve', id);
  await until('its message', () =>
    slack.requests.find((one) => one.path === '/chat.postMessage' && one.body.includes(id)),
  );
  const payload = {
    type: 'block_actions',
    user: { id: 'U7', username: 'anna' },
    actions: [{ action_id: 'upkeep_acknowledge', value: id }],
  };
  const { headers, body } = slackPress(payload, 'shh');
  const forged = await served.ask('POST', '/hooks/team', { headers, body: `${body}&x=1` });
  assert.equal(forged.status, 403);
  assert.equal((await served.ask('POST', '/hooks/mail', { headers, body })).status, 404);
  assert.equal((await served.ask('POST', '/hooks/team', { headers, body })).status, 200);
  const incident = await served.call<IncidentDetail>('incident.show', { id });
  assert.equal(incident.acknowledgedBy, 'team:anna');
  await until('the update', () =>
    slack.requests.find(
      (one) => one.path === '/chat.update' && one.body.includes('Acknowledged') && one.body.includes(id),
    ),
  );
});

test('to resolve by link takes a note and works once', async () => {
  const { id } = await openIncident(1);
  const path = await linkOf('Resolve', id);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const done = await served.ask('POST', path, { headers: form, body: 'note=restarted+it' });
  assert.match(done.text, /Resolved/);
  const [entry] = (await journal('incident.resolved')).filter((one) => one.subject.endsWith(id));
  assert.equal(entry?.actor, 'link:mail');
  assert.equal(entry?.payload.note, 'restarted it');
  const again = await served.ask('POST', path, { headers: form });
  assert.equal(again.status, 410);
});

test('a forged link is refused, journaled, and soon not even looked at', async () => {
  const { id } = await openIncident(0);
  const path = await linkOf('Resolve', id);
  assert.equal((await served.ask('POST', `${path.slice(0, -1)}!`)).status, 404);
  const answers = [];
  for (let n = 0; n < 8; n++) answers.push((await served.ask('POST', `${path.slice(0, -2)}${n}x`)).status);
  assert.equal(answers.at(-1), 429);
  assert.equal((await served.ask('GET', path)).status, 200, 'a genuine one is heard from that address too');
  assert.ok((await journal('link.refused')).length > 0);
  assert.notEqual((await served.call<IncidentDetail>('incident.show', { id })).status, 'resolved');
});

test('the channels are listed with what they did, and tried by a verb', async () => {
  interface Row {
    name: string;
    state: string;
    waiting: number;
    lastDeliveredAt: number | null;
  }
  const notifiers = await served.call<Row[]>('notifier.list');
  assert.deepEqual(
    notifiers.map(({ name, state }) => [name, state]),
    [
      ['mail', 'closed'],
      ['team', 'closed'],
    ],
  );
  assert.ok(notifiers.every((one) => one.lastDeliveredAt !== null));
  const before_ = mail.mails.length;
  const result = await served.call<{ ok: boolean; detail: string }>('notifier.test', { name: 'mail' });
  assert.equal(result.ok, true, result.detail);
  assert.ok(mail.mails.length > before_);
  assert.match(decoded(mail.mails.at(-1)?.raw ?? ''), /can reach you here/);
  slack.answer = () => ({ body: { ok: false, error: 'channel_not_found' } });
  const failed = await served.call<{ ok: boolean; detail: string }>('notifier.test', { name: 'team' });
  assert.deepEqual(
    [failed.ok, failed.detail],
    [false, 'Slack says channel_not_found: write the id of the channel and invite the app'],
  );
  await assert.rejects(served.call('notifier.test', { name: 'nobody' }), /one of mail, team/);
});
