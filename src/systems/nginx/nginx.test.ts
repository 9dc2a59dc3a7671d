import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, suite, test } from 'node:test';
import { startBackend } from '../../../test/servers/haproxy-lab.ts';
import { missing } from '../../../test/servers/installed.ts';
import { type NginxOptions, nginxServer, startNginx } from '../../../test/servers/nginx.ts';
import { openNginx } from '../../../test/servers/nginx-lab.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually, readingOf, tryTarget } from '../../../test/try-target.ts';
import { resultOf } from './command.ts';
import { directivesOf, documentOf } from './configuration.ts';
import { fileIn, statusUrlIn } from './discover.ts';
import { readErrorLine } from './error-log.ts';
import { nginx } from './index.ts';
import { combined, lineReader } from './log-format.ts';

const skip = missing(nginxServer);
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const proxied = async (backends: readonly string[], options: NginxOptions = {}) => {
  const opened = await openNginx(backends, options);
  ends.push(() => opened.stop());
  return opened;
};

const backend = async () => {
  const started = await startBackend();
  ends.push(() => started.stop());
  return started;
};

suite('probes of nginx', { skip }, () => {
  test('status page, workers and their limits', async () => {
    const app = await backend();
    const { target, load } = await proxied([app.address], { workerConnections: 100 });
    await load(5);
    const seen = await target.seen('nginx.liveness');
    assert.ok((readingOf(seen, 'nginx.requests') ?? 0) >= 5);
    assert.equal(readingOf(seen, 'nginx.connections.dropped'), 0);
    await target.seen('nginx.configuration');
    const workers = await target.seen('nginx.workers');
    assert.equal(readingOf(workers, 'nginx.workers'), 1);
    assert.ok((readingOf(workers, 'nginx.connections.used_ratio') ?? 0) > 0);
    assert.ok((readingOf(workers, 'nginx.files.used_ratio') ?? 0) > 0);
    assert.deepEqual(workers.missing, []);
  });

  test('another page is life, and says what is lacking; the address hides what may be secret', async () => {
    const server = await startNginx();
    ends.push(() => server.stop());
    const target = tryTarget(nginx, { url: `${server.url}/x?token=hush` });
    const seen = await target.seen('nginx.liveness');
    assert.match(seen.missing?.[0]?.remedy ?? '', /stub_status/);
    assert.equal(target.bound.address, `127.0.0.1:${server.port}/x`);
    await server.stop();
    const outcome = await target.check('nginx.liveness');
    assert.ok(!outcome.ok);
    assert.equal(outcome.why, 'refused');
  });

  test('errors and times by the server behind it, by the format that the configuration declares', async () => {
    const [good, bad] = [await backend(), await backend()];
    const { target, load, logs } = await proxied([good.address, bad.address]);
    bad.answers({ '*': 500 });
    await target.seen('nginx.configuration');
    await target.seen('nginx.access');
    await load(60);
    const seen = await eventually(
      () => target.seen('nginx.access'),
      (one) => readingOf(one, 'nginx.upstream.error_excess', { upstream: bad.address }) !== undefined,
    );
    assert.equal(readingOf(seen, 'nginx.upstream.error_excess', { upstream: bad.address }), 1);
    assert.equal(readingOf(seen, 'nginx.upstream.error_excess', { upstream: good.address }), 0);
    assert.equal(readingOf(seen, 'nginx.error_ratio'), 0.5);
    assert.ok((readingOf(seen, 'nginx.request_time') ?? -1) >= 0);
    assert.deepEqual(seen.missing, []);
    renameSync(join(logs, 'access.log'), join(logs, 'access.log.1'));
    writeFileSync(join(logs, 'access.log'), readFileSync(join(logs, 'access.log.1')));
    appendFileSync(join(logs, 'access.log'), 'half a li');
    assert.equal(
      readingOf(await target.seen('nginx.access'), 'nginx.error_ratio'),
      0.5,
      'rotated, read anew',
    );
  });

  test('the error log by what it means', async () => {
    const app = await backend();
    const { target, load, server } = await proxied([app.address]);
    await target.seen('nginx.configuration');
    await target.seen('nginx.errors');
    app.answers({}, 600);
    assert.equal((await fetch(server.url)).status, 504);
    await app.stop();
    await load(3);
    const seen = await target.seen('nginx.errors');
    assert.equal(readingOf(seen, 'nginx.log.errors', { kind: 'upstream-timeout' }), 1);
    assert.equal(readingOf(seen, 'nginx.log.errors', { kind: 'upstream-refused' }), 3);
    assert.equal(readingOf(seen, 'nginx.log.errors', { kind: 'open-files' }), 0);
  });

  test('a broken configuration is told with its line, and the ledger with what changed; what passed is kept', async () => {
    const app = await backend();
    const { target, server, logs } = await proxied([app.address]);
    const good = readFileSync(server.file, 'utf8');
    const valid = async () => {
      const seen = await target.seen('nginx.configuration');
      return { seen, valid: readingOf(seen, 'nginx.configuration.valid') };
    };
    const first = await valid();
    assert.equal(first.valid, 1, first.seen.detail);
    const [kept] = readdirSync(join(logs, 'keep'));
    assert.equal(statSync(join(logs, 'keep', kept ?? '')).mode & 0o77, 0, 'for Upkeep only');
    writeFileSync(server.file, good.replace('proxy_next_upstream off;', 'proxy_next_upstream off'));
    const { seen, valid: isValid } = await valid();
    assert.equal(isValid, 0);
    assert.match(
      seen.detail ?? '',
      /^invalid number of arguments in "proxy_next_upstream" directive|^invalid value .* in \/.*nginx\.conf:\d+$/,
    );
    const [before, after] = [first.seen, seen].map((one) => one.snapshots?.[0]?.values ?? {});
    const key = Object.keys(before ?? {}).find((name) => name.endsWith('proxy_next_upstream'));
    assert.equal(before?.[key ?? ''], 'off');
    assert.match(after?.[key ?? ''] ?? '', /^off proxy_read_timeout/);
    assert.equal(readdirSync(join(logs, 'keep')).length, 1, 'what is broken is not kept');
  });

  test('a test that may not see enough says nothing of the files', async () => {
    const folder = temporaryFolder('nginx-conf');
    ends.push(() => removeFolder(folder));
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, 'events {}\n');
    for (const command of [['/nonexistent/nginx'], ['false']]) {
      const seen = await tryTarget(nginx, { url: 'http://127.0.0.1:1/', config: file, command }).seen(
        'nginx.configuration',
      );
      assert.equal(readingOf(seen, 'nginx.configuration.valid'), undefined);
      assert.match(seen.missing?.[0]?.remedy ?? '', /sudo/);
    }
    const denied =
      'nginx: [emerg] open() "/run/nginx.pid" failed (13: Permission denied)\nnginx: configuration file /etc/nginx/nginx.conf test failed';
    assert.equal(resultOf({ code: 1, text: denied }).kind, 'unknown');
    assert.deepEqual(
      resultOf({
        code: 1,
        text: '2026/11/22 15:00:00 [emerg] 12#12: unexpected "}" in /etc/nginx/a b.conf:7\nnginx: test failed',
      }),
      { kind: 'broken', error: { message: 'unexpected "}"', file: '/etc/nginx/a b.conf', line: 7 } },
    );
  });
});

test('words, blocks and comments of a configuration', () => {
  const text = `user www; # ; {
http { log_format a '$x; "' "b"; server { listen 80; set $v "\${w}x"; location ~ ^/a{2}$ { return 200 'a;b'; } } }`;
  const found = directivesOf(text, '/n.conf').map(({ name, args, within, line }) =>
    [line, ...within, name, ...args].join('|'),
  );
  assert.deepEqual(found.slice(0, 6), [
    '1|user|www',
    '2|http',
    '2|http|log_format|a|$x; "|b',
    '2|http|server',
    '2|http|server|listen|80',
    `2|http|server|set|$v|\${w}x`,
  ]);
  const values = documentOf({
    files: new Map(),
    directives: directivesOf('a 1; a 2; ssl_password_file /p; http { b; }', '/n'),
  });
  assert.deepEqual(values, { a: '1', 'a (2)': '2', ssl_password_file: '(hidden)', http: '', 'http > b': '' });
});

test('lines of access logs', () => {
  const line = '1.2.3.4 - - [22/Nov/2026:15:00:00 +0000] "GET / HTTP/1.1" 502 150 "-" "curl/8 (x) \\x22"';
  assert.deepEqual(lineReader(combined).read(line), { status: 502, seconds: undefined, attempts: [] });
  assert.equal(lineReader(combined).read('something else'), undefined);
  const reader = lineReader('$status|$request_time|$upstream_addr|$upstream_status|$upstream_response_time');
  assert.deepEqual(
    reader.read('200|0.210|10.0.0.1:80, unix:/s : 10.0.0.2:80|502, - : 200|0.001, - : 0.2')?.attempts,
    [
      { address: '10.0.0.1:80', status: 502, seconds: 0.001 },
      { address: 'unix:/s', status: undefined, seconds: undefined },
      { address: '10.0.0.2:80', status: 200, seconds: 0.2 },
    ],
  );
});

test('lines of the error log', () => {
  const at = '2026/11/22 15:00:00';
  const refused = readErrorLine(
    `${at} [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 1.2.3.4, server: , request: "GET /?token=hush HTTP/1.1", upstream: "http://127.0.0.1:3000/?token=hush", host: "x"`,
  );
  assert.deepEqual([refused?.kind, refused?.upstream], ['upstream-refused', '127.0.0.1:3000']);
  assert.ok(!refused?.text.includes('hush'));
  for (const [said, kind] of [
    ['[alert] 7#7: 10 worker_connections are not enough', 'worker-connections'],
    ['[crit] 7#7: accept4() failed (24: Too many open files)', 'open-files'],
    [
      '[error] 7#7: *1 no live upstreams while connecting to upstream, upstream: "http://app/"',
      'upstream-none',
    ],
    ['[emerg] 7#7: bind() to 0.0.0.0:80 failed (98: Address already in use)', 'emergency'],
    ['[error] 7#7: *1 open() "/x" failed (2: No such file or directory)', undefined],
  ] as const)
    assert.equal(readErrorLine(`${at} ${said}`)?.kind, kind, said);
  assert.equal(readErrorLine(`${at} [notice] 7#7: signal process started`), undefined);
});

test('what a running master tells of its files and its page', () => {
  assert.equal(
    fileIn('nginx: master process /usr/sbin/nginx -g daemon on; -c /srv/nginx.conf'),
    '/srv/nginx.conf',
  );
  const directives = directivesOf(
    'http { server { listen 80; location / {} } server { listen 127.0.0.1:8080; location = /nginx_status { stub_status; } } }',
    '/n.conf',
  );
  assert.equal(statusUrlIn(directives), 'http://127.0.0.1:8080/nginx_status');
});
