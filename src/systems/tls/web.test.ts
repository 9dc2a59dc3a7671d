/** Real web servers: what they say of TLS, with it and without. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { after, before, test } from 'node:test';
import { type KeyPair, makeCertificate } from '../../../test/servers/certificates.ts';
import { freePort } from '../../../test/servers/free-port.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { readingOf, tryTarget } from '../../../test/try-target.ts';
import { tls } from './index.ts';
import { maxAgeOf } from './probes/web.ts';

const folder = temporaryFolder('web');
const servers: Server[] = [];
let pair: KeyPair;
before(async () => {
  pair = await makeCertificate(folder, 'site', { names: ['IP:127.0.0.1'] });
});
after(() => {
  for (const server of servers) server.close();
  removeFolder(folder);
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
const site = (listener: RequestListener) =>
  listen(createTlsServer({ key: pair.key, cert: pair.certificate }, listener));
const ask = (port: number, plainPort: number, more: object = {}) =>
  tryTarget(tls, { host: '127.0.0.1', port, ca: pair.certificateFile, web: { plainPort }, ...more }).seen(
    'tls.web',
  );

test('how long browsers are told to stay with TLS, and where plain HTTP leads', async () => {
  const strict = await site((_, response) =>
    response.writeHead(200, { 'strict-transport-security': 'max-age=31536000' }).end('x'),
  );
  const lax = await site((_, response) => response.end('x'));
  const leads = await listen(
    createServer((_, response) => response.writeHead(308, { location: 'https://127.0.0.1/' }).end()),
  );
  const strays = await listen(
    createServer((_, response) => response.writeHead(301, { location: '/login' }).end()),
  );
  const good = await ask(strict, leads);
  assert.deepEqual(
    [readingOf(good, 'tls.web.hsts'), readingOf(good, 'tls.web.leads-to-tls')],
    [31_536_000, 1],
  );
  const bad = await ask(lax, strays);
  assert.deepEqual([readingOf(bad, 'tls.web.hsts'), readingOf(bad, 'tls.web.leads-to-tls')], [0, 0]);
  assert.equal(bad.detail, 'no HSTS; plain HTTP answers 301 http://127.0.0.1/login');
  const closed = await ask(strict, await freePort());
  assert.equal(readingOf(closed, 'tls.web.leads-to-tls'), 1);
});

test('over a connection that is not trusted nothing is claimed; without `web` nothing is asked', async () => {
  const strict = await site((_, response) => response.end('x'));
  const other = await makeCertificate(folder, 'other', { names: ['other.test'] });
  const seen = await ask(strict, await freePort(), { ca: other.certificateFile });
  assert.equal(readingOf(seen, 'tls.web.hsts'), undefined);
  assert.deepEqual(
    seen.missing?.map(({ metrics }) => metrics),
    [['tls.web.hsts']],
  );
  const unasked = await tryTarget(tls, { host: '127.0.0.1', port: strict }).seen('tls.web');
  assert.deepEqual(unasked.readings, []);
});

test('the header as sites write it', () => {
  assert.deepEqual(
    [
      'max-age=10; includeSubDomains',
      'includeSubDomains; Max-Age="20"',
      'max-age=0',
      'max-age=',
      'x-max-age=5',
      '',
    ].map(maxAgeOf),
    [10, 20, 0, 0, 0, 0],
  );
});
