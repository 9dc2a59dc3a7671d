/** A cause leads as long as it holds: who reads the incident later is never told the error of the beginning. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { down, minuteMs, secondMs, startLoop, type Toy, toyTarget, up } from '../../test/simulation/loop.ts';
import type { Outcome } from '../core/sample.ts';
import type { Diagnosis } from '../core/system.ts';
import * as alertRows from '../store/alerts.ts';

const otherError: Outcome = { ok: false, why: 'refused', detail: 'database "shop" does not exist (3D000)' };

function nobodyListens(isSo: () => boolean, looks: { count: number }): Diagnosis<Toy> {
  return {
    id: 'toy.nobody-listens',
    summary: 'nobody listens',
    explains: ['toy.down'],
    gather: async (_, target, { clock }) => {
      if (target === 'db') looks.count++;
      return [{ id: 'port', target, title: 'Port', at: clock.now(), how: 'look' }];
    },
    conclude: (_, target) =>
      target === 'db' && isSo()
        ? [
            {
              ...{ id: 'toy.nobody-listens', target, summary: 'nobody listens', explanation: 'seen' },
              ...{ confidence: 0.97, evidence: ['port'], unseen: [], recommendations: [] },
            },
          ]
        : [],
  };
}

async function cascade(apps = 10) {
  let db: Outcome = up;
  let areAppsDown = false;
  const looks = { count: 0 };
  const names = Array.from({ length: apps }, (_, index) => `app${index}`);
  const loop = await startLoop({
    targets: [toyTarget('db'), ...names.map((name) => toyTarget(name, { dependsOn: ['db'] }))],
    probe: async (name) => (name === 'db' ? db : areAppsDown ? down : up),
    diagnoses: [nobodyListens(() => db === down, looks)],
  });
  await loop.pass(20 * secondMs);
  db = down;
  areAppsDown = true;
  await loop.pass(30 * secondMs);
  return {
    loop,
    looks,
    incident: async () => {
      const [incident] = await loop.incidents();
      assert.ok(incident);
      return incident;
    },
    set: (outcome: Outcome) => {
      db = outcome;
    },
    mendApps: () => {
      areAppsDown = false;
    },
  };
}

test('a cause whose check fails by another error since is looked at again, and leads no longer', async () => {
  const { loop, set, incident, mendApps } = await cascade();
  assert.equal((await incident()).findings[0]?.id, 'toy.nobody-listens');
  await loop.pass(3 * minuteMs);
  set(otherError);
  mendApps();
  await loop.pass(15 * secondMs);
  const { id, findings } = await incident();
  assert.deepEqual(findings, [], 'what was found explains another error');
  const [restated] = await loop.journal('alert.restated');
  assert.deepEqual(
    [restated?.payload.target, restated?.payload.detail, restated?.payload.before],
    ['db', otherError.detail, 'ECONNREFUSED'],
  );
  const alert = (await alertRows.ofIncident(loop.store.db, id)).find(({ target }) => target === 'db');
  assert.equal(alert?.detail, otherError.detail);
  assert.equal(alert?.firstDetail, 'ECONNREFUSED');
  await loop.end();
});

test('the title counts what still fires beside its first', async () => {
  const { loop, incident, mendApps } = await cascade();
  assert.equal((await incident()).title, 'db: is down (and 10 more)');
  mendApps();
  await loop.pass(2 * minuteMs);
  assert.equal((await incident()).title, 'db: is down');
  await loop.end();
});

test('when most of what fired has cleared, it is looked at again', async () => {
  const { loop, looks, mendApps } = await cascade();
  const before = looks.count;
  mendApps();
  await loop.pass(2 * minuteMs);
  assert.ok(looks.count > before, `${looks.count} looks, ${before} before`);
  await loop.end();
});

test('an open incident is looked at again now and then, ever more rarely', async () => {
  const { loop, looks, incident } = await cascade();
  const before = looks.count;
  await loop.pass(60 * minuteMs);
  assert.ok(
    looks.count - before >= 4 && looks.count - before <= 7,
    `${looks.count - before} looks in an hour`,
  );
  const { diagnosedAt } = await incident();
  assert.ok(loop.clock.now() - (diagnosedAt ?? 0) <= 11 * minuteMs);
  const first = looks.count;
  await loop.pass(10 * 60 * minuteMs);
  assert.ok(looks.count - first <= 22, `${looks.count - first} looks in ten hours`);
  assert.equal((await loop.journal('incident.diagnosed')).length, 1, 'the same again is no news');
  await loop.end();
});
