/** Why a chain is not trusted: each way on a real server, with what to do; a trusted one has no finding. */
import assert from 'node:assert/strict';
import type { Server } from 'node:net';
import { after, before, test } from 'node:test';
import { createServer } from 'node:tls';
import { type KeyPair, makeCertificate } from '../../../test/servers/certificates.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { readingOf, tryTarget } from '../../../test/try-target.ts';
import { tls } from './index.ts';

const folder = temporaryFolder('untrusted');
const servers: Server[] = [];
const names = ['web.test', 'IP:127.0.0.1'];
let root: KeyPair;
let other: KeyPair;
before(async () => {
  root = await makeCertificate(folder, 'root', { names: ['Our Root'], isAuthority: true });
  other = await makeCertificate(folder, 'other', { names: ['Other Root'], isAuthority: true });
});
after(() => {
  for (const server of servers) server.close();
  removeFolder(folder);
});

const leafOf = (name: string, issuer?: KeyPair, more: { issuerUrl?: string; names?: string[] } = {}) =>
  makeCertificate(folder, name, { names, ...(issuer ? { issuer } : {}), ...more });

async function shown(leaf: KeyPair, above: readonly KeyPair[], settings: object = {}) {
  const cert = [leaf, ...above].map(({ certificate }) => certificate).join('');
  const server = createServer({ key: leaf.key, cert }, (socket) => socket.end());
  server.on('tlsClientError', () => {});
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return tryTarget(tls, { host: '127.0.0.1', port, ...settings });
}

async function findingOf(target: Awaited<ReturnType<typeof shown>>) {
  assert.equal(readingOf(await target.seen('tls.handshake'), 'tls.certificate.trusted'), 0);
  const { findings } = await target.diagnose('tls.untrusted-chain');
  assert.equal(findings.length, 1, JSON.stringify(findings));
  return findings[0] ?? assert.fail();
}

test('signed by itself: as such, and a placeholder by its name', async () => {
  const own = await findingOf(await shown(await leafOf('own'), []));
  assert.equal(own.summary, 'the server shows CN=web.test, which is signed by itself');
  assert.match(own.explanation, /no authority .*certbot .*`ca:`/s);
  const snakeoil = await leafOf('snakeoil', undefined, { names: ['snakeoil.local', 'IP:127.0.0.1'] });
  const placeholder = await findingOf(await shown(snakeoil, []));
  assert.match(placeholder.summary, /CN=snakeoil\.local, .* signed by itself: a placeholder$/);
  assert.ok(own.evidence.length > 0);
});

test('an authority that is not known here: sent along, and not', async () => {
  const sent = await findingOf(await shown(await leafOf('sent', root), [root]));
  assert.equal(
    sent.summary,
    'the server shows CN=web.test of the private authority CN=Our Root, which is not trusted here',
  );
  assert.match(sent.explanation, /CN=web\.test ← CN=Our Root.*`ca:`.*listening in/s);
  const alone = await findingOf(await shown(await leafOf('alone', root), []));
  assert.match(alone.summary, /issued by CN=Our Root, which is not trusted here$/);
  assert.ok(alone.confidence < sent.confidence, 'it may as well be an intermediate that is not sent');
});

test('another authority than `ca` names', async () => {
  const found = await findingOf(
    await shown(await leafOf('foreign', other), [other], { ca: root.certificateFile }),
  );
  assert.match(found.summary, /of CN=Other Root, which is not the authority that `ca` names$/);
  assert.match(found.explanation, /renewed by another authority/);
});

test('an intermediate that has ended is told, though the certificate itself is in its dates', async () => {
  const old = await makeCertificate(folder, 'old', {
    ...{ names: ['Old Intermediate'], isAuthority: true, issuer: root },
    ...{ beganDaysAgo: 400, endsInDays: -5 },
  });
  const target = await shown(await leafOf('under-old', old), [old], { ca: root.certificateFile });
  const found = await findingOf(target);
  assert.equal(found.summary, 'CN=Old Intermediate, which signed CN=web.test, ended 5 d ago');
  assert.match(found.explanation, /fullchain\.pem/);
});

test('an authority of our own that has ended', async () => {
  const gone = await makeCertificate(folder, 'gone', {
    ...{ names: ['Gone Root'], isAuthority: true, beganDaysAgo: 4_000, endsInDays: -2 },
  });
  const found = await findingOf(
    await shown(await leafOf('under-gone', gone), [], { ca: gone.certificateFile }),
  );
  assert.equal(found.summary, 'CN=Gone Root, which signed CN=web.test, ended 2 d ago');
});

test('what is trusted, what is for another name and a chain that lacks its middle are not its business', async () => {
  const none = async (target: Awaited<ReturnType<typeof shown>>) =>
    assert.deepEqual((await target.diagnose('tls.untrusted-chain')).findings, []);
  const ca = { ca: root.certificateFile };
  await none(await shown(await leafOf('good', root), [], ca));
  await none(await shown(await leafOf('elsewhere', root, { names: ['elsewhere.test'] }), [], ca));
  const middle = await makeCertificate(folder, 'middle', {
    ...{ names: ['Middle'], isAuthority: true, issuer: root },
  });
  await none(await shown(await leafOf('cut', middle, { issuerUrl: 'http://ca.test/m.crt' }), []));
});
