import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { type Answer, type ServedApp, serveApp } from '../../../test/served-app.ts';
import { type KeyPair, makeCertificate } from '../../../test/servers/certificates.ts';
import { type Mail, type MailServer, startSmtp } from '../../../test/servers/smtp.ts';
import { eventually } from '../../../test/try-target.ts';
import * as statusRows from '../../store/status-page.ts';

const folder = mkdtempSync(join(tmpdir(), 'upkeep-subscribe-'));
let pair: KeyPair;
let smtp: MailServer;
let served: ServedApp;
before(async () => {
  pair = await makeCertificate(folder, 'mail', { names: ['localhost'] });
});
after(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  smtp = await startSmtp({ key: pair.key, cert: pair.certificate });
  served = await serveApp({
    yaml: `
name: shop
targets: { it: { system: process, pidFile: /nonexistent/it.pid, every: 1h } }
services: { zz-svc: { targets: [it] } }
notify:
  mail:
    notifier: email
    host: localhost
    port: ${smtp.port}
    tls: none
    from: Shop <status@shop.example>
statusPage:
  title: Shop status
  access: public
  subscriptions: mail
  components: [{ name: Checkout, service: zz-svc }]
`,
  });
  await served.app.ctx.statusPage.render();
});
afterEach(async () => {
  await served.stop();
  await smtp.stop();
});

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const subscribe = (address: string) =>
  served.ask('POST', '/status/subscribe', {
    headers: form,
    body: `address=${encodeURIComponent(address)}`,
  });
const mailTo = (address: string, pattern: RegExp) =>
  eventually(
    async () => smtp.mails.find((mail) => mail.to.includes(address) && pattern.test(textOf(mail))),
    (mail) => mail !== undefined,
    120_000,
  );
const people = () => statusRows.subscribers(served.app.ctx.store.db);

/** Quoted-printable undone as far as links need it. */
function textOf(mail: Mail | undefined): string {
  return (mail?.raw ?? '')
    .replace(/=\r\n/g, '')
    .replace(/\r\n[ \t]+/g, ' ')
    .replaceAll('=3D', '=');
}

function linkIn(mail: Mail | undefined, word: string): string {
  const found = new RegExp(`http://[^/]+(/status/${word}/[\\w.-]+)`).exec(textOf(mail))?.[1];
  assert.ok(found, `no link to ${word} in ${textOf(mail)}`);
  return found;
}

async function subscribed(address: string): Promise<void> {
  assert.equal((await subscribe(address)).status, 200);
  const path = linkIn(await mailTo(address, /Confirm mails of Shop status/), 'confirm');
  assert.equal((await served.ask('POST', path)).status, 200);
}

test('asked, confirmed by the link, told of an incident from beginning to end, ended by one click', async () => {
  assert.equal((await subscribe('Anna@Example.org')).status, 200);
  const asking = await mailTo('anna@example.org', /Confirm mails of Shop status/);
  const path = linkIn(asking, 'confirm');
  const [letter = ''] = textOf(asking).split('<!doctype html>');
  assert.equal(letter.split(path).length, 2, 'the link stands in the text once');
  assert.match(
    letter,
    new RegExp(`^http://\\S+${path.replaceAll('.', '\\.')}\\r?$`, 'm'),
    'on a line of its own',
  );
  assert.match(letter, /^Subject: Confirm mails of Shop status\r?$/m, 'and its subject says it once');
  assert.doesNotMatch(textOf(asking), /List-Unsubscribe/i, 'there is nothing to end yet');
  const stored = JSON.stringify(
    await served.app.ctx.store.db.selectFrom('subscribers').selectAll().execute(),
  );
  assert.ok(!stored.includes(path.split('/').at(-1) ?? '?'), 'the secret is not in the store');

  const page = await served.ask('GET', path);
  assert.match(page.text, /<form method="post">/);
  assert.equal((await people())[0]?.confirmedAt, null, 'a mail scanner that opens the link confirms nothing');
  assert.match((await served.ask('POST', path)).text, /You will get mails/);
  assert.notEqual((await people())[0]?.confirmedAt, null);
  assert.equal((await served.ask('POST', path)).status, 410, 'once');

  const incident = await served.call<{ id: string }>('incident.declare', {
    ...{ title: 'zz-title', level: 'critical', services: 'zz-svc' },
  });
  const opened = await mailTo('anna@example.org', /Investigating: Problem with Checkout/);
  await served.call('incident.update', { id: incident.id, status: 'identified', text: 'zz-private' });
  await served.call('incident.update', {
    ...{ id: incident.id, status: 'identified', text: 'We found it.', public: true },
  });
  await mailTo('anna@example.org', /We found it\./);
  await served.call('incident.resolve', { id: incident.id });
  await mailTo('anna@example.org', /Resolved: Problem with Checkout/);
  assert.ok(
    smtp.mails.every((mail) => !/zz-/.test(textOf(mail))),
    'nothing internal in any mail',
  );

  const text = textOf(opened);
  assert.match(text, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r?$/m);
  const end = /^List-Unsubscribe: <http:\/\/[^/]+([^>]+)>/m.exec(text)?.[1] ?? '';
  assert.match((await served.ask('GET', end)).text, /No more mails\?/);
  assert.equal((await people()).length, 1, 'opening it ends nothing');
  const click = { headers: form, body: 'List-Unsubscribe=One-Click' };
  assert.equal((await served.ask('POST', end, click)).status, 200);
  assert.deepEqual(await people(), [], 'the address is deleted');
  assert.equal((await served.ask('POST', end, click)).status, 200, 'twice is no error');
  const journal = JSON.stringify(await served.call('journal.list', { limit: 500 }));
  assert.match(journal, /subscriber\.confirmed/);
  assert.doesNotMatch(journal, /anna@example\.org"[^}]*subscriber|"subject":"[^"]*anna/);
});

test('each thing is told once, also when it is looked at again or after a restart', async () => {
  await subscribed('bob@example.org');
  await served.call('incident.declare', { title: 'zz-title', level: 'high', services: 'zz-svc' });
  await mailTo('bob@example.org', /Investigating/);
  await served.app.ctx.statusPage.render();
  await served.restart();
  await served.app.ctx.statusPage.render();
  await served.call('incident.declare', { title: 'zz-title', level: 'critical', services: 'zz-svc' });
  await eventually(
    async () => smtp.mails.filter((mail) => /Investigating/.test(textOf(mail))).length,
    (count) => count === 2,
    120_000,
  );
  assert.equal(smtp.mails.filter((mail) => /Investigating/.test(textOf(mail))).length, 2);
});

test('what is answered tells nobody who is subscribed, and a known address is left alone', async () => {
  await subscribed('carla@example.org');
  const answers: Answer[] = [];
  for (const address of ['carla@example.org', 'dora@example.org', 'carla@example.org'])
    answers.push(await subscribe(address));
  const [known, fresh] = answers.map(({ status, text, headers }) => ({
    status,
    text,
    csp: headers['content-security-policy'],
  }));
  assert.deepEqual(known, fresh);
  await mailTo('dora@example.org', /Confirm/);
  assert.equal(smtp.mails.filter(({ to }) => to.includes('carla@example.org')).length, 1);
  assert.equal((await people()).length, 2);
});

test('nobody can fill a stranger’s box: one mail in ten minutes, five in a day, ten forms an hour from one place', async () => {
  await subscribe('eve@example.org');
  await mailTo('eve@example.org', /Confirm/);
  await subscribe('eve@example.org');
  await subscribe('x@example.org');
  await mailTo('x@example.org', /Confirm/);
  assert.equal(smtp.mails.filter(({ to }) => to.includes('eve@example.org')).length, 1);
  const statuses: number[] = [];
  for (let turn = 0; turn < 9; turn++) statuses.push((await subscribe(`y${turn}@example.org`)).status);
  assert.equal(statuses.at(-1), 429);
  for (let turn = 0; turn < 8; turn++) {
    served.pass(11 * 60_000);
    await subscribe('eve@example.org');
  }
  await eventually(
    async () => (await people()).find(({ address }) => address === 'eve@example.org')?.asked,
    (asked) => asked === 5,
  );
});

test('a link that ran out, was made up or is for somebody else does nothing', async () => {
  await subscribe('finn@example.org');
  const path = linkIn(await mailTo('finn@example.org', /Confirm/), 'confirm');
  served.pass(25 * 3_600_000);
  assert.equal((await served.ask('POST', path)).status, 410);
  assert.equal((await served.ask('POST', `/status/confirm/${'x'.repeat(43)}`)).status, 410);
  const [finn] = await people();
  assert.equal((await served.ask('POST', `/status/unsubscribe/${finn?.id}.forged`)).status, 410);
  assert.equal((await served.ask('POST', '/status/unsubscribe/nobody')).status, 410);
  assert.equal((await people()).length, 1);
  for (const address of ['no address', 'a@b', '', 'a@example.org\nBcc: b@example.org'])
    assert.equal((await subscribe(address)).status, 400, address);
});

test('subscribers wait in a line of their own: the channel that calls people has none of their mails', async () => {
  await subscribed('gina@example.org');
  await served.call('incident.declare', { title: 'zz-title', level: 'high', services: 'zz-svc' });
  await mailTo('gina@example.org', /Investigating/);
  const rows = await served.app.ctx.store.db.selectFrom('outbox').select(['notifier', 'body']).execute();
  assert.ok(
    rows
      .filter(({ body }) => body.includes('gina@'))
      .every(({ notifier }) => notifier === 'mail@status-page'),
  );
  assert.ok(
    rows
      .filter(({ notifier }) => notifier === 'mail@status-page')
      .every(({ body }) => body.includes('status.published')),
  );
});
