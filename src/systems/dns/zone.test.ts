/** Zones on real name servers: what differs, what is signed and until when, mail, aliases, CAA; a registry that stands in. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { startDns } from '../../../test/servers/dns.ts';
import { freePort } from '../../../test/servers/free-port.ts';
import { missing } from '../../../test/servers/installed.ts';
import { type KnotServer, knotServer, startKnot } from '../../../test/servers/knot.ts';
import { readingOf, tryTarget } from '../../../test/try-target.ts';
import { systemClock } from '../../clock.ts';
import { caaNameOf, caaOf, permits } from './caa.ts';
import { dns } from './index.ts';
import { dkimFault, dmarcFault, spfFault, spfQuestions } from './mail.ts';
import { askServer } from './wire.ts';

const skip = missing(knotServer);
const ns = ['@ NS ns1', '@ NS ns2', 'ns1 A 127.0.0.1', 'ns2 A 127.0.0.1'];
const long = 'x'.repeat(250);
const key = Buffer.alloc(162, 7).toString('base64');
let first: KnotServer;
let second: KnotServer;

before(async () => {
  if (skip) return;
  first = await startKnot([
    {
      name: 'shop.test',
      serial: 7,
      records: [
        ...ns,
        'www A 192.0.2.1',
        'blog CNAME shop-blog.gone.test.',
        'docs CNAME www',
        ...Array.from({ length: 20 }, (_, at) => `long TXT "${at} ${long}"`),
      ],
    },
    { name: 'test', records: ns },
    { name: 'gone.test', records: ns },
    { name: 'signed.test', records: ns, signedFor: 7_200 },
    {
      name: 'mail.test',
      records: [
        ...ns,
        '@ MX 10 mx1',
        'mx1 A 192.0.2.25',
        '@ TXT "v=spf1 include:spf.mail.test -all"',
        'spf TXT "v=spf1 ip4:192.0.2.0/24 a:mx1.mail.test ~all"',
        '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@mail.test"',
        `s1._domainkey TXT "v=DKIM1; k=rsa; p=" "${key}"`,
        's2._domainkey TXT "v=DKIM1; k=rsa; p="',
        '@ CAA 0 issue "letsencrypt.org"',
        '@ CAA 0 issuewild ";"',
      ],
    },
  ]);
  second = await startKnot([{ name: 'shop.test', serial: 5, records: ['@ NS ns1', 'ns1 A 127.0.0.1'] }]);
});
after(() => Promise.all([first?.stop(), second?.stop()]));

const zone = (name: string, keys: object = {}) =>
  tryTarget(dns, {
    name,
    type: 'A',
    resolver: first.address,
    authoritative: first.address,
    zone: name,
    ...keys,
  });

test('an answer that is too long for UDP is fetched over TCP', { skip }, async () => {
  const ctx = { signal: AbortSignal.timeout(60_000), clock: systemClock };
  const { answers, isAuthoritative } = await askServer(
    { server: first.address, name: 'long.shop.test', type: 'TXT' },
    ctx,
  );
  assert.deepEqual([answers.length, isAuthoritative], [20, true]);
  await assert.rejects(
    askServer({ server: `127.0.0.1:${await freePort()}`, name: 'a.test', type: 'A' }, ctx),
    /nobody listens there/,
  );
});

test('name servers that differ, that do not hold the zone and that are silent are told apart', {
  skip,
  timeout: 180_000,
}, async () => {
  const absent = `127.0.0.1:${await freePort()}`;
  const well = await zone('shop.test').seen('dns.zone');
  assert.deepEqual(
    ['servers', 'lame', 'silent', 'serials', 'agrees'].map((name) => readingOf(well, `dns.zone.${name}`)),
    [1, 0, 0, 1, 1],
  );
  const torn = zone('shop.test', { authoritative: [first.address, second.address, absent] });
  const seen = await torn.seen('dns.zone');
  assert.deepEqual(
    ['servers', 'lame', 'silent', 'serials', 'agrees'].map((name) => readingOf(seen, `dns.zone.${name}`)),
    [2, 0, 1, 2, 0],
  );
  assert.match(seen.detail ?? '', /: serial 7; .*: serial 5; .*: silent, nobody listens there/);
  const { findings } = await torn.diagnose('dns.zone-trouble');
  assert.deepEqual(
    findings.map(({ summary }) => summary),
    [
      `${second.address} has an old shop.test: serial 5, the newest is 7`,
      `${absent} does not answer for shop.test: nobody listens there (ECONNREFUSED)`,
      'the name servers of shop.test do not name the same name servers',
    ],
  );
  const lame = zone('signed.test', { authoritative: [first.address, second.address] });
  const refused = await lame.seen('dns.zone');
  assert.equal(readingOf(refused, 'dns.zone.lame'), 1);
  const [told] = (await lame.diagnose('dns.zone-trouble')).findings;
  assert.equal(told?.summary, `${second.address} does not hold signed.test: it says REFUSED`);
});

test('signatures are told with when the first runs out, and whether the parent vouches for the key', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const alone = await zone('signed.test').seen('dns.dnssec');
  const left = readingOf(alone, 'dns.dnssec.expires-in') ?? 0;
  assert.ok(left > 3_000 && left <= 7_200, String(left));
  assert.equal(readingOf(alone, 'dns.dnssec.chain'), undefined);
  assert.match(alone.detail ?? '', /the parent does not vouch for it/);
  const unsigned = await zone('shop.test').seen('dns.dnssec');
  assert.equal(readingOf(unsigned, 'dns.dnssec.signed'), 0);
  const ds = first.ds('signed.test').map((line) => line.replace('signed.test.', 'signed'));
  const delegation = ['@ NS ns1', 'ns1 A 127.0.0.1', 'signed NS ns1.signed', 'ns1.signed A 127.0.0.1'];
  const parent = await startKnot([{ name: 'test', records: [...delegation, ...ds] }]);
  const wrong = await startKnot([
    { name: 'test', records: [...delegation, ...ds.map((line) => line.replace(/[0-9a-f]{8}$/, '00000000'))] },
  ]);
  t.after(() => Promise.all([parent.stop(), wrong.stop()]));
  const chain = async (resolver: string) =>
    readingOf(await zone('signed.test', { resolver }).seen('dns.dnssec'), 'dns.dnssec.chain');
  assert.equal(await chain(parent.address), 1);
  assert.equal(await chain(wrong.address), 0);
});

test('an alias that leads nowhere is told, one that leads somewhere is not', { skip }, async () => {
  const dangling = async (name: string) => {
    const seen = await tryTarget(dns, { name, resolver: first.address }).seen('dns.alias');
    return [readingOf(seen, 'dns.alias.dangling'), seen.detail];
  };
  assert.deepEqual(await dangling('blog.shop.test'), [1, 'its alias shop-blog.gone.test does not exist']);
  assert.deepEqual(await dangling('docs.shop.test'), [0, 'alias of www.shop.test']);
  assert.deepEqual(await dangling('www.shop.test'), [0, undefined]);
});

test('MX, SPF, DMARC and DKIM are judged by what stands there', { skip }, async () => {
  const seen = await zone('mail.test', { mail: { dkim: ['s1', 's2', 's3'] } }).seen('dns.mail');
  const good = (record: string) => readingOf(seen, 'dns.mail.good', { record });
  assert.deepEqual(
    ['mx', 'spf', 'dmarc', 'dkim s1', 'dkim s2', 'dkim s3'].map(good),
    [1, 1, 1, 1, 0, 0],
    seen.detail,
  );
  assert.equal(readingOf(seen, 'dns.mail.spf-lookups'), 2);
  assert.equal(seen.detail, 'dkim s2: its key is revoked (p=); dkim s3: there is no DKIM key');
  const none = await zone('shop.test', { mail: {} }).seen('dns.mail');
  assert.deepEqual(
    ['mx', 'spf', 'dmarc'].map((record) => readingOf(none, 'dns.mail.good', { record })),
    [0, 0, 0],
  );
  const broken = await startDns();
  for (const name of ['x.test', '_dmarc.x.test']) broken.set(name, 'SERVFAIL');
  const unknown = await zone('x.test', { mail: {}, resolver: broken.address }).seen('dns.mail');
  await broken.stop();
  assert.deepEqual([unknown.readings, unknown.missing?.length], [[], 3]);
});

test('records of mail that look right and are not', () => {
  assert.match(spfFault(['v=spf1 a -all', 'v=spf1 mx -all']) ?? '', /2 SPF records/);
  assert.match(spfFault(['v=spf1 +all']) ?? '', /everybody/);
  assert.match(spfFault(['v=spf1 include:a.test']) ?? '', /all others/);
  assert.match(spfFault(['v=spf1 include:a.test -all'], 11) ?? '', /11 lookups/);
  assert.equal(spfFault(['v=spf1 redirect=_spf.a.test']), undefined);
  assert.deepEqual(spfQuestions('v=spf1 a mx/24 ip4:192.0.2.0/24 include:a.test ?include:%{d}.b.test -all'), {
    includes: ['a.test'],
    lookups: 4,
  });
  assert.match(dmarcFault(['v=DMARC1; p=none']) ?? '', /neither protects nor reports/);
  assert.match(dmarcFault(['v=DMARC1; p=block']) ?? '', /no policy/);
  assert.match(dkimFault([`v=DKIM1; p=${Buffer.alloc(90).toString('base64')}`]) ?? '', /too short/);
  assert.equal(dkimFault([`v=DKIM1; k=ed25519; p=${Buffer.alloc(32, 1).toString('base64')}`]), undefined);
});

test('CAA: the nearest name above counts, wildcards have a tag of their own, a foreign authority is refused', {
  skip,
}, async () => {
  const mayIssue = async (name: string, authority: string) =>
    readingOf(
      await tryTarget(dns, { name, resolver: first.address, certificate: { authority } }).seen('dns.caa'),
      'dns.caa.permits',
    );
  assert.equal(await mayIssue('www.mail.test', 'letsencrypt.org'), 1);
  assert.equal(await mayIssue('mail.test', 'digicert.com'), 0);
  assert.equal(await mayIssue('shop.test', 'digicert.com'), 1);
  const found = await caaOf('a.b.test', async (name) =>
    name === 'b.test' ? [{ tag: 'issuewild', value: ';' }] : [],
  );
  assert.deepEqual(
    [found?.at, permits(found?.records ?? [], 'x', false), permits(found?.records ?? [], 'x', true)],
    ['b.test', true, false],
  );
  assert.equal(caaNameOf("C=US\nO=Let's Encrypt\nCN=R11"), 'letsencrypt.org');
  assert.equal(caaNameOf('O=Our own'), undefined);
});

test('the registry of the longest ending is asked when the domain runs out', {
  skip: skip && skip,
}, async (t) => {
  const until = Date.now() + 20 * 86_400_000;
  const asked: string[] = [];
  const registry = createServer((request, response) => {
    asked.push(request.url ?? '');
    const base = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
    if (request.url === '/dns.json')
      return response.end(
        JSON.stringify({
          version: '1.0',
          services: [
            [['test'], [`${base}/wrong/`]],
            [['co.test'], [`${base}/old`]],
          ],
        }),
      );
    if (request.url === '/old/domain/shop.co.test') {
      response.writeHead(302, { location: `${base}/rdap/domain/shop.co.test` });
      return response.end();
    }
    if (request.url === '/rdap/domain/shop.co.test')
      return response.end(
        JSON.stringify({
          objectClassName: 'domain',
          ldhName: 'SHOP.CO.TEST',
          status: ['client transfer prohibited', 'redemption period'],
          events: [
            { eventAction: 'registration', eventDate: '2001-01-01T00:00:00Z' },
            { eventAction: 'expiration', eventDate: new Date(until).toISOString() },
          ],
        }),
      );
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  t.after(() => registry.close());
  const bootstrap = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/dns.json`;
  const target = tryTarget(dns, { name: 'shop.co.test', zone: 'shop.co.test', registration: { bootstrap } });
  const seen = await target.seen('dns.registration');
  const left = readingOf(seen, 'dns.registration.expires-in') ?? 0;
  assert.ok(Math.abs(left - 20 * 86_400) < 60, String(left));
  assert.equal(readingOf(seen, 'dns.registration.held'), 1);
  await target.seen('dns.registration');
  assert.equal(asked.filter((path) => path === '/dns.json').length, 1);
  assert.equal(asked.filter((path) => path.startsWith('/rdap/')).length, 1, 'a registry is not asked twice');
  const stranger = await tryTarget(dns, { name: 'a.test', zone: 'a.test', registration: { bootstrap } }).seen(
    'dns.registration',
  );
  assert.match(stranger.missing?.[0]?.reason ?? '', /knows no domain a\.test/);
  const elsewhere = await tryTarget(dns, {
    name: 'a.example',
    zone: 'a.example',
    registration: { bootstrap },
  }).seen('dns.registration');
  assert.match(elsewhere.missing?.[0]?.reason ?? '', /no registry tells of \.example/);
});
