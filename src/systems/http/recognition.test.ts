import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recogniseProxy } from './proxies.ts';
import { recogniseRefusal } from './refusals.ts';

test('error pages are told by who writes them', () => {
  const nginx =
    '<html><head></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx/1.22.1</center>';
  assert.deepEqual(recogniseProxy(502, '', nginx), { proxy: 'nginx', says: 'bad-gateway' });
  const haproxy =
    '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n';
  assert.deepEqual(recogniseProxy(503, '', haproxy), { proxy: 'HAProxy', says: 'no-server' });
  assert.deepEqual(recogniseProxy(504, 'envoy', ''), { proxy: 'Envoy', says: 'timeout' });
  assert.deepEqual(recogniseProxy(502, 'Caddy', ''), { proxy: 'Caddy', says: 'bad-gateway' });
  assert.deepEqual(recogniseProxy(504, 'gunicorn', '{}'), { proxy: 'a proxy', says: 'timeout' });
});

test('an application’s own 503 behind a proxy is not taken for the proxy’s', () => {
  assert.equal(recogniseProxy(503, 'nginx/1.22.1', '{"error":"maintenance"}'), undefined);
  assert.equal(recogniseProxy(500, 'nginx', '<center>nginx</center>'), undefined);
  assert.equal(recogniseProxy(503, '', 'Service Unavailable'), undefined);
});

test('refusals are read as the servers word them, plain or inside JSON', () => {
  const cases: [string, string, string | undefined, string | undefined][] = [
    ['FATAL: password authentication failed for user "app"', 'credentials', 'postgres', 'app'],
    ['{"e":"password authentication failed for user \\"app\\""}', 'credentials', 'postgres', 'app'],
    ['error: 28P01', 'credentials', 'postgres', undefined],
    ['no pg_hba.conf entry for host "10.0.0.9", user "app", database "x"', 'credentials', 'postgres', 'app'],
    ['ReplyError: NOAUTH Authentication required.', 'credentials', 'redis', undefined],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'credentials', 'redis', undefined],
    ["Access denied for user 'app'@'10.0.0.9' (using password: YES)", 'credentials', 'mysql', 'app'],
    ['FATAL: sorry, too many clients already', 'exhausted', 'postgres', undefined],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'exhausted', 'redis', undefined],
    ['connect ECONNREFUSED ::1:6379', 'unreachable', undefined, undefined],
  ];
  for (const [text, kind, system, user] of cases) {
    const { said, ...rest } = recogniseRefusal(text) ?? { said: '' };
    assert.deepEqual(rest, { kind, system, user }, text);
    assert.ok(said.length > 0);
  }
  assert.equal(recogniseRefusal('{"status":"ok","orders":28}'), undefined);
});
