/** An endpoint that is reached and answers with an error of its own, and one whose error names its own kernel. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { tryTarget } from '../../../../test/try-target.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { http } from '../index.ts';

let answer: { status: number; body: string; headers?: Record<string, string> } = { status: 200, body: '' };
const server = createServer((_, response) =>
  response.writeHead(answer.status, answer.headers).end(answer.body),
);
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => server.close());
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

async function findings(id: string, made: typeof answer, known: Partial<DiagnosisContext> = {}) {
  answer = made;
  // One of its own each time: investigations share a look for two seconds.
  return (await tryTarget(http, { url }).diagnose(id, known)).findings;
}

test('429 is a limit, with how long to wait; a 5xx without a reason says only where it fails', async () => {
  const limited = { status: 429, body: '{"error":"slow down"}', headers: { 'retry-after': '30' } };
  const [first] = await findings('http.own-error', limited);
  assert.match(first?.summary ?? '', /^tried turns requests away because they are too many \(429/);
  assert.match(first?.explanation ?? '', /wait 30 \(Retry-After\).*cache/);
  assert.equal(first?.isWhereOnly, undefined);
  const [broken] = await findings('http.own-error', { status: 500, body: 'oops' });
  assert.match(broken?.summary ?? '', /^tried is reached and answers 500 /);
  assert.equal(broken?.isWhereOnly, true);
  assert.equal(broken?.isNoSlowness, true, 'a 500 at once waited for no database');
  const [busy] = await findings('http.own-error', { status: 503, body: 'later' });
  assert.equal(busy?.isNoSlowness, undefined);
});

test('no error of its own: what is well, what somebody else says, and what a dependency makes', async () => {
  assert.deepEqual(await findings('http.own-error', { status: 200, body: 'ok' }), []);
  assert.deepEqual(await findings('http.own-error', { status: 404, body: 'gone' }), []);
  const proxy =
    '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n';
  assert.deepEqual(await findings('http.own-error', { status: 503, body: proxy }), []);
  const named = { status: 500, body: 'connect ECONNREFUSED 127.0.0.1:5432' };
  assert.deepEqual(await findings('http.own-error', named), []);
  const down: Partial<DiagnosisContext> = {
    dependencies: ['partner'],
    latest: (name, metric) =>
      name === 'partner' && metric === 'http.up' ? [{ labels: {}, value: 0, at: Date.now() }] : [],
  };
  assert.deepEqual(await findings('http.own-error', { status: 502, body: 'sorry' }, down), []);
});

for (const body of [
  'connect EADDRNOTAVAIL 10.0.0.7:5432 - Local (10.0.0.3:0)',
  '{"error":"dial tcp 10.0.0.7:5432: connect: cannot assign requested address"}',
  'OSError: [Errno 99] Cannot assign requested address',
])
  test(`no local port is left: ${body}`, async () => {
    const [finding] = await findings('http.ports-exhausted', { status: 500, body });
    assert.match(finding?.summary ?? '', /^tried finds no local port for another connection: /);
    assert.match(finding?.explanation ?? '', /ip_local_port_range/);
    assert.deepEqual(await findings('http.own-error', { status: 500, body }), []);
    assert.deepEqual(await findings('http.dependency-error', { status: 500, body }), []);
  });
