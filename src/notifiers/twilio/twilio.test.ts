import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { approval, context, evil, incidentId, life, links } from '../../../test/messages.ts';
import { type HttpReceiver, startHttpReceiver } from '../../../test/servers/receiver.ts';
import { systemClock } from '../../clock.ts';
import { partsOf, transliterated } from './gsm.ts';
import { twilio } from './index.ts';

const open: HttpReceiver[] = [];
after(() => Promise.all(open.map((one) => one.stop())));

import { signatureOf } from './receive.ts';

const account = `AC${'0'.repeat(32)}`;
const settings = { account, token: 'hush', from: '+15005550006', to: '+61400000000' };
const hook = 'https://upkeep.example.test/hooks/phone';

async function channelOf(mode: string) {
  const host = await startHttpReceiver(() => ({ status: 201, body: { sid: 'SM1', status: 'queued' } }));
  open.push(host);
  return { host, channel: twilio.bind({ ...settings, mode, url: host.url }) };
}

test('a text says level, what and since when, with a link that acknowledges', async () => {
  const { host, channel } = await channelOf('sms');
  for (const message of [life.opened, life.updated, life.acknowledged, life.resolved]) {
    await channel.send({ ...message, links }, context({ hook }));
  }
  assert.equal(host.requests.length, 2);
  assert.equal(host.requests[0]?.path, `/2010-04-01/Accounts/${account}/Messages.json`);
  assert.equal(host.requests[0]?.headers.authorization, `Basic ${btoa(`${account}:hush`)}`);
  const { To, From, Body = '' } = host.requests[0]?.form() ?? {};
  assert.deepEqual([To, From], ['+61400000000', '+15005550006']);
  assert.match(Body, /^SEV1 - PostgreSQL takes no logins \(db\) - since 10:32:05 UTC/);
  assert.ok(Body.endsWith(`Acknowledge: ${links.acknowledge}`));
  assert.ok(!Body.includes(life.opened.url), 'one address');
});

test('a text is written in the alphabet of texts and is two parts at most', async () => {
  const { host, channel } = await channelOf('sms');
  const { incident } = life.opened;
  assert.ok(incident);
  for (const title of [`“Zürich” → Łódź … é – ${'x'.repeat(400)}`, '数据库没有响应'.repeat(40)])
    await channel.send({ ...life.opened, links, incident: { ...incident, title } }, context());
  const [latin = '', other = ''] = host.requests.map((one) => one.form().Body ?? '');
  assert.match(latin, /^SEV1 - "Zürich" -> /);
  assert.equal(partsOf(latin), 2);
  assert.match(other, /数据库没有响应/, 'another script stays readable');
  assert.ok(partsOf(other) <= 3, `${partsOf(other)}`);
  assert.equal(partsOf(transliterated('a · b … “c” – é ü ñ')), 1);
  assert.equal(transliterated('a · b … “c” – ê 🔴'), 'a - b ... "c" - e ');
  assert.deepEqual([partsOf('·'.repeat(70)), partsOf('·'.repeat(71)), partsOf('€'.repeat(81))], [1, 2, 2]);
});

test('a call reads it out and asks for a key; what is watched cannot speak TwiML', async () => {
  const { host, channel } = await channelOf('voice');
  const { incident } = life.opened;
  assert.ok(incident);
  const to = { person: 'anna', address: '+61411111111' };
  await channel.send(
    { ...life.opened, to, incident: { ...incident, title: evil.repeat(20) } },
    context({ hook, clock: { ...systemClock, now: () => 1_790_000_000_000 } }),
  );
  await channel.send(life.resolved, context({ hook }));
  assert.equal(host.requests.length, 1, 'nobody is called for an end');
  const { Twiml = '', To } = host.requests[0]?.form() ?? {};
  assert.equal(To, '+61411111111');
  assert.ok(Twiml.length <= 4_000, `${Twiml.length}`);
  assert.match(Twiml, /<Gather numDigits="1"/);
  assert.doesNotMatch(Twiml, /<script/);
  assert.ok(Twiml.includes(`incident=${incidentId}&amp;by=anna&amp;at=1790000000000"`), Twiml);
});

test('a plan that asks while the call for its incident rings does not ring too', async () => {
  const { host, channel } = await channelOf('voice');
  const at = Date.parse('2026-11-20T10:00:00Z');
  const later = (ms: number) => ({ ...systemClock, now: () => at + ms });
  const called = await channel.send(life.opened, context({ hook, clock: later(0) }));
  const thread = called.kind === 'delivered' ? (called.thread ?? null) : null;
  const ask = (ms: number, message = approval) =>
    channel.send(message, context({ hook, thread, clock: later(ms) }));
  assert.deepEqual(await ask(2_000), { kind: 'delivered', isFolded: true });
  assert.equal(host.requests.length, 1);
  await ask(121_000);
  assert.equal(host.requests.length, 2, 'a plan that comes later rings');
  const { incident } = approval;
  assert.ok(incident);
  await ask(2_000, { ...approval, incident: { ...incident, acknowledgedBy: 'ann' } });
  assert.equal(host.requests.length, 3, 'whoever acknowledged has hung up');
});

test('1 on the phone acknowledges, when Twilio signed it', async () => {
  const { channel } = await channelOf('voice');
  const press = (digits: string, token = 'hush', who = '&by=anna') => {
    const url = `${hook}?incident=${incidentId}${who}&at=1790000000000`;
    const body = new URLSearchParams({ Digits: digits, CallSid: 'CA1', To: '+61400000000' }).toString();
    const headers = { 'x-twilio-signature': signatureOf(token, url, body) };
    return channel.receive?.({ method: 'POST', url, headers, body }, systemClock);
  };
  const yes = await press('1');
  assert.ok(yes?.kind === 'accepted');
  const command = { do: 'acknowledge', id: incidentId, by: 'anna', address: '+61400000000' };
  assert.deepEqual(yes.commands, [{ ...command, at: 1_790_000_000_000, event: 'CA1' }]);
  assert.match(yes.reply?.(null).body ?? '', /<Say.*Acknowledged/);
  assert.match(
    yes.reply?.('bob <x> is on it already').body ?? '',
    /<Say.*>That changed nothing: bob &lt;x&gt; is on it already\. Goodbye\.</,
  );
  const unnamed = await press('1', 'hush', '');
  assert.equal(unnamed?.kind === 'accepted' && unnamed.commands[0]?.by, 'number …0000');
  const no = await press('2');
  assert.ok(no?.kind === 'accepted' && no.commands.length === 0);
  assert.equal((await press('1', 'other'))?.kind, 'refused');
});

test('an answer to a text is told in a text where to act', async () => {
  const { channel } = await channelOf('sms');
  const body = new URLSearchParams({ MessageSid: 'SM1', Body: '1', From: '+61400000000' }).toString();
  const headers = { 'x-twilio-signature': signatureOf('hush', hook, body) };
  const got = await channel.receive?.({ method: 'POST', url: hook, headers, body }, systemClock);
  assert.ok(got?.kind === 'accepted' && got.commands.length === 0);
  assert.deepEqual(got.reply?.(null), {
    type: 'text/xml',
    body: '<Response><Message>Nobody reads texts here. To act, follow the link of the message.</Message></Response>',
  });
});

test('the signature is the one of Twilio’s own example', () => {
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  const fields = {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+12349013030',
    Digits: '1234',
    From: '+12349013030',
    To: '+18005551212',
  };
  assert.equal(
    signatureOf('12345', url, new URLSearchParams(fields).toString()),
    '0/KCTR6DLpKmkAf8muzZqo1nDgQ=',
  );
});

test('a wrong number is refused', async () => {
  const { host, channel } = await channelOf('sms');
  host.answer = () => ({
    status: 400,
    body: { code: 21211, message: "The 'To' number is not valid", status: 400 },
  });
  assert.match(JSON.stringify(await channel.send(life.opened, context())), /refused.*numbers right/);
});
