/** A release is blamed for errors that begin with it, and for nothing else. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { tryTarget } from '../../../../test/try-target.ts';
import type { Alert } from '../../../core/alert.ts';
import type { Change } from '../../../core/change.ts';
import { http } from '../index.ts';

let body = 'TypeError: cart is undefined';
let status = 500;
/** Answers in turn, each by its build; empty for one that does not say its build. */
let builds: readonly { build: string; status: number }[] = [];
let turn = 0;
const server = createServer((_, response) => {
  const one = builds[turn++ % Math.max(1, builds.length)];
  if (one === undefined) return response.writeHead(status).end(body);
  return response
    .writeHead(one.status, one.build === '' ? {} : { 'x-version': one.build })
    .end(JSON.stringify({ app: one }));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => server.close());
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;

const minute = 60_000;
const now = Date.now();
const onset = now - 2 * minute;

function change(at: number, changes: Partial<Change> = {}): Change {
  return {
    ...{
      id: `c${at}`,
      kind: 'deployment',
      target: 'api-release',
      service: null,
      summary: 'release r1 -> r2',
    },
    ...{ differences: [{ name: 'release', before: 'r1', after: 'r2' }], after: at - 10_000, at },
    ...{ source: 'delivery.release', isReported: false, url: null },
    ...changes,
  };
}

function alert(target: string, rule: string, since: number): Alert {
  return {
    ...{
      id: `${target}${rule}`,
      fingerprint: target,
      rule,
      target,
      labels: {},
      summary: 'ill',
      state: 'firing',
    },
    ...{
      ruleLevel: 'critical',
      level: 'critical',
      value: 0,
      threshold: 0,
      detail: '',
      since,
      firedAt: since,
    },
    ...{ resolvedAt: null, incidentId: null, heldBy: null },
  };
}

interface Around {
  readonly changes?: readonly Change[];
  /** Share of checks before the onset that failed. */
  readonly earlier?: number;
  readonly alerts?: readonly Alert[];
  readonly down?: readonly string[];
  readonly build?: object;
  /** Share of checks since the onset that failed. */
  readonly since?: number;
}

async function findings({
  changes = [change(onset - 3_000)],
  earlier = 0,
  alerts = [],
  down = [],
  build,
  since = 1,
}: Around = {}) {
  const at = Array.from({ length: 60 }, (_, index) => onset - (40 - index) * 6_000);
  const values = at.map((moment, index) =>
    (moment >= onset ? (index - 40) / 20 < since : index / 40 < earlier) ? 500 : 200,
  );
  const target = tryTarget(http, { url, ...(build ? { build } : {}) });
  const found = await target.diagnose('http.bad-release', {
    alerts: [alert('tried', 'http.down', onset), ...alerts],
    dependencies: ['api-release', 'db'],
    changes,
    history: async () => [{ labels: {}, at, values }],
    latest: (name, metric) =>
      name === 'db' && metric === 'postgres.up'
        ? [{ labels: {}, value: down.includes('db') ? 0 : 1, at: now }]
        : [],
  });
  return found.findings;
}

test('5xx since the release, none before: the release, and the way back to the one that was', async () => {
  const [finding] = await findings();
  assert.equal(finding?.target, 'api-release');
  assert.match(finding?.summary ?? '', /release r2 \(it was r1\) answers with 500: 0 of 40 .* 20 of 20/);
  assert.equal(finding?.change, `c${onset - 3_000}`);
  assert.deepEqual(finding?.recommendations, [
    {
      ...{ action: 'delivery.rollback-release', target: 'api-release', input: { to: 'r1' } },
      why: 'tried answers with 500 since release r2 (it was r1)',
    },
  ]);
});

test('a reported deployment without a declared way back is named and nothing is recommended', async () => {
  const reported = {
    source: 'token:ci',
    isReported: true,
    target: null,
    service: 'shop',
    summary: 'shop 4.2.1',
    differences: [],
  };
  const [finding] = await findings({ changes: [change(onset - 3_000, reported)] });
  assert.match(finding?.summary ?? '', /^shop 4\.2\.1 answers with 500/);
  assert.deepEqual(finding?.recommendations, []);
  assert.match(finding?.unseen.join() ?? '', /releases:/);
});

test('the newest deployment before the errors is the one, not one after them', async () => {
  const old = change(onset - 10 * minute, { id: 'old' });
  const later = change(onset + minute, { id: 'later' });
  const [finding] = await findings({ changes: [later, change(onset - 3_000, { id: 'it' }), old] });
  assert.equal(finding?.change, 'it');
});

for (const [name, around] of [
  ['that was ten minutes before', { changes: [change(onset - 10 * minute)] }],
  ['that came after the errors', { changes: [change(onset + minute)] }],
  ['while it failed before already', { earlier: 0.2 }],
  ['while the database is down', { down: ['db'] }],
  ['while what it needs is ill', { alerts: [alert('db', 'postgres.connections', onset)] }],
  ['of another kind than a deployment', { changes: [change(onset - 3_000, { kind: 'configuration' })] }],
] as [string, Around][])
  test(`an innocent change ${name} is not blamed`, async () => assert.deepEqual(await findings(around), []));

const old = { build: 'r1', status: 200 };

test('a new build beside the old one is blamed for its own errors, though most checks are well', async (t) => {
  t.after(() => {
    builds = [];
  });
  builds = [old, { build: 'r2', status: 500 }, old, old];
  const [finding] = await findings({ since: 0.25 });
  assert.match(
    finding?.explanation ?? '',
    /Of the answers of the new build 3 of 3 are server errors; 0 of 9 of other builds do\./,
  );
  assert.ok((finding?.confidence ?? 0) > 0.95);
  assert.deepEqual(finding?.recommendations[0]?.input, { to: 'r1' });
  const byField = await findings({ since: 0.25, build: { json: 'app.build' } });
  assert.equal(byField.length, 1);
});

for (const [name, made] of [
  [
    'while the new build answers well',
    [
      { build: 'r1', status: 500 },
      { build: 'r2', status: 200 },
    ],
  ],
  [
    'while the old build fails as well',
    [
      { build: 'r1', status: 500 },
      { build: 'r2', status: 500 },
    ],
  ],
  ['while the new build does not answer at all', [{ build: 'r1', status: 500 }]],
] as [string, typeof builds][])
  test(`a release is not blamed ${name}`, async (t) => {
    t.after(() => {
      builds = [];
    });
    builds = made;
    assert.deepEqual(await findings(), []);
  });

test('builds whose names fit no release, and errors that name no build, leave it to the moment', async (t) => {
  t.after(() => {
    builds = [];
  });
  builds = [{ build: 'quiet-falcon', status: 500 }];
  const [finding] = await findings();
  assert.equal(finding?.confidence, 0.9);
  assert.match(finding?.unseen.join() ?? '', /which build answers/);
  assert.equal((await findings({ build: { header: 'x-nothing' } })).length, 1);
  builds = [old, { build: '', status: 500 }];
  turn = 1;
  assert.equal((await findings({ since: 0.6 })).length, 1);
});

test('a new build that fails now and then is told from one that is well, by checks and by builds', async (t) => {
  t.after(() => {
    builds = [];
  });
  const well = { build: '', status: 200 };
  builds = [well];
  const [byChecks] = await findings({ since: 0.3 });
  assert.match(byChecks?.summary ?? '', /answers with 500: 0 of 40 checks failed before it, 6 of 20 since/);
  assert.deepEqual(await findings({ since: 0.05 }), [], 'one error is chance');
  assert.deepEqual(await findings({ since: 0.3, earlier: 0.05 }), [], 'it failed now and then before');
  const good = { build: 'r2', status: 200 };
  builds = [good, good, { build: 'r2', status: 500 }];
  const [byBuilds] = await findings({ since: 0.3 });
  assert.match(byBuilds?.explanation ?? '', /Of the answers of the new build 4 of 12 are server errors/);
  const [notKept] = await findings({ since: 0 });
  assert.match(notKept?.summary ?? '', /answers with 500: 4 of 12 of its answers are errors$/);
});

test('an error that names a dependency, and a proxy that speaks for a server, are other troubles', async () => {
  body = 'Error: connect ECONNREFUSED 127.0.0.1:5432';
  assert.deepEqual(await findings(), []);
  body =
    '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>';
  status = 503;
  assert.deepEqual(await findings(), []);
  status = 404;
  body = 'not found';
  assert.deepEqual(await findings(), []);
});
