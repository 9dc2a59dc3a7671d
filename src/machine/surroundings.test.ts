// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose files, not of JavaScript
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { serveApp } from '../../test/served-app.ts';
import { missing } from '../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../test/servers/postgres.ts';
import { redisServer, startRedis } from '../../test/servers/redis.ts';
import { systemClock } from '../clock.ts';
import { declaredUrls } from './declared-urls.ts';
import { readRenderFile } from './render-file.ts';
import { parseServiceUnit } from './service-unit.ts';
import { lookAround } from './surroundings.ts';

function folderWith(t: TestContext, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-around-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('addresses of the environment and .env; hooks, proxies and registries are left out', (t) => {
  const folder = folderWith(t, {
    '.env': 'REDIS_URL="redis://cache:6379"\nDATABASE_URL=postgres://other/x\n',
  });
  const env = {
    DATABASE_URL: 'postgres://u:p@db/app',
    API_URL: 'https://api.example.test/health',
    SLACK_WEBHOOK_URL: 'https://hooks.example.test/secret',
    HTTPS_PROXY: 'http://proxy:3128',
    npm_config_registry: 'http://registry.example.test/',
    NOTE: 'see http://example.test',
    EMPTY: '',
  };
  assert.deepEqual(declaredUrls(env, folder), [
    { url: 'postgres://u:p@db/app', variable: 'DATABASE_URL', from: 'the environment' },
    { url: 'https://api.example.test/health', variable: 'API_URL', from: 'the environment' },
    { url: 'redis://cache:6379', variable: 'REDIS_URL', from: '.env' },
  ]);
});

test('a compose file: what it publishes, under the address of this machine', (t) => {
  const folder = folderWith(t, {
    'compose.yaml': `
services:
  db:
    image: postgres:16-alpine
    ports: ["127.0.0.1:5433:5432"]
    environment: { POSTGRES_USER: app, POSTGRES_PASSWORD: "\${PW:-p@s}$$s", POSTGRES_DB: shop }
  cache: { image: "docker.io/library/redis:7", ports: [{ target: 6379, published: 6380 }] }
  hidden: { image: redis }
  books:
    image: mariadb:11
    ports: ["3307:3306"]
    environment: { MARIADB_USER: clerk, MYSQL_PASSWORD: "s#", MARIADB_DATABASE: books }
  web:
    image: shop
    environment:
      - DATABASE_URL=postgres://app:\${PW:-x}@db:5432/shop?sslmode=disable
      - HIDDEN_URL=redis://hidden:6379
      - UNSET_URL=redis://:\${NOPE}@cache:6379
      - API_URL
`,
  });
  assert.deepEqual(
    declaredUrls({}, folder).map(({ url, from }) => [url, from]),
    [
      ['postgres://app:p%40s%24s@127.0.0.1:5433/shop', 'compose.yaml (db)'],
      ['redis://127.0.0.1:6380', 'compose.yaml (cache)'],
      ['mysql://clerk:s%23@127.0.0.1:3307/books', 'compose.yaml (books)'],
      ['postgres://app:x@127.0.0.1:5433/shop?sslmode=disable', 'compose.yaml (web)'],
    ],
  );
});

test('render.yaml: domains with their health check; broken files are no addresses', (t) => {
  const folder = folderWith(t, {
    'render.yaml': `
services:
  - { type: web, name: shop, domains: [shop.example.test], healthCheckPath: /health,
      envVars: [{ key: SEARCH_URL, value: "https://search.example.test" }, { key: DATABASE_URL, fromDatabase: { name: db } }] }
`,
    'compose.yaml': 'services: [\n',
  });
  assert.deepEqual(
    declaredUrls({}, folder).map(({ url }) => url),
    ['https://shop.example.test/health', 'https://search.example.test'],
  );
});

async function listenOn(t: TestContext, server: ReturnType<typeof createServer>): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

function certificate(t: TestContext): { key: Buffer; cert: Buffer } {
  const folder = folderWith(t, {});
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const argv = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  execFileSync('openssl', [...argv, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

test('the dashboard of an Upkeep that runs is no application to watch', async () => {
  const served = await serveApp();
  try {
    const { sniff } = await lookAround({ env: {}, folder: tmpdir(), clock: systemClock });
    assert.equal(await sniff('127.0.0.1', Number(new URL(served.url).port)), 'unknown');
  } finally {
    await served.stop();
  }
});

test('what answers on a port is told apart', { timeout: 180_000 }, async (t) => {
  const { sniff } = await lookAround({ env: {}, folder: tmpdir(), clock: systemClock });
  const pair = certificate(t);
  const answer = (_: unknown, response: { end(): void }) => response.end();
  const ports = {
    http: await listenOn(t, createHttpServer(answer)),
    https: await listenOn(t, createHttpsServer(pair, answer)),
    tls: await listenOn(
      t,
      createTlsServer(pair, (socket) => socket.on('error', () => {})),
    ),
    unknown: await listenOn(
      t,
      createServer((socket) => socket.end('220 mail ready\r\n').on('error', () => {})),
    ),
    silent: await listenOn(
      t,
      createServer((socket) => socket.on('error', () => {})),
    ),
  };
  assert.equal(await sniff('127.0.0.1', ports.http), 'http');
  assert.equal(await sniff('127.0.0.1', ports.https), 'https');
  assert.equal(await sniff('127.0.0.1', ports.tls), 'tls');
  assert.equal(await sniff('127.0.0.1', ports.unknown), 'unknown');
  assert.equal(await sniff('127.0.0.1', ports.silent), 'unknown');
  assert.equal(await sniff('127.0.0.1', 1), 'closed');
});

const skip = missing(postgresServer, redisServer);

test('real PostgreSQL and Redis are recognised, and found among the listeners', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const postgres = await startPostgres();
  t.after(() => postgres.stop());
  const redis = await startRedis();
  t.after(() => redis.stop());
  const { sniff, listeners } = await lookAround({ env: {}, folder: tmpdir(), clock: systemClock });
  assert.equal(await sniff('127.0.0.1', postgres.port), 'postgres');
  assert.equal(await sniff('127.0.0.1', redis.port), 'redis');
  const name = (port: number) => listeners.find((listener) => listener.port === port)?.process;
  assert.match(name(postgres.port) ?? '', /^postgres/);
  assert.match(name(redis.port) ?? '', /^redis/);
});

test('services of a compose file that publish a port on which nothing listens are idle', {
  skip: missing(redisServer),
  timeout: 180_000,
}, async (t) => {
  const redis = await startRedis();
  t.after(() => redis.stop());
  const folder = folderWith(t, {
    '.env': `WEB_PORT=1\nCACHE_PORT=${redis.port}\n`,
    'compose.yaml': `
services:
  cache: { image: redis, ports: ["\${CACHE_PORT}:6379"] }
  web: { image: shop, ports: ["\${WEB_PORT}:80"] }
  hidden: { image: redis }
`,
  });
  const { idle } = await lookAround({ env: {}, folder, clock: systemClock });
  assert.deepEqual(idle, [{ name: 'web', file: 'compose.yaml', ports: [1] }]);
});

test('what render.yaml declares without an address is told; its ports are declared', (t) => {
  const folder = folderWith(t, {
    'render.yaml': `
services:
  - { type: web, name: shop, healthCheckPath: /health, envVars: [{ key: PORT, value: 40123 }] }
  - { type: web, name: told, domains: [shop.example.test] }
  - { type: worker, name: mails }
  - { type: keyvalue, name: cache }
databases: [{ name: db }]
`,
  });
  assert.deepEqual(readRenderFile(folder), {
    parts: [
      { name: 'shop', kind: 'web', healthCheckPath: '/health' },
      { name: 'cache', kind: 'redis' },
      { name: 'db', kind: 'postgres' },
    ],
    ports: [40_123],
  });
  assert.deepEqual(readRenderFile(folderWith(t, { 'render.yaml': 'services: [' })), { parts: [], ports: [] });
});

test('a service of systemd is told from a session and a container', () => {
  const unit = (path: string) => parseServiceUnit(`9:name=systemd:/\n0::${path}\n`);
  assert.equal(unit('/system.slice/redis-server.service'), 'redis-server.service');
  assert.equal(unit('/user.slice/user-1.slice/user@1.service/app.slice/shop.service'), 'shop.service');
  assert.equal(unit('/user.slice/user-1.slice/user@1.service/app.slice/term.scope'), undefined);
  assert.equal(unit('/user.slice/user-1.slice/session-3.scope'), undefined);
  assert.equal(unit('/'), undefined);
});

test('a port of those that the kernel lends out is told, unless a file declares it or its server has run for hours', {
  skip: process.platform === 'linux' ? false : 'the range is read from /proc',
}, async (t) => {
  // Discovery leaves out what is its own.
  const child = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const other = Number(String((await once(child.stdout, 'data'))[0]));
  assert.ok(other > 0);
  const lent = async (folder: string, later = 0) => {
    const clock = { ...systemClock, now: () => systemClock.now() + later };
    const { listeners } = await lookAround({ env: {}, folder, clock });
    return listeners.find((one) => one.port === other)?.isLent;
  };
  assert.equal(await lent(folderWith(t, {})), true);
  assert.equal(await lent(folderWith(t, {}), 3 * 3_600_000), undefined);
  const declared = `services: { web: { image: shop, ports: ["${other}:80"] } }\n`;
  assert.equal(await lent(folderWith(t, { 'compose.yaml': declared })), undefined);
});

test('what runs in a terminal is told from a service', {
  skip: missing({ name: 'script', apt: 'bsdutils' }),
}, async (t) => {
  const child = spawn('script', ['-qec', `${process.execPath} -e '${listening}'`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const port = Number(/\d+/.exec(String((await once(child.stdout, 'data'))[0]))?.[0]);
  const { listeners } = await lookAround({ env: {}, folder: tmpdir(), clock: systemClock });
  assert.equal(listeners.find((one) => one.port === port)?.isInTerminal, true);
});

const listening =
  'const s = require("net").createServer(() => {}).listen(0, "127.0.0.1", () => process.stdout.write(String(s.address().port)))';
