import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  actionId,
  approval,
  context,
  incidentId,
  life,
  links,
  report,
  storm,
} from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { slackPress } from '../../../test/slack-press.ts';
import { systemClock } from '../../clock.ts';
import type { Delivery, Thread } from '../../core/notifier.ts';
import { slack } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

interface SlackBody {
  readonly channel: string;
  readonly ts?: string;
  readonly thread_ts?: string;
  readonly reply_broadcast?: boolean;
  readonly text: string;
  readonly attachments?: readonly { color: string; blocks: readonly Record<string, unknown>[] }[];
}

/** Answers as Slack does: `ok` under 200, a new `ts` for each message. */
async function slackHost(error?: string) {
  let n = 0;
  const host = await startHttpReceiver((request) => {
    if (request.headers.authorization !== 'Bearer xoxb-1')
      return { body: { ok: false, error: 'invalid_auth' } };
    if (error !== undefined) return { body: { ok: false, error } };
    const { channel, ts } = request.json<SlackBody>();
    return { body: { ok: true, channel: channel.startsWith('U') ? 'D9' : 'C1', ts: ts ?? `1700.${++n}` } };
  });
  open.push(host);
  const settings = {
    token: 'xoxb-1',
    channel: 'C1',
    signingSecret: 'shh',
    approvers: ['U1'],
    url: `${host.url}/api`,
  };
  return {
    host,
    settings,
    bodies: () => host.requests.map((one) => ({ path: one.path, ...one.json<SlackBody>() })),
  };
}

function threadOf(delivery: Delivery): Thread {
  assert.equal(delivery.kind, 'delivered', JSON.stringify(delivery));
  return (delivery.kind === 'delivered' && delivery.thread) || {};
}

test('what only brings the message up to date says nothing in the thread', async () => {
  const { settings, bodies } = await slackHost();
  const channel = slack.bind(settings);
  const thread = threadOf(await channel.send(life.opened, context()));
  await channel.send({ ...life.updated, inPlaceOnly: true }, context({ thread }));
  assert.deepEqual(
    bodies().map(({ path }) => path),
    ['/api/chat.postMessage', '/api/chat.update'],
  );
});

test('one message is updated in place, the timeline stands in its thread, a call is heard in the channel', async () => {
  const { settings, bodies } = await slackHost();
  const channel = slack.bind(settings);
  let thread: Thread | null = null;
  for (const message of [life.opened, life.updated, life.escalated, life.resolved]) {
    thread = threadOf(await channel.send(message, context({ thread })));
  }
  const [first, ...later] = bodies();
  assert.equal(first?.path, '/api/chat.postMessage');
  assert.match(first?.text ?? '', /^SEV1 · PostgreSQL takes no logins \(db\) · since 10:32:05 UTC/);
  const updates = later.filter((one) => one.path === '/api/chat.update');
  const replies = later.filter((one) => one.path === '/api/chat.postMessage');
  assert.deepEqual([updates.length, replies.length], [3, 3]);
  assert.ok(updates.every((one) => one.ts === '1700.1'));
  assert.ok(replies.every((one) => one.thread_ts === '1700.1'));
  assert.deepEqual(
    replies.map((one) => one.reply_broadcast ?? false),
    [false, true, false],
  );
  assert.match(JSON.stringify(updates[0]), /api holds 90 of 100 connections/);
  assert.match(updates[2]?.text ?? '', /^Resolved · SEV1/);
  assert.doesNotMatch(JSON.stringify(updates[2]), /upkeep_acknowledge/);
});

test('the thread is a timeline: one line for what is new, and nothing twice', async () => {
  const { settings, bodies } = await slackHost();
  const channel = slack.bind(settings);
  const at = '2026-01-01T10:32:07.000Z';
  const paged = [{ person: 'ann', by: ['mail'], at }];
  const more = { paged };
  const taken = { ...more, acknowledgedBy: '<!here> zoe', status: 'acknowledged' };
  const said = (message: typeof life.opened, incident: object) => ({
    ...message,
    ...(message.incident ? { incident: { ...message.incident, ...incident } } : {}),
  });
  const messages = [
    life.opened,
    { ...said(life.opened, more), event: 'incident.updated' as const, inPlaceOnly: true as const },
    said(life.updated, more),
    said(life.updated, more),
    said(life.acknowledged, taken),
    said(life.resolved, taken),
  ];
  let thread: Thread | null = null;
  for (const message of messages) thread = threadOf(await channel.send(message, context({ thread })));
  const replies = bodies().filter((one) => one.thread_ts !== undefined);
  assert.deepEqual(
    replies.map(({ text }) => text),
    [
      'Paged ann by mail',
      'Cause: api holds 90 of 100 connections, all idle in transaction (94 %) · Upkeep: has nothing it may do by itself; somebody must look',
      'Acknowledged by &lt;!here&gt; zoe',
      'Resolved after 4 m',
    ],
  );
});

test('a storm is one message of its own that is changed, with its incidents as text', async () => {
  const { settings, bodies } = await slackHost();
  const channel = slack.bind(settings);
  const thread = threadOf(await channel.send(storm, context()));
  await channel.send({ ...storm, event: 'incident.updated', inPlaceOnly: true }, context({ thread }));
  const [first, second, ...others] = bodies();
  assert.deepEqual(
    [first?.path, second?.path, others.length],
    ['/api/chat.postMessage', '/api/chat.update', 0],
  );
  assert.equal(second?.ts, '1700.1');
  assert.match(JSON.stringify(first), /\*SEV1:\* t0: is down/);
  assert.doesNotMatch(JSON.stringify(first), /<script|<!channel/);
});

test('what is watched cannot wake everybody, write markup or grow beyond the limits', async () => {
  const { settings, bodies } = await slackHost();
  const { incident } = life.opened;
  assert.ok(incident);
  const long = { ...life.opened, incident: { ...incident, title: '<!channel> '.repeat(400) } };
  await slack.bind(settings).send(long, context());
  await slack.bind(settings).send(life.opened, context());
  await slack.bind(settings).send(report, context());
  for (const body of bodies()) {
    const { blocks = [] } = body.attachments?.[0] ?? {};
    for (const block of blocks) {
      const text = (block.text as { type: string; text: string } | undefined) ?? { type: '', text: '' };
      assert.ok(text.text.length <= (block.type === 'header' ? 150 : 3_000));
      if (text.type === 'mrkdwn') assert.doesNotMatch(text.text, /<!|<script/);
    }
    assert.doesNotMatch(body.text, /<!channel>/);
  }
});

test('an approval is a question of its own whose buttons go when it is decided', async () => {
  const { settings, bodies } = await slackHost();
  const channel = slack.bind(settings);
  const begun = threadOf(await channel.send(life.opened, context()));
  const asked = threadOf(await channel.send(approval, context({ thread: begun })));
  assert.match(JSON.stringify(bodies().at(-1)), new RegExp(`"value":"${actionId} d1gest"`));
  assert.equal(bodies().at(-1)?.reply_broadcast, true);
  const done = threadOf(await channel.send(life.mitigated, context({ thread: asked })));
  assert.deepEqual([done.channel, done.ts], [begun.channel, begun.ts]);
  assert.equal(done[`approval:${actionId}`], undefined);
  const last = bodies().at(-1);
  assert.equal(last?.path, '/api/chat.update');
  assert.equal(last?.ts, asked[`approval:${actionId}`]);
  assert.doesNotMatch(JSON.stringify(last), /upkeep_approve/);
});

test('a person is told directly, and their message is updated where it is', async () => {
  const { settings, bodies } = await slackHost();
  const to = { person: 'anna', address: 'U7' };
  const thread = threadOf(await slack.bind(settings).send({ ...life.opened, to }, context()));
  assert.equal(bodies()[0]?.channel, 'U7');
  assert.equal(thread.channel, 'D9');
});

test('without a signing secret the buttons are signed links', async () => {
  const { settings, bodies } = await slackHost();
  const { signingSecret: _, ...without } = settings;
  await slack.bind(without).send({ ...life.opened, links }, context());
  assert.ok(JSON.stringify(bodies()[0]).includes(links.acknowledge));
});

test('an incoming webhook gets what calls for somebody, and says that it cannot update', async () => {
  const host = await startHttpReceiver(() => ({ body: 'ok' }));
  open.push(host);
  const channel = slack.bind({ webhook: `${host.url}/services/T/B/x` });
  for (const message of [life.opened, life.updated, life.acknowledged, life.resolved]) {
    threadOf(await channel.send(message, context()));
  }
  assert.equal(host.requests.length, 2);
  assert.match(host.requests[0]?.body ?? '', /cannot update/);
});

test('what Slack answers is understood: wait, refuse with the remedy, write anew', async () => {
  const busy = await startHttpReceiver(() => ({ status: 429, headers: { 'retry-after': '30' } }));
  open.push(busy);
  const settings = { token: 't', channel: 'C1', url: busy.url };
  assert.deepEqual(await slack.bind(settings).send(life.opened, context()), {
    kind: 'retry',
    detail: `127.0.0.1:${busy.port} answered 429`,
    afterMs: 30_000,
  });
  const outside = await slackHost('not_in_channel');
  const refused = await slack.bind(outside.settings).send(life.opened, context());
  assert.deepEqual(refused, {
    kind: 'refused',
    detail: 'Slack says not_in_channel: invite the app into the channel',
  });
  const odd = await slackHost('xoxb_secret_9 leaked');
  assert.deepEqual(await slack.bind(odd.settings).send(life.opened, context()), {
    kind: 'refused',
    detail: 'Slack says unknown',
  });
  const { settings: good, host, bodies } = await slackHost();
  host.answer = (request) =>
    request.path.endsWith('update')
      ? { body: { ok: false, error: 'message_not_found' } }
      : { body: { ok: true, channel: 'C1', ts: '9.9' } };
  const thread = threadOf(
    await slack.bind(good).send(life.updated, context({ thread: { channel: 'C1', ts: '1.1' } })),
  );
  assert.equal(thread.ts, '9.9');
  assert.equal(bodies().at(-1)?.thread_ts, undefined);
});

const second = 1_000;
const thisSecond = Math.floor(Date.now() / second) * second;

function pressed(
  actionId_: string,
  value: string,
  user = 'U1',
  secret = 'shh',
  at = thisSecond,
  more: object = {},
) {
  const payload = {
    ...{ type: 'block_actions', ...more },
    user: { id: user, username: 'anna' },
    actions: [{ action_id: actionId_, value }],
  };
  const signed = slackPress(payload, secret, Math.floor(at / 1_000));
  return { method: 'POST', url: 'https://x.test/hooks/team', ...signed };
}

test('a pressed button is a command of who pressed it, when Slack signed it', async () => {
  const channel = slack.bind({ token: 't', channel: 'C1', signingSecret: 'shh', approvers: ['U1'] });
  const press = (...args: Parameters<typeof pressed>) => channel.receive?.(pressed(...args), systemClock);
  assert.deepEqual(await press('upkeep_acknowledge', incidentId, 'U2'), {
    kind: 'accepted',
    commands: [{ do: 'acknowledge', id: incidentId, by: 'anna', at: thisSecond }],
  });
  assert.deepEqual(await press('upkeep_approve', `${actionId} d1gest`), {
    kind: 'accepted',
    commands: [{ do: 'approve', id: actionId, by: 'anna', at: thisSecond, digest: 'd1gest' }],
  });
  const stranger = await press('upkeep_approve', `${actionId} d1gest`, 'U2');
  assert.ok(stranger?.kind === 'accepted' && stranger.commands.length === 0);
  assert.equal(stranger.words, 'you are not among those who may approve here');
  assert.equal((await press('upkeep_resolve', incidentId, 'U1', 'wrong'))?.kind, 'refused');
  assert.equal(
    (await press('upkeep_resolve', incidentId, 'U1', 'shh', thisSecond - 400_000))?.kind,
    'refused',
  );
});

test('who pressed a button is answered alone, at an address of Slack and at no other', async () => {
  const { settings, host } = await slackHost();
  const pressAt = async (address: string, url: string) => {
    const config = { ...settings, url, signingSecret: 'shh' };
    const more = { response_url: address, trigger_id: '13.37.abc' };
    const call_ = pressed('upkeep_acknowledge', incidentId, 'U2', 'shh', thisSecond, more);
    const result = await slack.bind(config).receive?.(call_, systemClock);
    assert.ok(result?.kind === 'accepted');
    assert.equal(result.commands[0]?.event, '13.37.abc', 'a second request for one press is known');
    return result;
  };
  const inside = await pressAt(`${host.url}/actions/T1/2/x`, host.url);
  assert.deepEqual(await inside.tell?.('<!channel> is on it already'), { kind: 'delivered' });
  const [request] = host.requests;
  assert.equal(request?.path, '/actions/T1/2/x');
  assert.equal(request?.headers.authorization, undefined, 'the token is for the API alone');
  assert.deepEqual(request?.json(), {
    response_type: 'ephemeral',
    replace_original: false,
    text: 'That changed nothing: &lt;!channel&gt; is on it already.',
  });
  const slacks = 'https://slack.com/api';
  assert.ok((await pressAt('https://hooks.slack.com/actions/T1/2/x', slacks)).tell);
  for (const address of [
    `${host.url}/actions/T1/2/x`,
    'http://hooks.slack.com/actions/T1/2/x',
    'https://hooks.slack.com.evil.test/x',
    'https://hooks.slack.com:8443/x',
    'https://a:b@hooks.slack.com/x',
    'https://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    'nonsense',
    '',
  ])
    assert.equal((await pressAt(address, slacks)).tell, undefined, address);
});

test('settings that are half are refused', () => {
  for (const settings of [{}, { token: 't' }, { webhook: 'https://x.test', token: 't', channel: 'c' }]) {
    assert.equal(slack.config.safeParse(settings).success, false);
  }
});
