/** The protocol: paths, methods, bodies, headers, errors, static files. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Answer, type ServedApp, serveApp } from '../../test/served-app.ts';
import { systemClock } from '../clock.ts';
import { defaultAccess } from '../core/access.ts';
import { verbs } from '../verbs/index.ts';
import { createSealing } from './sealing.ts';
import { startHttp } from './server.ts';

const outside = mkdtempSync(join(tmpdir(), 'upkeep-web-'));
const web = join(outside, 'dist');
let served: ServedApp;
let token: string;

before(async () => {
  mkdirSync(join(web, 'assets'), { recursive: true });
  writeFileSync(join(outside, 'secret.txt'), 'must not be served');
  mkdirSync(`${web}-neighbour`);
  writeFileSync(join(`${web}-neighbour`, 'secret.txt'), 'must not be served');
  writeFileSync(join(web, 'index.html'), '<!doctype html>the page');
  writeFileSync(join(web, 'assets', 'a.js'), 'script');
  served = await serveApp({ web });
  token = await served.token('read', 'operate', 'approve', 'admin');
});
after(async () => {
  await served.stop();
  rmSync(outside, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  served.ask('GET', path, { token, headers });
const codeOf = (answer: Answer) => answer.json<{ error: { code: string } }>().error.code;

test('no path leads out of the dashboard’s folder, however it is written', async () => {
  for (const path of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/%252e%252e%252fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/..%5csecret.txt',
    '/../dist-neighbour/secret.txt',
    '/..%2fdist-neighbour%2fsecret.txt',
    '//etc/passwd',
    '/%2fetc%2fpasswd',
    '/index.html%00.js',
  ]) {
    const { status, text } = await get(path);
    assert.ok(!text.includes('must not be served') && !text.includes('root:'), path);
    assert.ok(status < 500, `${path}: ${status}`);
  }
});

test('a link inside the folder may lead out of it only for whoever builds the dashboard', async () => {
  symlinkSync(join(outside, 'secret.txt'), join(web, 'linked.txt'));
  // Nobody but who may write the folder makes links in it; this pins what happens.
  assert.equal((await get('/linked.txt')).status, 200);
  rmSync(join(web, 'linked.txt'));
});

test('pages get the one file, assets are kept for ever, and an unknown asset is no page', async () => {
  const page = await served.ask('GET', '/targets/web.local');
  assert.equal(page.text, '<!doctype html>the page');
  assert.equal(page.headers['cache-control'], 'no-cache');
  const asset = await served.ask('GET', '/assets/a.js');
  assert.match(String(asset.headers['cache-control']), /immutable/);
  assert.match(String(asset.headers['content-type']), /^text\/javascript/);
  assert.equal((await served.ask('GET', '/assets/old.js')).status, 404);
});

test('a percent sign that stands for nothing is a bad request, not a failure', async () => {
  for (const path of [
    '/%',
    '/%zz',
    '/%c3%28',
    '/assets/%E0%A4%A',
    '/api/v1/incidents/%zz%',
    '/api/v1/samples?target=%',
  ]) {
    const { status, text } = await get(path);
    assert.ok(status >= 400 && status < 500, `${path}: ${status} ${text}`);
  }
});

test('an unknown path of the API is 404 in JSON; a known one with another method is 405 and names its methods', async () => {
  for (const path of [
    '/api',
    '/api/',
    '/api/v1',
    '/api/v1/nothing',
    '/api/v2/overview',
    '/api/v1/overview/',
  ]) {
    const answer = await get(path);
    assert.equal(answer.status, 404, path);
    assert.equal(codeOf(answer), 'not-found', path);
  }
  for (const [method, path, allow] of [
    ['PUT', '/api/v1/overview', 'GET, HEAD'],
    ['GET', '/api/v1/tokens/x', 'DELETE'],
    ['PATCH', '/api/v1/actions', 'GET, HEAD, POST'],
    ['POST', '/api/openapi.json', 'GET, HEAD'],
    ['OPTIONS', '/api/v1/overview', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['DELETE', '/incidents', 'GET, HEAD'],
  ] as const) {
    const answer = await served.ask(method, path, { token });
    assert.equal(answer.status, 405, `${method} ${path}: ${answer.text}`);
    assert.equal(answer.headers.allow, allow, path);
  }
  for (const method of ['TRACE', 'PROPFIND', 'QUERY'])
    assert.ok([400, 405].includes((await served.ask(method, '/api/v1/overview', { token })).status), method);
});

test('HEAD answers like GET without a body, also where the query is the input', async () => {
  for (const path of [
    '/',
    '/healthz',
    '/metrics',
    '/api/v1/overview',
    '/api/v1/samples?target=it&metric=process.up',
  ]) {
    const answer = await served.ask('HEAD', path, { token });
    assert.equal(answer.status, 200, path);
    assert.equal(answer.text, '');
  }
});

test('a body that is too large, no JSON, no object or of another kind is refused with the reason', async () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    served.ask('POST', '/api/v1/actions', { token, body, headers });
  assert.equal((await post('x'.repeat(256 * 1024 + 1))).status, 413);
  for (const [body, headers, reason] of [
    ['{', {}, /not JSON/],
    ['[]', {}, /JSON object/],
    ['"text"', {}, /JSON object/],
    ['null', {}, /JSON object/],
    ['{"action":"x","target":"it"}', { 'content-type': 'text/plain' }, /application\/json/],
    ['a=1', { 'content-type': 'application/x-www-form-urlencoded' }, /application\/json/],
    ['{"action":1,"target":"it"}', {}, /action/],
    ['{"action":"x","target":"it","input":[1]}', {}, /input/],
    ['{"action":"x","target":"it","input":"[1]"}', {}, /JSON object/],
    [
      '{"action":"x","target":"it","why":"y","input":{"__proto__":{"admin":true}}}',
      {},
      /no action is called x/,
    ],
  ] as const) {
    const answer = await post(body, headers);
    assert.ok([400, 404].includes(answer.status), `${body}: ${answer.status}`);
    assert.match(answer.text, reason);
  }
  const chunked = await served.ask('POST', '/api/v1/actions', {
    token,
    headers: { 'transfer-encoding': 'chunked', 'content-type': 'application/json' },
  });
  assert.equal(chunked.status, 400);
});

test('every answer has the security headers, errors too, and no page of others may read any', async () => {
  const answers = [
    await served.ask('GET', '/'),
    await served.ask('GET', '/healthz'),
    await served.ask('GET', '/api/v1/overview', { headers: { origin: 'https://evil.test' } }),
    await get('/api/v1/overview', { origin: 'https://evil.test' }),
    await get('/api/v1/nothing'),
    await get('/%'),
    await served.ask('OPTIONS', '/api/v1/tokens', {
      headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
    }),
    await served.ask('GET', '/', { headers: { host: 'evil.test' } }),
  ];
  for (const { headers, status } of answers) {
    assert.equal(headers['x-content-type-options'], 'nosniff', String(status));
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.match(String(headers['content-security-policy']), /default-src 'self'.*frame-ancestors 'none'/);
    assert.doesNotMatch(String(headers['content-security-policy']), /unsafe-eval|script-src[^;]*unsafe/);
    assert.ok(headers['cache-control'], String(status));
    assert.equal(headers['x-powered-by'], undefined);
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control-')),
      [],
    );
  }
  assert.equal((await get('/api/v1/overview')).headers['cache-control'], 'no-store');
});

test('only our own names are served, whatever X-Forwarded-Host says', async () => {
  const { host } = new URL(served.url);
  const status = async (headers: Record<string, string>) => (await get('/api/v1/overview', headers)).status;
  assert.equal(await status({ host }), 200);
  assert.equal(await status({ host: 'LOCALHOST:1' }), 200);
  for (const name of [
    'evil.test',
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    'localhost@evil.test',
    '[::2]',
    'a b',
  ])
    assert.ok([400, 403].includes(await status({ host: name })), name);
  assert.equal(await status({ host: 'evil.test', 'x-forwarded-host': 'localhost' }), 403);
  const without = await raw('GET /api/v1/overview HTTP/1.0\r\n\r\n');
  assert.match(without, /^HTTP\/1\.1 40[03]/);
});

function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let all = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      all += part;
    });
    socket.once('end', () => resolve(all)).once('error', reject);
  });
}

test('a failure inside tells nothing to the caller and everything to the log', async () => {
  const failing = {
    ...(verbs[0] as (typeof verbs)[number]),
    call: async () => {
      throw new Error('connection to postgres://secret-place failed');
    },
  };
  const logged: string[] = [];
  const log = {
    info() {},
    warn() {},
    error: (message: string, fields?: unknown) => void logged.push(`${message} ${JSON.stringify(fields)}`),
  };
  const { ctx } = served.app;
  const server = await startHttp({
    ...{ host: '127.0.0.1', port: 0, ctx, verbs: [failing], web, isReady: () => false, metrics: () => '' },
    feed: { subscribe: () => () => {}, startedAt: 0 },
    access: {
      ...{ store: ctx.store, clock: systemClock, log, digest: ctx.digest, newSecret: ctx.newSecret },
      ...{ newId: ctx.newId, hosts: () => ['127.0.0.1'], publicUrl: () => null, localToken: 'local' },
      ...{ settings: () => defaultAccess, baseUrl: () => '', changed() {} },
      sealing: createSealing(ctx.newSecret(), ctx.newSecret),
    },
  });
  try {
    const headers = { authorization: 'Bearer local' };
    const response = await fetch(`${server.url}/api/v1/overview`, { headers });
    const text = await response.text();
    assert.equal(response.status, 500);
    assert.doesNotMatch(text, /secret-place|at .*\.ts/);
    assert.match(logged.join('\n'), /\/api\/v1\/overview.*secret-place/);
    const ready = await fetch(`${server.url}/readyz`);
    assert.deepEqual([ready.status, await ready.text()], [503, 'starting\n']);
  } finally {
    await server.close();
  }
  assert.equal((await get('/readyz')).status, 200);
});

test('metrics follow the conventions of Prometheus', async () => {
  const { headers, text } = await get('/metrics');
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.ok(text.endsWith('\n'));
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => [name, type]),
  );
  const names = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(
      (line) => /^([a-z_:][a-z0-9_:]*)(\{[a-z_]+="[^"\\\n]*"\})? \S+$/.exec(line)?.[1] ?? assert.fail(line),
    );
  assert.ok(names.length > 5);
  for (const name of names) {
    assert.match(text, new RegExp(`^# HELP ${name} \\S`, 'm'));
    assert.equal(name.endsWith('_total'), types.get(name) === 'counter', name);
  }
  assert.equal(new Set(names).size, names.length);
});
