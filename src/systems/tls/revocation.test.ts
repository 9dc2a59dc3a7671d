/** A real authority's list, made by openssl: not on it, on it, signed by another, out of date, not there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { type KeyPair, makeCertificate } from '../../../test/servers/certificates.ts';
import { freePort } from '../../../test/servers/free-port.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { readingOf, tryTarget } from '../../../test/try-target.ts';
import { tls } from './index.ts';

const folder = temporaryFolder('revocation');
const lists = createServer((request, response) => {
  const body = served.get(request.url ?? '');
  if (body === undefined) response.writeHead(404).end();
  else response.end(body);
});
const served = new Map<string, Buffer>();
let authority: KeyPair;
let leaf: KeyPair;
let port: number;
const stop: (() => void)[] = [];

before(async () => {
  const listPort = await freePort();
  await new Promise<void>((resolve) => lists.listen(listPort, '127.0.0.1', resolve));
  authority = await makeCertificate(folder, 'authority', { names: ['Test Authority'], isAuthority: true });
  const crlUrl = `http://127.0.0.1:${listPort}/list.crl`;
  leaf = await makeCertificate(folder, 'leaf', { names: ['IP:127.0.0.1'], issuer: authority, crlUrl });
  port = await serve(leaf);
});
after(() => {
  for (const each of stop) each();
  lists.close();
  removeFolder(folder);
});

async function serve(pair: KeyPair): Promise<number> {
  const server = createTlsServer(
    { key: pair.key, cert: pair.certificate + authority.certificate },
    (socket) => socket.end(),
  );
  server.on('tlsClientError', () => {});
  stop.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A list of the authority in DER; `revoked` stands on it. */
function listOf(signer: KeyPair, revoked?: KeyPair, hours = ['-crlhours', '2']): Buffer {
  const [index, config, out] = ['index.txt', 'ca.cnf', 'list.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const serial = revoked && new X509Certificate(revoked.certificate).serialNumber;
  writeFileSync(
    index,
    serial === undefined ? '' : `R\t350101000000Z\t251101000000Z,keyCompromise\t${serial}\tunknown\t/CN=x\n`,
  );
  writeFileSync(config, `[ca]\ndefault_ca=own\n[own]\ndatabase=${index}\ndefault_md=sha256\n`);
  execFileSync(
    'openssl',
    [
      'ca',
      '-gencrl',
      '-config',
      config,
      '-cert',
      signer.certificateFile,
      '-keyfile',
      signer.keyFile,
      ...hours,
      '-out',
      out,
    ],
    { stdio: 'pipe' },
  );
  return execFileSync('openssl', ['crl', '-in', out, '-outform', 'DER'], { stdio: 'pipe' });
}

const ask = (more: object = {}) =>
  tryTarget(tls, { host: '127.0.0.1', port, ca: authority.certificateFile, ...more }).seen('tls.revocation');

test('a certificate on the list of its authority is revoked, with when and why; one that is not is well', async () => {
  served.set('/list.crl', listOf(authority));
  const good = await ask();
  assert.equal(readingOf(good, 'tls.certificate.revoked'), 0, JSON.stringify(good));
  served.set('/list.crl', listOf(authority, leaf));
  const bad = await ask();
  assert.equal(readingOf(bad, 'tls.certificate.revoked'), 1);
  assert.equal(bad.detail, 'revoked at 2025-11-01T00:00:00.000Z: its key was compromised');
});

test('a list that nobody vouches for, is old, is none or is away leaves it unknown', async () => {
  const why = async (more: object = {}) => {
    const { readings, missing } = await ask(more);
    assert.deepEqual(readings, []);
    return missing?.[0]?.reason ?? '';
  };
  const stranger = await makeCertificate(folder, 'stranger', {
    names: ['Test Authority'],
    isAuthority: true,
  });
  served.set('/list.crl', listOf(stranger));
  assert.match(await why(), /not signed by the authority/);
  served.set(
    '/list.crl',
    listOf(authority, undefined, [
      '-crl_lastupdate',
      '20250101000000Z',
      '-crl_nextupdate',
      '20250102000000Z',
    ]),
  );
  assert.match(await why(), /out of date/);
  served.set('/list.crl', Buffer.from('<html>'));
  assert.match(await why(), /is no list/);
  served.delete('/list.crl');
  assert.match(await why(), /cannot be fetched: status 404/);
  const plain = await makeCertificate(folder, 'plain', { names: ['IP:127.0.0.1'], issuer: authority });
  assert.match(await why({ port: await serve(plain) }), /does not say where/);
  assert.match(await why({ ca: stranger.certificateFile }), /only of a certificate that is trusted/);
  assert.ok(readFileSync(authority.certificateFile).length > 0);
});
