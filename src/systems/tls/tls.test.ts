import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer, type TlsOptions } from 'node:tls';
import { type KeyPair, makeCertificate } from '../../../test/servers/certificates.ts';
import { freePort } from '../../../test/servers/free-port.ts';
import { missing } from '../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { redisServer, startRedis } from '../../../test/servers/redis.ts';
import { readingOf, targetName, tryTarget } from '../../../test/try-target.ts';
import { defaultRules } from '../../config/rules.ts';
import { tls } from './index.ts';

const probe = 'tls.handshake';
const folder = temporaryFolder('tls');
const servers: Server[] = [];
let root: KeyPair;
let intermediate: KeyPair;
let leaf: KeyPair;
before(async () => {
  root = await makeCertificate(folder, 'root', { names: ['Test Root'], isAuthority: true });
  intermediate = await makeCertificate(folder, 'intermediate', {
    names: ['Test Intermediate'],
    isAuthority: true,
    issuer: root,
  });
  leaf = await makeCertificate(folder, 'leaf', {
    names: ['web.test', 'IP:127.0.0.1'],
    issuer: intermediate,
    beganDaysAgo: 30,
    endsInDays: 60,
  });
});
after(() => {
  for (const server of servers) server.close();
  removeFolder(folder);
});

async function serve(pair: { key: string; certificate: string }, options: TlsOptions = {}): Promise<number> {
  const server = createServer({ key: pair.key, cert: pair.certificate, ...options }, (socket) =>
    socket.end(),
  );
  server.on('tlsClientError', () => {});
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const target = (port: number, more: object = {}) =>
  tryTarget(tls, { host: '127.0.0.1', port, ca: root.certificateFile, ...more });
const whole = () => ({ key: leaf.key, certificate: leaf.certificate + intermediate.certificate });

test('a good certificate: trusted, complete, named, strong, and how much of its life is left', async () => {
  const outcome = await target(await serve(whole())).seen(probe);
  const states = ['valid', 'trusted', 'name-matches', 'strong'].map((name) =>
    readingOf(outcome, `tls.certificate.${name}`),
  );
  assert.deepEqual(states, [1, 1, 1, 1], outcome.detail);
  assert.equal(readingOf(outcome, 'tls.chain.complete'), 1);
  assert.equal(readingOf(outcome, 'tls.protocol'), 1.3);
  const left = readingOf(outcome, 'tls.certificate.lifetime-left') ?? 0;
  assert.ok(Math.abs(left - 60 / 90) < 0.001, `${left}`);
  const days = (readingOf(outcome, 'tls.certificate.expires-in') ?? 0) / 86_400;
  assert.ok(Math.abs(days - 60) < 0.01, `${days}`);
  assert.match(outcome.detail ?? '', /^TLSv1\.3, CN=web\.test, ends in (60 d|59 d 2\d h)$/);
});

test('a missing intermediate is told from an unknown authority', async () => {
  const incomplete = await target(await serve(leaf)).seen(probe);
  assert.equal(readingOf(incomplete, 'tls.chain.complete'), 0);
  assert.equal(readingOf(incomplete, 'tls.certificate.trusted'), undefined);
  assert.match(incomplete.detail ?? '', /issued by CN=Test Intermediate.*was not sent/);
  const foreign = await target(await serve(whole()), { ca: undefined }).seen(probe);
  assert.equal(readingOf(foreign, 'tls.certificate.trusted'), 0);
  assert.equal(readingOf(foreign, 'tls.chain.complete'), 1);
  const own = await makeCertificate(folder, 'own', { names: ['IP:127.0.0.1'] });
  const selfSigned = await target(await serve(own)).seen(probe);
  assert.equal(readingOf(selfSigned, 'tls.certificate.trusted'), 0);
  assert.match(selfSigned.detail ?? '', /self-signed/);
  const told = await makeCertificate(folder, 'told', {
    names: ['IP:127.0.0.1'],
    issuer: intermediate,
    issuerUrl: 'http://ca.test/i.crt',
  });
  const publicly = await target(await serve(told), { ca: undefined }).seen(probe);
  assert.equal(readingOf(publicly, 'tls.chain.complete'), 0, publicly.detail);
});

test('another name, and the right one by serverName', async () => {
  const other = await makeCertificate(folder, 'other', { names: ['other.test'], issuer: root });
  const port = await serve(other);
  const outcome = await target(port).seen(probe);
  assert.equal(readingOf(outcome, 'tls.certificate.name-matches'), 0);
  assert.equal(readingOf(outcome, 'tls.certificate.trusted'), 1);
  assert.equal(outcome.detail, 'the certificate is for other.test, not for 127.0.0.1');
  const named = await target(port, { serverName: 'other.test' }).seen(probe);
  assert.equal(readingOf(named, 'tls.certificate.name-matches'), 1);
});

test('the server is asked for the name: the right certificate of several is judged', async () => {
  const other = await makeCertificate(folder, 'second', { names: ['second.test'], issuer: root });
  const server = createServer({ key: leaf.key, cert: leaf.certificate }, (socket) => socket.end());
  server.addContext('second.test', { key: other.key, cert: other.certificate });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const outcome = await target(port, { serverName: 'second.test' }).seen(probe);
  assert.match(outcome.detail ?? '', /CN=second\.test/);
});

test('an expired certificate: found, and diagnosed with whose, since when and a newer file that lies unused', async () => {
  const expired = await makeCertificate(folder, 'expired', {
    names: ['web.test', 'IP:127.0.0.1'],
    issuer: root,
    beganDaysAgo: 93,
    endsInDays: -3,
  });
  const port = await serve(expired);
  const outcome = await target(port).seen(probe);
  assert.equal(readingOf(outcome, 'tls.certificate.valid'), 0);
  assert.ok((readingOf(outcome, 'tls.certificate.lifetime-left') ?? 1) < 0);
  assert.deepEqual(outcome.missing?.[0]?.metrics, ['tls.certificate.trusted', 'tls.chain.complete']);
  assert.match(outcome.detail ?? '', /expired 3 d ago/);

  const [finding] = (await target(port).diagnose('tls.certificate-expired')).findings;
  assert.equal(finding?.summary, 'the certificate CN=web.test ended 3 d ago');
  assert.equal(finding.target, targetName);
  assert.ok(Math.abs((finding.onset ?? 0) - (Date.now() - 3 * 86_400_000)) < 60_000);
  assert.match(finding.explanation, /issued by CN=Test Root, ended \d+ \w+ \d{4}/);
  const renewed = target(port, { file: leaf.certificateFile });
  const [known] = (await renewed.diagnose('tls.certificate-expired')).findings;
  assert.match(known?.summary ?? '', /leaf\.crt holds a newer one that the server has not loaded$/);
  const { findings } = await target(await serve(whole())).diagnose('tls.certificate-expired');
  assert.deepEqual(findings, []);
});

test('without verify only dates, key and protocol are judged', async () => {
  const own = await makeCertificate(folder, 'snakeoil', { names: ['localhost'] });
  const outcome = await target(await serve(own), { ca: undefined, verify: false }).seen(probe);
  assert.equal(readingOf(outcome, 'tls.certificate.trusted'), undefined);
  assert.equal(readingOf(outcome, 'tls.certificate.name-matches'), undefined);
  assert.equal(readingOf(outcome, 'tls.certificate.valid'), 1);
  assert.match(outcome.detail ?? '', /^TLSv1\.3/);
});

test('old protocols and short keys are seen, not refused by our own library', async () => {
  const weak = await makeCertificate(folder, 'weak', {
    names: ['IP:127.0.0.1'],
    issuer: root,
    key: 'rsa:1024',
  });
  const seclevel = { ciphers: 'DEFAULT@SECLEVEL=0' };
  const short = await target(await serve(weak, seclevel)).seen(probe);
  assert.equal(readingOf(short, 'tls.certificate.strong'), 0, short.detail);
  const old = await serve(whole(), { ...seclevel, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
  const outcome = await target(old).seen(probe);
  assert.equal(readingOf(outcome, 'tls.protocol'), 1.1);
  assert.equal(readingOf(outcome, 'tls.protocol.accepted'), 0);
  const newer = await target(await serve(whole(), { maxVersion: 'TLSv1.2' }), { minVersion: '1.3' }).seen(
    probe,
  );
  assert.equal(readingOf(newer, 'tls.protocol.accepted'), 0);
});

test('a renewed certificate that is not served differs from its file', async () => {
  const port = await serve(whole());
  const same = await target(port, { file: leaf.certificateFile }).seen(probe);
  assert.equal(readingOf(same, 'tls.certificate.matches-file'), 1);
  const other = await target(port, { file: root.certificateFile }).seen(probe);
  assert.equal(readingOf(other, 'tls.certificate.matches-file'), 0);
  const gone = await target(port, { file: join(folder, 'gone.pem') }).seen(probe);
  assert.match(gone.missing?.[0]?.reason ?? '', /gone\.pem \(ENOENT\)/);
  writeFileSync(join(folder, 'text.pem'), 'no certificate');
  const text = await target(port, { file: join(folder, 'text.pem') }).seen(probe);
  assert.match(text.missing?.[0]?.reason ?? '', /holds no certificate/);
});

test('PostgreSQL with ssl = on, after an SSLRequest; without it, it says so', {
  skip: missing(postgresServer),
}, async () => {
  const postgres = await startPostgres();
  const config = { protocol: 'postgres' };
  try {
    const without = await target(postgres.port, config).check(probe);
    assert.ok(!without.ok && without.why === 'refused', JSON.stringify(without));
    assert.match(without.detail, /PostgreSQL has no TLS here: set ssl = on/);
    const owner = statSync(join(postgres.folder, 'data'));
    for (const [file, name] of [
      [leaf.keyFile, 'server.key'],
      [leaf.certificateFile, 'server.crt'],
    ] as const) {
      const copy = join(postgres.folder, 'data', name);
      copyFileSync(file, copy);
      chownSync(copy, owner.uid, owner.gid);
      chmodSync(copy, 0o600);
    }
    writeFileSync(join(postgres.folder, 'data', 'server.crt'), whole().certificate);
    await postgres.query('alter system set ssl = on');
    await postgres.restart();
    const outcome = await target(postgres.port, config).seen(probe);
    assert.equal(readingOf(outcome, 'tls.certificate.trusted'), 1, outcome.detail);
  } finally {
    await postgres.stop();
  }
});

test('Redis with a TLS port', { skip: missing(redisServer) }, async () => {
  const port = await freePort();
  const redis = await startRedis({
    settings: {
      'tls-port': port,
      'tls-cert-file': leaf.certificateFile,
      'tls-key-file': leaf.keyFile,
      'tls-ca-cert-file': root.certificateFile,
      'tls-auth-clients': 'no',
    },
  });
  try {
    const outcome = await target(port, { protocol: 'redis' }).seen(probe);
    assert.equal(readingOf(outcome, 'tls.chain.complete'), 0, outcome.detail);
    assert.equal(readingOf(outcome, 'tls.certificate.valid'), 1);
  } finally {
    await redis.stop();
  }
});

test('no TLS, a closed port and a hanging handshake are told apart, in time', async () => {
  const silent = createTcpServer(() => {});
  servers.push(silent);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  for (const protocol of ['tls', 'postgres']) {
    const hanging = await target(port, { protocol }).check(probe, { timeoutMs: 1_000 });
    assert.ok(!hanging.ok && hanging.why === 'timeout', JSON.stringify(hanging));
    assert.match(hanging.detail, /the TLS handshake did not end/);
  }
  const closed = await target(await freePort()).check(probe);
  assert.ok(!closed.ok && closed.why === 'refused', JSON.stringify(closed));
  const unreadable = await target(port, { ca: join(folder, 'gone.pem') }).check(probe);
  assert.ok(!unreadable.ok && unreadable.why === 'broken-probe', JSON.stringify(unreadable));
});

test('default rules read, and every rule that a diagnosis explains is there', () => {
  const { rules, problems } = defaultRules(tls);
  assert.deepEqual(problems, []);
  const ids = new Set(rules.map((rule) => rule.id));
  for (const diagnosis of tls.diagnoses)
    for (const rule of diagnosis.explains) assert.ok(ids.has(rule), rule);
});
