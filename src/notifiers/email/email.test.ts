import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { approval, context, evil, life, links, report } from '../../../test/messages.ts';
import { type KeyPair, makeCertificate } from '../../../test/servers/certificates.ts';
import { type Mail, type MailServer, startSmtp } from '../../../test/servers/smtp.ts';
import type { Delivery, Thread } from '../../core/notifier.ts';
import { storyOf } from '../../wire/story.ts';
import { htmlOf } from './html.ts';
import { email } from './index.ts';

const open: MailServer[] = [];
const folder = mkdtempSync(join(tmpdir(), 'upkeep-mail-'));
let pair: KeyPair;
before(async () => {
  pair = await makeCertificate(folder, 'mail', { names: ['localhost'] });
});
after(async () => {
  await Promise.all(open.map((one) => one.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function server(options: Parameters<typeof startSmtp>[0] = {}) {
  const started = await startSmtp({ key: pair.key, cert: pair.certificate, ...options });
  open.push(started);
  const settings = {
    ...{ host: 'localhost', port: started.port, ca: pair.certificate },
    ...{ from: 'Upkeep <upkeep@shop.example>', to: ['ops@shop.example', 'lead@shop.example'] },
  };
  return { ...started, settings };
}

function header(mail: Mail | undefined, name: string): string {
  const head = (mail?.raw.split('\r\n\r\n')[0] ?? '').replace(/\r\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1] ?? '';
}

function threadOf(delivery: Delivery): Thread | null {
  assert.equal(delivery.kind, 'delivered', JSON.stringify(delivery));
  return (delivery.kind === 'delivered' && delivery.thread) || null;
}

test('an incident is one conversation: encrypted, one subject, each mail refers to the first', async () => {
  const { mails, settings } = await server({ password: 'right' });
  const channel = email.bind({ ...settings, user: 'upkeep', password: 'right' });
  let thread: Thread | null = null;
  for (const message of [life.opened, life.updated, life.escalated, life.resolved]) {
    thread = threadOf(await channel.send({ ...message, links }, context({ thread }))) ?? thread;
  }
  assert.equal(mails.length, 3, 'what was found meanwhile is no mail of its own');
  assert.ok(mails.every((mail) => mail.isEncrypted && mail.user === 'upkeep'));
  assert.deepEqual(mails[0]?.to, ['ops@shop.example', 'lead@shop.example']);
  const ids = mails.map((mail) => header(mail, 'Message-ID'));
  assert.equal(new Set(ids).size, 3);
  assert.equal(header(mails[1], 'In-Reply-To'), ids[0]);
  assert.equal(header(mails[2], 'In-Reply-To'), ids[1]);
  assert.equal(header(mails[2], 'References'), `${ids[0]} ${ids[1]}`);
  assert.match(header(mails[0], 'Subject'), /^\[SEV1\] PostgreSQL takes no logins/);
  assert.equal(header(mails[2], 'Subject'), `Re: ${header(mails[0], 'Subject')}`);
  assert.match(header(mails[0], 'X-Priority'), /^1/);
  assert.match(mails[0]?.raw ?? '', /multipart\/alternative/);
  assert.match(header(mails[0], 'Auto-Submitted'), /auto-generated/);
});

test('the cause comes in the same conversation, and in no hurry', async () => {
  const { mails, settings } = await server();
  const channel = email.bind(settings);
  const thread = threadOf(await channel.send({ ...life.opened, links }, context()));
  const follow = {
    ...life.updated,
    key: `${life.updated.key}:cause`,
    followUp: 'cause-found' as const,
    links,
  };
  await channel.send(follow, context({ thread, timezone: 'Europe/Berlin' }));
  const [opened, cause] = mails;
  assert.equal(header(cause, 'In-Reply-To'), header(opened, 'Message-ID'));
  assert.equal(header(cause, 'Subject'), `Re: ${header(opened, 'Subject')}`);
  assert.equal(header(cause, 'X-Priority'), '', 'only the call is urgent');
  assert.match(cause?.raw ?? '', /Cause found · SEV1|Cause found =C2=B7 SEV1/);
  assert.match(cause?.raw ?? '', /11:32:05 CET/);
});

test('sent again over a lost answer it is the same mail; a person gets their own', async () => {
  const { mails, settings } = await server();
  const channel = email.bind(settings);
  await channel.send(life.opened, context());
  await channel.send(life.opened, context());
  await channel.send({ ...life.opened, to: { person: 'anna', address: 'anna@shop.example' } }, context());
  const ids = mails.map((mail) => header(mail, 'Message-ID'));
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[1], ids[2]);
  assert.deepEqual(mails[2]?.to, ['anna@shop.example']);
});

test('a server without encryption is not given the mail unless that was said', async () => {
  const { mails, settings } = await server({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
  assert.notEqual((await email.bind(settings).send(life.opened, context())).kind, 'delivered');
  assert.equal(mails.length, 0);
  await email.bind({ ...settings, tls: 'none' }).send(life.opened, context());
  assert.equal(mails.length, 1);
  const { ca: _, ...trusting } = (await server()).settings;
  assert.equal(
    (await email.bind(trusting).send(life.opened, context())).kind,
    'retry',
    'an unknown authority',
  );
  const implicit = await server({ secure: true });
  await email.bind({ ...implicit.settings, tls: 'implicit' }).send(life.opened, context());
  assert.equal(implicit.mails[0]?.isEncrypted, true);
});

test('what the server says is understood and never quoted', async () => {
  const { settings } = await server({ password: 'right' });
  const wrong = await email
    .bind({ ...settings, user: 'upkeep', password: 'hush' })
    .send(life.opened, context());
  assert.equal(wrong.kind, 'refused');
  assert.match(
    JSON.stringify(wrong),
    /login at localhost:\d+ failed \(it answered 535\): are user and password right/,
  );
  assert.doesNotMatch(JSON.stringify(wrong), /hush/);
  const full = await server({ refuse: () => 452 });
  assert.equal((await email.bind(full.settings).send(life.opened, context())).kind, 'retry');
  const unknown = await server({ refuse: () => 550 });
  assert.equal((await email.bind(unknown.settings).send(life.opened, context())).kind, 'refused');
  const nobody = await email.bind({ ...settings, to: [] }).send(life.opened, context());
  assert.equal(nobody.kind, 'refused');
});

test('a failure names the step it failed at: connection, TLS, login, recipient', async () => {
  const detailOf = async (settings: Record<string, unknown>) => {
    const delivery = await email.bind(settings).send(life.opened, context());
    return 'detail' in delivery ? delivery.detail : delivery.kind;
  };
  const { settings } = await server();
  const nowhere = await server();
  await nowhere.stop();
  assert.match(
    await detailOf(nowhere.settings),
    /^no connection to localhost:\d+, nobody listens there \(ECONNREFUSED\): /,
  );
  const { ca: _, ...trusting } = settings;
  assert.match(await detailOf(trusting), /^localhost:\d+ was reached, TLS failed \(\w+\): .*certificate/);
  const plain = await server({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] });
  assert.match(await detailOf(plain.settings), /was reached, TLS failed/);
  assert.match(await detailOf({ ...plain.settings, tls: 'implicit' }), /was reached, TLS failed/);
  const strict = await server({ refuse: () => 550 });
  const refused = await detailOf(strict.settings);
  assert.match(
    refused,
    /^localhost:\d+ refused the recipient \(it answered 550\): are the addresses of `to`/,
  );
  assert.doesNotMatch(refused, /not here/);
});

test('what is watched is text in a mail: no markup, no header, no picture', async () => {
  for (const message of [life.opened, life.updated, approval, report]) {
    const html = htmlOf({ ...message, links }, storyOf({ ...message, links }));
    assert.doesNotMatch(html, /<script|<img|\u202e/i);
    assert.ok(html.length < 100_000);
  }
  const { mails, settings } = await server();
  const { incident } = life.opened;
  assert.ok(incident);
  const title = `broken\r\nBcc: all@evil.test\r\n\r\n${evil}`;
  await email.bind(settings).send({ ...life.opened, incident: { ...incident, title } }, context());
  assert.equal(header(mails[0], 'Bcc'), '');
  assert.equal(mails[0]?.to.length, 2);
});

test('settings that are no mail are refused', () => {
  const good = { host: 'localhost', from: 'a@b.test', to: 'c@d.test' };
  assert.equal(email.config.safeParse(good).success, true);
  for (const wrong of [
    { from: 'nobody' },
    { from: 'a@b.test\r\nBcc: x@y.test' },
    { to: 'x' },
    { tls: 'maybe' },
  ]) {
    assert.equal(email.config.safeParse({ ...good, ...wrong }).success, false, JSON.stringify(wrong));
  }
});
