import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { after, test } from 'node:test';
import { makeCertificate } from '../../../../test/servers/certificates.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { readingOf, tryTarget } from '../../../../test/try-target.ts';
import { http } from '../index.ts';

const probe = 'http.response';
const open: (Server | TcpServer)[] = [];
const folder = temporaryFolder('http');
after(() => {
  for (const server of open) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
  removeFolder(folder);
});

async function listen(server: Server | TcpServer, host = '127.0.0.1'): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const serve = async (listener: RequestListener, host?: string) => listen(createServer(listener), host);
const at = (port: number, path = '/') => `http://127.0.0.1:${port}${path}`;

test('an answer as declared is up, with every phase timed and their sum within the total', async () => {
  const port = await serve((_, response) => response.end('all is well'));
  const tried = tryTarget(http, { url: at(port), expect: { body: { contains: 'well', matches: '^all' } } });
  const outcome = await tried.seen(probe);
  assert.equal(outcome.detail, '200 OK');
  assert.equal(readingOf(outcome, 'http.up'), 1);
  assert.equal(readingOf(outcome, 'http.status'), 200);
  assert.equal(readingOf(outcome, 'http.response.bytes'), 11);
  const phases = ['connect', 'first-byte', 'transfer'].map((name) =>
    readingOf(outcome, `http.duration.${name}`),
  );
  const sum = phases.reduce<number>((total, phase) => total + (phase ?? Number.NaN), 0);
  const total = readingOf(outcome, 'http.duration.total') ?? Number.NaN;
  assert.ok(sum > 0 && sum <= total, `${sum} of ${total}`);
  assert.equal(readingOf(outcome, 'http.duration.dns'), undefined, 'an address is not looked up');
});

test('the time of the server is told apart from the time of the transfer', async () => {
  const port = await serve((_, response) => {
    setTimeout(() => {
      response.write('first');
      setTimeout(() => response.end('last'), 150);
    }, 300);
  });
  const outcome = await tryTarget(http, { url: at(port) }).seen(probe);
  const firstByte = readingOf(outcome, 'http.duration.first-byte') ?? 0;
  const transfer = readingOf(outcome, 'http.duration.transfer') ?? 0;
  assert.ok(firstByte >= 0.29 && firstByte < 30, `${firstByte}`);
  assert.ok(transfer >= 0.14 && transfer < 30, `${transfer}`);
});

test('an unexpected answer is an answer, yet down, and says what was expected', async () => {
  const port = await serve((_, response) => response.writeHead(503, 'Ha\u00e4h').end('no'));
  const outcome = await tryTarget(http, { url: at(port) }).seen(probe);
  assert.equal(readingOf(outcome, 'http.up'), 0);
  assert.equal(outcome.detail, '503 Service Unavailable (expected 2xx)');
  const declared = tryTarget(http, { url: at(port), expect: { status: [200, 503] } });
  assert.equal(readingOf(await declared.seen(probe), 'http.up'), 1);
});

test('body, header and time expectations are each named when unmet', async () => {
  const port = await serve((_, response) =>
    setTimeout(() => response.setHeader('Content-Type', 'text/plain').end('sorry'), 30),
  );
  const expect = {
    body: { contains: 'well', matches: '^all' },
    headers: { 'content-type': 'application/json', etag: 'x' },
    maxMs: 10,
  };
  const { detail } = await tryTarget(http, { url: at(port), expect }).seen(probe);
  for (const part of [
    'lacks "well"',
    'not match /^all/',
    'content-type lacks',
    'etag is missing',
    'at most 10 ms',
  ]) {
    assert.ok(detail?.includes(part), `${part}: ${detail}`);
  }
});

test('method, headers, body and credentials are sent', async () => {
  const port = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { authorization, host } = request.headers;
      response.end(JSON.stringify([request.method, request.headers['x-tenant'], body, authorization, host]));
    });
  });
  const expected = JSON.stringify(['POST', 'a', 'ping', `Basic ${btoa('me:it')}`, `127.0.0.1:${port}`]);
  const config = {
    url: at(port),
    method: 'POST',
    headers: { 'X-Tenant': 'a' },
    body: 'ping',
    basicAuth: { username: 'me', password: 'it' },
    expect: { body: { contains: expected } },
  };
  assert.equal((await tryTarget(http, config).seen(probe)).detail, '200 OK');
});

test('redirects are followed, their cost counted, and no credential reaches another host', async () => {
  let leaked: string | undefined;
  const elsewhere = await serve((request, response) => {
    leaked = JSON.stringify([
      request.headers.authorization,
      request.headers['x-key'],
      request.headers.cookie,
    ]);
    setTimeout(() => response.end('here'), 60);
  });
  let kept: string | undefined;
  const port = await serve((request, response) => {
    kept = request.headers.authorization;
    const to = request.url === '/' ? '/next' : at(elsewhere);
    setTimeout(() => response.writeHead(302, { location: to }).end(), 60);
  });
  const outcome = await tryTarget(http, {
    url: at(port),
    basicAuth: { username: 'me', password: 'secret' },
    headers: { 'x-key': 'secret', cookie: 'secret' },
  }).seen(probe);
  assert.equal(readingOf(outcome, 'http.redirects'), 2);
  assert.ok((readingOf(outcome, 'http.duration.first-byte') ?? 0) > 0.17);
  assert.match(kept ?? '', /^Basic /);
  assert.equal(leaked, '[null,null,null]');
});

test('a redirect loop ends after five, and followRedirects: false judges the redirect itself', async () => {
  let asked = 0;
  const port = await serve((_, response) => {
    asked++;
    response.writeHead(302, { location: '/again' }).end();
  });
  const outcome = await tryTarget(http, { url: at(port) }).seen(probe);
  assert.equal(readingOf(outcome, 'http.up'), 0);
  assert.equal(outcome.detail, '302 Found (expected 2xx; more than 5 redirects)');
  assert.equal(asked, 6);
  const alone = tryTarget(http, { url: at(port), followRedirects: false, expect: { status: 302 } });
  assert.equal((await alone.seen(probe)).detail, '302 Found');
});

test('a body without end is read up to maxBytes and no further', async () => {
  let sent = 0;
  const port = await serve((_, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536;
    };
    response.on('drain', more);
    more();
  });
  const outcome = await tryTarget(http, { url: at(port), maxBytes: 100_000 }).seen(probe);
  assert.equal(readingOf(outcome, 'http.up'), 1);
  assert.equal(readingOf(outcome, 'http.response.bytes'), 100_000);
  assert.ok(sent < 50_000_000, `${sent}`);
  const looking = tryTarget(http, { url: at(port), maxBytes: 1_000, expect: { body: { contains: 'y' } } });
  assert.match((await looking.seen(probe)).detail ?? '', /the first 1000 characters of the body lacks "y"/);
});

test('a port that is closed is refused, a name that does not exist is unreachable', async () => {
  const port = await freePort();
  const refused = await tryTarget(http, { url: at(port) }).check(probe);
  assert.deepEqual(refused, { ok: false, why: 'refused', detail: `connect ECONNREFUSED 127.0.0.1:${port}` });
  const both = await tryTarget(http, { url: `http://localhost:${port}/` }).check(probe);
  assert.ok(!both.ok && both.why === 'refused', JSON.stringify(both));
  const unknown = await tryTarget(http, { url: 'http://upkeep.invalid/' }).check(probe);
  assert.ok(!unknown.ok && unknown.why === 'unreachable', JSON.stringify(unknown));
  assert.match(unknown.detail, /^upkeep\.invalid: /);
});

test('a timeout says in which phase it hung', async () => {
  const silent = await listen(createTcpServer(() => {}));
  const dripping = await serve((_, response) => {
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
  });
  const within = async (url: string) => {
    const began = performance.now();
    const outcome = await tryTarget(http, { url }).check(probe, { timeoutMs: 1_000 });
    assert.ok(performance.now() - began < 10_000);
    assert.ok(!outcome.ok && outcome.why === 'timeout', JSON.stringify(outcome));
    return outcome.detail;
  };
  assert.match(
    await within(at(silent)),
    /^timeout after 1(\.\d+)? s: connected .*, no first byte of an answer$/,
  );
  assert.match(await within(at(dripping)), /began to answer and did not finish$/);
  assert.match(await within(`https://127.0.0.1:${silent}/`), /the TLS handshake did not end$/);
});

test('an aborted check ends at once and leaves no connection behind', async () => {
  let closed: () => void = () => {};
  const isClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const stop = new AbortController();
  const port = await listen(
    createTcpServer((socket) => {
      socket.on('close', closed).on('error', () => {});
      socket.on('data', () => stop.abort());
    }),
  );
  const outcome = await tryTarget(http, { url: at(port) }).check(probe, { signal: stop.signal });
  assert.equal(outcome.ok, false);
  await isClosed;
});

test('a reset is unreachable; what is no HTTP is an answer that is down', async () => {
  const resetting = await listen(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.resetAndDestroy());
    }),
  );
  const reset = await tryTarget(http, { url: at(resetting) }).check(probe);
  assert.ok(!reset.ok && reset.why === 'unreachable', JSON.stringify(reset));
  const babbling = await listen(createTcpServer((socket) => socket.end('220 mail.test ESMTP\r\n')));
  const babble = await tryTarget(http, { url: at(babbling) }).seen(probe);
  assert.equal(readingOf(babble, 'http.up'), 0);
  assert.match(babble.detail ?? '', /is no HTTP/);
});

test('an answer that breaks off is no good answer', async () => {
  const port = await listen(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'));
    }),
  );
  const outcome = await tryTarget(http, { url: at(port) }).check(probe);
  assert.ok(!outcome.ok && outcome.why === 'unreachable', JSON.stringify(outcome));
});

test('IPv6 by address, and a name with both families reaches a server that has only one', async () => {
  const port = await serve((_, response) => response.end(), '::1');
  assert.equal((await tryTarget(http, { url: `http://[::1]:${port}/` }).seen(probe)).detail, '200 OK');
  assert.equal((await tryTarget(http, { url: `http://localhost:${port}/` }).seen(probe)).detail, '200 OK');
  const only4 = await tryTarget(http, { url: `http://localhost:${port}/`, family: 4 }).check(probe);
  assert.ok(!only4.ok && only4.why === 'refused', JSON.stringify(only4));
});

test('certificates: accepted with their authority, else denied with the reason and nothing sent', async () => {
  const ca = await makeCertificate(folder, 'ca', { names: ['Test CA'], isAuthority: true });
  const good = await makeCertificate(folder, 'good', { names: ['IP:127.0.0.1'], issuer: ca });
  const expired = await makeCertificate(folder, 'expired', {
    names: ['IP:127.0.0.1'],
    issuer: ca,
    beganDaysAgo: 30,
    endsInDays: -3,
  });
  const other = await makeCertificate(folder, 'other', { names: ['other.test'], issuer: ca });
  let asked = 0;
  const serveWith = (pair: { key: string; certificate: string }) =>
    listen(
      createSecureServer({ key: pair.key, cert: pair.certificate }, (_, response) => {
        asked++;
        response.end('ok');
      }),
    );
  const secure = async (port: number, tls: object) =>
    tryTarget(http, { url: `https://127.0.0.1:${port}/`, tls }).check(probe);

  const port = await serveWith(good);
  const accepted = await secure(port, { ca: ca.certificateFile });
  assert.ok(accepted.ok, JSON.stringify(accepted));
  assert.ok((readingOf(accepted, 'http.duration.tls') ?? 0) > 0);
  asked = 0;
  const denials: [Awaited<ReturnType<typeof secure>>, RegExp][] = [
    [await secure(port, {}), /is issued by CN=Test CA, which is not trusted here/],
    [
      await secure(await serveWith(expired), { ca: ca.certificateFile }),
      /expired 3 d ago \(CERT_HAS_EXPIRED\)/,
    ],
    [
      await secure(await serveWith(other), { ca: ca.certificateFile }),
      /is for other\.test, not for 127\.0\.0\.1/,
    ],
  ];
  for (const [outcome, reason] of denials) {
    assert.ok(!outcome.ok && outcome.why === 'denied', JSON.stringify(outcome));
    assert.match(outcome.detail, reason);
  }
  assert.equal(asked, 0);
  const unverified = await secure(await serveWith(expired), { verify: false });
  assert.ok(unverified.ok);
  const named = await secure(await serveWith(other), { ca: ca.certificateFile, serverName: 'other.test' });
  assert.ok(named.ok, JSON.stringify(named));
  const unreadable = await secure(port, { ca: 'missing.pem' });
  assert.ok(!unreadable.ok && unreadable.why === 'broken-probe', JSON.stringify(unreadable));
  assert.match(unreadable.detail, /tls\.ca: cannot read .*missing\.pem \(ENOENT\)/);
});

test('TLS spoken to a port without it is refused with OpenSSL’s reason', async () => {
  const port = await serve((_, response) => response.end());
  const outcome = await tryTarget(http, { url: `https://127.0.0.1:${port}/` }).check(probe);
  assert.ok(!outcome.ok && outcome.why === 'refused', JSON.stringify(outcome));
  assert.match(outcome.detail, /TLS handshake failed/);
});

test('no secret of the address or the configuration is shown', async () => {
  const port = await freePort();
  const tried = tryTarget(http, {
    url: `http://me:hidden@127.0.0.1:${port}/a?token=hidden`,
    headers: { 'x-key': 'hidden' },
  });
  assert.equal(tried.bound.address, `http://127.0.0.1:${port}/a?…`);
  assert.doesNotMatch(JSON.stringify(await tried.check(probe)), /hidden/);
});

test('a wrong configuration names the key', () => {
  const wrong = {
    url: 'ftp://a',
    expect: { status: '9xx', body: { matches: '(' } },
    headers: { 'a b': 'x' },
  };
  const result = http.config.safeParse(wrong);
  const paths = result.error?.issues.map((issue) => issue.path.join('.')) ?? [];
  for (const path of ['url', 'expect.status', 'expect.body.matches', 'headers.a b']) {
    assert.ok(paths.includes(path), `${path} in ${paths.join(' ')}`);
  }
});
