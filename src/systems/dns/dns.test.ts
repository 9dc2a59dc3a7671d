import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type DnsServer, startDns } from '../../../test/servers/dns.ts';
import { freePort } from '../../../test/servers/free-port.ts';
import { readingOf, tryTarget } from '../../../test/try-target.ts';
import { defaultRules } from '../../config/rules.ts';
import { dns } from './index.ts';

const probe = 'dns.answers';
let server: DnsServer;
before(async () => {
  server = await startDns();
});
after(() => server.stop());

const ask = (config: object) => tryTarget(dns, { resolver: server.address, ...config });

test('addresses in any order are as declared, with the smallest time to live', async () => {
  server.set('web.test', [
    { type: 'A', data: '192.0.2.1', ttl: 300 },
    { type: 'A', data: '192.0.2.2', ttl: 20 },
  ]);
  const outcome = await ask({ name: 'web.test', expect: ['192.0.2.2', '192.0.2.1'] }).seen(probe);
  assert.equal(readingOf(outcome, 'dns.up'), 1);
  assert.equal(readingOf(outcome, 'dns.as-declared'), 1);
  assert.equal(readingOf(outcome, 'dns.answers'), 2);
  assert.equal(readingOf(outcome, 'dns.ttl'), 20);
  assert.ok((readingOf(outcome, 'dns.duration.total') ?? 0) > 0);
});

test('another answer is up and not as declared, and says what differs', async () => {
  server.set('moved.test', [{ type: 'A', data: '198.51.100.7' }]);
  const outcome = await ask({ name: 'moved.test', expect: ['192.0.2.1'] }).seen(probe);
  assert.equal(readingOf(outcome, 'dns.up'), 1);
  assert.equal(readingOf(outcome, 'dns.as-declared'), 0);
  assert.equal(outcome.detail, 'the answer lacks 192.0.2.1 and has 198.51.100.7 that is not declared');
});

test('a change of the answer is seen at the next check: nothing is cached here', async () => {
  const tried = ask({ name: 'change.test', expect: ['192.0.2.1'] });
  server.set('change.test', [{ type: 'A', data: '192.0.2.1', ttl: 3_600 }]);
  assert.equal(readingOf(await tried.seen(probe), 'dns.as-declared'), 1);
  server.set('change.test', [{ type: 'A', data: '192.0.2.9', ttl: 3_600 }]);
  assert.equal(readingOf(await tried.seen(probe), 'dns.as-declared'), 0);
});

test('every type compares as people write it', async () => {
  const long = `v=spf1 ${'include:a.test '.repeat(30)}-all`;
  server.set('types.test', [
    { type: 'AAAA', data: '2001:db8::1' },
    { type: 'MX', data: '10 mail.example.test' },
    { type: 'TXT', data: long },
  ]);
  server.set('alias.test', [{ type: 'CNAME', data: 'Web.Example.Test' }]);
  const cases: [string, string, string][] = [
    ['types.test', 'AAAA', '2001:DB8:0:0:0:0:0:1'],
    ['types.test', 'MX', '10 Mail.Example.test.'],
    ['types.test', 'TXT', long],
    ['alias.test', 'CNAME', 'web.example.test.'],
  ];
  for (const [name, type, expected] of cases) {
    const outcome = await ask({ name, type, expect: [expected] }).seen(probe);
    assert.equal(readingOf(outcome, 'dns.as-declared'), 1, `${type}: ${outcome.detail}`);
  }
});

test('a name that is not there is down, although the resolver is well', async () => {
  server.set('broken.test', 'SERVFAIL');
  const gone = await ask({ name: 'gone.test' }).seen(probe);
  assert.equal(readingOf(gone, 'dns.up'), 0);
  assert.match(gone.detail ?? '', /NXDOMAIN/);
  const broken = await ask({ name: 'broken.test' }).seen(probe);
  assert.equal(readingOf(broken, 'dns.up'), 0);
  assert.match(broken.detail ?? '', /SERVFAIL/);
});

test('a resolver that is silent, absent or unwilling is told apart, in time', async () => {
  server.set('silent.test', 'silence');
  server.set('private.test', 'REFUSED');
  const began = performance.now();
  const silent = await ask({ name: 'silent.test' }).check(probe, { timeoutMs: 400 });
  assert.ok(performance.now() - began < 10_000);
  assert.ok(!silent.ok && silent.why === 'timeout', JSON.stringify(silent));
  const absent = await tryTarget(dns, { name: 'a.test', resolver: `127.0.0.1:${await freePort()}` }).check(
    probe,
  );
  assert.ok(!absent.ok && absent.why === 'refused', JSON.stringify(absent));
  const unwilling = await ask({ name: 'private.test' }).check(probe);
  assert.ok(!unwilling.ok && unwilling.why === 'refused', JSON.stringify(unwilling));
});

test('one lost datagram is no outage', async () => {
  server.set('lossy.test', 'silence');
  const before = server.asked();
  const outcome = ask({ name: 'lossy.test' }).check(probe, { timeoutMs: 3_000 });
  while (server.asked() === before) await new Promise((resolve) => setImmediate(resolve));
  server.set('lossy.test', [{ type: 'A', data: '192.0.2.1' }]);
  assert.ok((await outcome).ok);
});

test('an abort ends the question at once', async () => {
  server.set('silent.test', 'silence');
  const stop = new AbortController();
  const before = server.asked();
  const outcome = ask({ name: 'silent.test' }).check(probe, { signal: stop.signal });
  while (server.asked() === before) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  assert.equal((await outcome).ok, false);
});

test('a wrong configuration names the key; default rules read', () => {
  const wrong = dns.config.safeParse({ name: 'a b', resolver: 'dns.example' }).error?.issues;
  assert.deepEqual(
    wrong?.map((issue) => issue.path.join('.')),
    ['name', 'resolver'],
  );
  assert.deepEqual(defaultRules(dns).problems, []);
});

test('who is wrong about a name: the resolver, the zone, or one of its servers', async (t) => {
  const zone = await startDns();
  const second = await startDns();
  t.after(() => Promise.all([zone.stop(), second.stop()]));
  const told = async (
    name: string,
    authoritative: readonly string[] = [zone.address],
    expect = ['192.0.2.1'],
  ) => (await ask({ name, expect, authoritative }).diagnose('dns.wrong-answer')).findings[0]?.summary;
  const right = [{ type: 'A', data: '192.0.2.1', ttl: 60 }] as const;
  const wrong = [{ type: 'A', data: '198.51.100.7', ttl: 300 }] as const;

  server.set('old.test', wrong);
  zone.set('old.test', right);
  assert.equal(
    await told('old.test'),
    'the resolver says 198.51.100.7 for old.test (A), while the zone says 192.0.2.1',
  );
  const [stale] = (
    await ask({ name: 'old.test', expect: ['192.0.2.1'], authoritative: zone.address }).diagnose(
      'dns.wrong-answer',
    )
  ).findings;
  assert.match(stale?.explanation ?? '', /runs out within 5 m/);

  zone.set('old.test', wrong);
  assert.equal(
    await told('old.test'),
    'the zone itself says 198.51.100.7 for old.test (A), declared is 192.0.2.1',
  );

  server.set('sick.test', 'SERVFAIL');
  zone.set('sick.test', right);
  assert.equal(
    await told('sick.test'),
    'the resolver says SERVFAIL for sick.test (A), while the zone says 192.0.2.1',
  );

  server.set('torn.test', wrong);
  zone.set('torn.test', right);
  second.set('torn.test', wrong);
  assert.match(
    (await told('torn.test', [zone.address, second.address])) ?? '',
    /^the name servers of the zone disagree/,
  );

  zone.set('mute.test', 'silence');
  server.set('mute.test', wrong);
  const [open] = (
    await ask({ name: 'mute.test', expect: ['192.0.2.1'], authoritative: zone.address }).diagnose(
      'dns.wrong-answer',
    )
  ).findings;
  assert.equal(open?.confidence, 0.5);
  assert.equal(open.unseen.length, 1);

  server.set('well.test', right);
  assert.equal(await told('well.test'), undefined);
});
