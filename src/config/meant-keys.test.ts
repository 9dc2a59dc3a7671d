/** Keys of other programs, and texts where a list belongs: each problem says what to write. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notifiers } from '../notifiers/index.ts';
import { systems } from '../systems/index.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

function problemsOf(target: string, env: Record<string, string> = {}): string {
  const text = `name: x\ntargets:\n  t: ${target}\n`;
  const readFile = () => 'hush hush';
  const reading = readConfiguration({ file: 'u', text, env, systems, notifiers, readFile });
  return reading.problems.map(formatProblem).join('\n');
}

for (const [target, key, meant] of [
  ['{ system: dns, host: example.org }', 'host', 'name'],
  ['{ system: dns, domain: example.org }', 'domain', 'name'],
  ['{ system: dns, name: example.org, server: 9.9.9.9 }', 'server', 'resolver'],
  ['{ system: tls, url: "https://example.org" }', 'url', 'host'],
  ['{ system: tls, host: a.example, sni: b.example }', 'sni', 'serverName'],
  ['{ system: http, address: "http://localhost" }', 'address', 'url'],
  ['{ system: redis, host: localhost }', 'host', 'url'],
  ['{ system: postgres, dsn: "postgres://localhost" }', 'dsn', 'url'],
  ['{ system: process, command: [node] }', 'command', 'start'],
  ['{ system: process, pidfile: /run/x.pid }', 'pidfile', 'pidFile'],
  ['{ system: process, name: nginx }', 'name', 'match'],
  ['{ system: haproxy, stats: /run/haproxy.sock }', 'stats', 'socket'],
  ['{ system: host, interval: 10s }', 'interval', 'every'],
  ['{ system: host, depends_on: [] }', 'depends_on', 'dependsOn'],
  ['{ type: host }', 'type', 'system'],
  // Letters, where no word is known.
  ['{ system: http, ulr: "http://localhost" }', 'ulr', 'url'],
] as const)
  test(`${target}: ${meant} was meant by ${key}`, () => {
    const told = problemsOf(target);
    assert.match(told, new RegExp(`t\\.${key}: is not a key .*\\(did you mean ${meant}\\?\\)`), told);
  });

test('a key like no other is told which ones its system has; a title is no address', () => {
  assert.match(
    problemsOf('{ system: dns, name: a.example, retries: 3 }'),
    /retries: .*\(one of name, type, /,
  );
  assert.doesNotMatch(problemsOf('{ system: http, url: "http://a", name: web }'), /did you mean url/);
});

test('a text where a list belongs comes with the list to write; a secret in it does not', () => {
  const start = (value: string, env = {}) => problemsOf(`{ system: process, start: ${value} }`, env);
  assert.match(
    start('node server.js --port 80'),
    /t\.start: must be a list \(write \[node, server\.js, "--port", "80"\]\)$/,
  );
  assert.match(start('7'), /must be a list \(write \[7\]\)$/);
  for (const cut of [`sh -c "sleep 1"`, `'{ "a": 1 }'`]) assert.match(start(cut), /must be a list$/);
  assert.match(
    problemsOf('{ system: dns, name: a.example, expect: "192.0.2.1, 192.0.2.2" }'),
    /expect: must be a list \(write \["192\.0\.2\.1", "192\.0\.2\.2"\]\)$/,
  );
  assert.match(start(`"\${PROGRAM}"`, { PROGRAM: 'secret thing' }), /must be a list$/);
  assert.match(start('file:program'), /must be a list$/);
  assert.match(start('node server.js --password=hunter2'), /must be a list$/, 'problems stand in the log');
  assert.doesNotMatch(start('sync redis://me:hunter2@cache'), /hunter2/);
});
