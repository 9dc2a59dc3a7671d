/** No page or API answers without a session or a token; /healthz and the dashboard's own files hold no data. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type App, createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { readConfiguration } from '../../src/config/read.ts';
import { silentLog } from '../../src/log.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import { systems } from '../../src/systems/index.ts';
import { verbs } from '../../src/verbs/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'upkeep-access-'));
let app: App;

before(async () => {
  const text =
    'name: contract\ntargets: { it: { system: process, pidFile: /nonexistent/it.pid, every: 60s } }\n';
  const file = join(folder, 'upkeep.yaml');
  const reading = readConfiguration({ file, text, env: {}, systems, notifiers, readFile: () => '' });
  assert.ok(reading.configuration, reading.problems.map(formatProblem).join('\n'));
  app = await createApp({
    configuration: { ...reading.configuration, listen: { host: '127.0.0.1', port: 0 } },
    ...{ file, clock: systemClock, log: silentLog, print() {}, systems, notifiers },
    web: join(folder, 'no-dashboard'),
  });
});
after(async () => {
  await app.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Without fetch, which would not let us lie about the host. */
function ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const body = method === 'GET' ? '' : '{}';
  return new Promise((resolve, reject) => {
    const asked = request(
      `${app.url}${path}`,
      { method, headers: { 'x-upkeep': '1', 'content-length': body.length, ...headers } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      },
    );
    asked.once('error', reject);
    asked.end(body);
  });
}

const routes = [
  ...verbs.map((verb) => {
    const [method = '', path = ''] = verb.route.split(' ');
    return { method, path: `/api/v1${path.replace(/:[a-zA-Z]+/g, 'x')}` };
  }),
  ...['/api/v1/events', '/api/openapi.json', '/metrics', '/api/v1/nothing', '/api/'].map((path) => ({
    method: 'GET',
    path,
  })),
  ...['/v1/metrics', '/api/v1/write', '/api/v1/push', '/api/v2/alerts', '/api/v1/alerts/alertmanager'].map(
    (path) => ({ method: 'POST', path }),
  ),
];

const strangers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nobody: {},
  'a wrong token': { authorization: 'Bearer upk_local_wrong' },
  'an empty token': { authorization: 'Bearer ' },
  'another scheme': { authorization: 'Basic dXBrZWVwOnVwa2VlcA==' },
  'a made-up session': { cookie: 'upkeep_session=made-up' },
};

for (const { method, path } of routes) {
  test(`${method} ${path} answers 401 to strangers`, async () => {
    for (const [who, headers] of Object.entries(strangers)) {
      const { status, body } = await ask(method, path, headers);
      assert.equal(status, 401, `${who}: ${body.slice(0, 200)}`);
      assert.equal(JSON.parse(body).error.code, 'not-signed-in', who);
    }
  });
}

test('a name that is not ours is turned away, whoever asks', async () => {
  for (const path of ['/', '/healthz', '/api/v1/overview'])
    assert.equal((await ask('GET', path, { host: 'evil.test' })).status, 403, path);
});

test('health needs no credentials and tells nothing of what is watched', async () => {
  const { status, body } = await ask('GET', '/healthz');
  assert.equal(status, 200);
  assert.ok(!body.includes('contract'), body);
});

test('the first account needs the one-time link', async () => {
  const { status } = await ask('POST', '/api/v1/setup', { 'content-type': 'application/json' });
  assert.ok(status === 400 || status === 410, String(status));
});
