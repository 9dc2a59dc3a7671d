/** Verbs over HTTP with input that nobody means well, and text that came from elsewhere. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ServedApp, serveApp } from '../../test/served-app.ts';
import { printResult } from '../cli/print/result.ts';
import type { Alert } from '../core/alert.ts';
import type { IncidentView, SamplesView } from '../core/view.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';

let served: ServedApp;
let token: string;
before(async () => {
  served = await serveApp();
  token = await served.token('read', 'operate', 'approve', 'admin');
});
after(() => served.stop());

const get = (path: string) => served.ask('GET', `/api/v1${path}`, { token });
const post = (path: string, body: unknown = {}) => served.ask('POST', `/api/v1${path}`, { token, body });

test('a silence of what is not known is made by force alone, and says so with the name that was meant', async () => {
  const mistyped = { matchers: 'target=its,rule=process.down', reason: 'moving' };
  const refused = await post('/silences', mistyped);
  assert.equal(refused.status, 400, refused.text);
  assert.match(refused.text, /did you mean it\?/);
  const made = await post('/silences', { ...mistyped, force: true });
  assert.equal(made.status, 200, made.text);
  const warnings = ['target=its holds nothing: no target of that name is known; did you mean it?'];
  assert.deepEqual(made.json().warnings, warnings);
  const [listed] = (await get('/silences')).json<{ warnings: string[] }[]>();
  assert.deepEqual(listed?.warnings, warnings);
  const good = await post('/silences', { matchers: 'target=it', reason: 'moving' });
  assert.deepEqual(good.json().warnings, []);
});

test('samples of an unknown metric, of the far past and over a huge span are an empty series, quickly', async () => {
  for (const query of [
    'metric=no.such.metric',
    'metric=process.up&from=0&to=1',
    'metric=process.up&from=-8000000000000000&to=8000000000000000',
    'metric=process.up&from=-9007199254740991&to=9007199254740991&step=1000',
    'metric=process.up&from=-1&to=0',
    'metric=process.up&from=&to=&step=',
    `metric=${encodeURIComponent("'; drop table journal; --")}`,
    'metric=__proto__',
    'metric=constructor',
  ]) {
    const { status, text, json } = await get(`/samples?target=it&${query}`);
    assert.equal(status, 200, `${query}: ${text}`);
    const view = json<SamplesView>();
    for (const series of view.series) assert.ok(series.at.length <= 2_001, query);
    assert.ok((view.to - view.from) / view.stepMs <= 2_001, query);
  }
});

test('a span that ends before it begins, and numbers that are none, are refused with the reason', async () => {
  for (const [query, reason] of [
    ['from=2&to=1', /from must be before to/],
    ['from=1&to=1', /from must be before to/],
    ['from=yesterday', /from/],
    ['step=0', /step/],
    ['step=1.5', /step/],
    ['to=1e400', /to/],
    ['from=9007199254740993&to=9007199254740999', /from|to/],
  ] as const) {
    const { status, text } = await get(`/samples?target=it&metric=process.up&${query}`);
    assert.equal(status, 400, `${query}: ${text}`);
    assert.match(text, reason);
  }
  assert.equal((await get('/samples?target=nobody&metric=x')).status, 404);
  assert.equal((await get('/samples?target=__proto__&metric=x')).status, 404);
  for (const path of [
    '/samples?target=it&metric=',
    '/journal?limit=501',
    '/incidents?limit=-1',
    '/journal?before=x',
  ])
    assert.equal((await get(path)).status, 400, path);
});

const incident = (id: string, over: Partial<Incident> = {}): Incident => ({
  ...{ id, title: 'down', level: 'high', status: 'open', lead: 'it', services: [], targets: ['it'] },
  ...{ openedAt: 1, acknowledgedAt: null, acknowledgedBy: null, mitigatedAt: null, wellSince: null },
  ...{ resolvedAt: null, findings: [], evidence: [], diagnosedAt: null, version: 1 },
  ...over,
});

test('an incident is found by the beginning of its id; what may mean several names them', async () => {
  const { db } = served.app.ctx.store;
  await incidentRows.insert(db, incident('0aaaaaaa-0000-7000-8000-000000000001'));
  await incidentRows.insert(db, incident('0aaaaaaa-0000-7000-8000-000000000002'));
  await incidentRows.insert(db, incident('0bbbbbbb-0000-7000-8000-000000000003'));
  assert.equal((await get('/incidents/0bbb')).status, 200);
  assert.equal((await get('/incidents/0BBBBBBB')).status, 200);
  const several = await get('/incidents/0aaa');
  assert.equal(several.status, 400);
  assert.match(several.text, /0aaaaaaa-0000-7000-8000-000000000001/);
  assert.equal((await get('/incidents/0aaaaaaa-0000-7000-8000-000000000002')).status, 200);
  for (const id of ['0ccc', '%25%25%25%25', '____', "0aaa'--", '..%2f..%2f'])
    assert.equal((await get(`/incidents/${id}`)).status, 404, id);
  assert.equal((await get('/incidents/0a')).status, 400);
  assert.equal((await get('/actions/0aaa')).status, 404);
});

test('an incident ended by hand while an alert fires stays ended, once, and tells that it fires', async () => {
  const { store } = served.app.ctx;
  const id = '0ddddddd-0000-7000-8000-000000000004';
  await incidentRows.insert(store.db, incident(id));
  await alertRows.save(store.db, {
    ...{ id: '0ddddddd-0000-7000-8000-000000000005', fingerprint: 'it:process.down:' },
    ...{ rule: 'process.down', target: 'it', labels: {}, summary: 'down', state: 'firing' },
    ...{ ruleLevel: 'critical', level: 'high', value: 0, threshold: 1, detail: '' },
    ...{ since: 1, firedAt: 1, resolvedAt: null, heldBy: null, incidentId: id },
  });
  const ended = await post(`/incidents/${id}/resolve`, { note: 'rolled back' });
  assert.equal(ended.json<IncidentView>().status, 'resolved');
  assert.equal((await post(`/incidents/${id}/resolve`)).json<IncidentView>().status, 'resolved');
  const entries = await served.call<{ kind: string; payload: { stillFiring?: string[] } }[]>('journal.list', {
    subject: `incident:${id}`,
  });
  const resolved = entries.filter(({ kind }) => kind === 'incident.resolved');
  assert.equal(resolved.length, 1);
  assert.deepEqual(resolved[0]?.payload.stillFiring, ['it:process.down:']);
  assert.equal((await post(`/incidents/${id}/ack`)).json<IncidentView>().status, 'resolved');
});

test('an open incident of which nothing fires any more says until when that must hold', async () => {
  const { store, configuration } = served.app.ctx;
  const wellSince = Date.now() - 1_000;
  const id = '0fffffff-0000-7000-8000-000000000006';
  await incidentRows.insert(store.db, incident(id, { wellSince }));
  const ended: Alert = {
    ...{ id: '0fffffff-0000-7000-8000-000000000007', fingerprint: 'it:process.gone:' },
    ...{ rule: 'process.gone', target: 'it', labels: {}, summary: 'down', state: 'resolved' },
    ...{ ruleLevel: 'critical', level: 'high', value: 0, threshold: 1, detail: '' },
    ...{ since: 1, firedAt: 1, resolvedAt: wellSince, heldBy: null, incidentId: id },
  };
  await alertRows.save(store.db, ended);
  const view = async () => (await get(`/incidents/${id}`)).json<IncidentView>();
  const { recoverForMs } = configuration().incidents;
  assert.deepEqual((await view()).holdsUntil, wellSince + recoverForMs);
  await incidentRows.update(store.db, {
    ...(await incidentRows.require(store.db, id)),
    wellSince: null,
  });
  assert.equal((await view()).holdsUntil, null);
  await post(`/incidents/${id}/resolve`);
  assert.equal((await view()).holdsUntil, null);
});

test('whoever acknowledges what is resolved or acknowledged is told, and nothing is changed', async () => {
  const { store } = served.app.ctx;
  const id = '0eeeeeee-0000-7000-8000-000000000001';
  await incidentRows.insert(store.db, incident(id));
  const print = async () => {
    const answer = (await post(`/incidents/${id}/ack`)).json<IncidentView>();
    const terminal = {
      out() {},
      err() {},
      hasColour: false,
      width: 80,
      zone: { name: 'UTC', wasUsed: false },
    };
    return printResult(terminal, 'incident.ack', answer, Date.now());
  };
  assert.doesNotMatch(await print(), /Nothing was changed/);
  const before = await incidentRows.find(store.db, id);
  assert.match(await print(), /\n +\S+ had acknowledged it \d{4}-\d\d-\d\d .*\. Nothing was changed\.\n/);
  assert.deepEqual(await incidentRows.find(store.db, id), before);
  await post(`/incidents/${id}/resolve`);
  const ended = await incidentRows.find(store.db, id);
  assert.match(await print(), /It was resolved \d{4}-.*nothing to acknowledge\. Nothing was changed\.\n/);
  assert.deepEqual(await incidentRows.find(store.db, id), ended);
});

test('an action that is not there, for no target or with a wrong input is refused and leaves no trace', async () => {
  const count = async () => (await served.call<unknown[]>('action.list')).length;
  const before = await count();
  for (const [body, status] of [
    [{}, 400],
    [{ action: 'process.restart' }, 400],
    [{ action: 'process.restart', target: 'nobody' }, 404],
    [{ action: 'rm -rf /', target: 'it' }, 404],
    [{ action: 'constructor', target: '__proto__' }, 404],
    [{ action: 'process.restart', target: 'it', why: 'x'.repeat(2_001) }, 400],
    [{ action: 'process.restart', target: 'it', input: 'no json' }, 400],
  ] as const) {
    const answer = await post('/actions', body);
    assert.equal(answer.status, status, `${JSON.stringify(body).slice(0, 80)}: ${answer.text}`);
  }
  assert.equal(await count(), before);
});

test('asking the guard stores nothing, changes nothing and journals nothing', async () => {
  const { db } = served.app.ctx.store;
  const tables = ['actions', 'jobs', 'outbox', 'journal', 'incidents', 'alerts'] as const;
  const counts = () =>
    Promise.all(
      tables.map(async (table) => {
        const { count } = await db
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow();
        return Number(count);
      }),
    );
  const before = await counts();
  const actions = [...served.app.ctx.estate().targets.values()].flatMap(({ bound }) => bound.actions);
  for (const { id } of [...actions, { id: 'no.such-action' }]) {
    const { status } = await get(`/guard/explain?action=${id}&target=it`);
    assert.ok([200, 400, 404].includes(status), `${id}: ${status}`);
  }
  assert.deepEqual(await counts(), before);
});
