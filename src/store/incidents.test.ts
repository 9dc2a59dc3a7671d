import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import { newId } from '../id.ts';
import * as incidents from './incidents.ts';

function incident(at: number, changes: Partial<incidents.Incident> = {}): incidents.Incident {
  return {
    ...{ id: newId(at), title: 'db: connection refused', level: 'critical', status: 'open', lead: 'db' },
    ...{
      services: ['api'],
      targets: ['db', 'web'],
      openedAt: at,
      acknowledgedAt: null,
      acknowledgedBy: null,
    },
    ...{ mitigatedAt: null, wellSince: null, resolvedAt: null, diagnosedAt: null, version: 1 },
    findings: [
      {
        ...{ id: 'postgres.down', target: 'db', summary: 'it is down', explanation: 'nothing listens' },
        ...{ confidence: 0.9, evidence: ['db.port'], unseen: [], recommendations: [] },
      },
    ],
    evidence: [
      { id: 'db.port', target: 'db', title: 'port', at, how: 'ss -ltn', facts: { open: false, n: null } },
    ],
    ...changes,
  };
}

forEachEngine((engine) => {
  test('an incident is read back as it was written', async () => {
    const { db } = await engine.freshStore();
    const one = incident(1_000, {
      acknowledgedAt: 2_000,
      acknowledgedBy: 'owner',
      wellSince: 1_726_000_000_000,
    });
    await incidents.insert(db, one);
    assert.deepEqual(await incidents.byId(db, one.id), one);
    assert.equal(await incidents.byId(db, 'none'), undefined);
    await assert.rejects(incidents.require(db, 'none'), { code: 'not-found' });
  });

  test('headlines come in the order that is asked for, without what is not there', async () => {
    const { db } = await engine.freshStore();
    const [one, other] = [incident(1_000), incident(2_000, { title: 'web: slow', level: 'high' })];
    for (const each of [one, other]) await incidents.insert(db, each);
    assert.deepEqual(await incidents.headlines(db, [other.id, 'none', one.id]), [
      { id: other.id, title: 'web: slow', level: 'high', status: 'open' },
      { id: one.id, title: one.title, level: 'critical', status: 'open' },
    ]);
    assert.deepEqual(await incidents.headlines(db, []), []);
  });

  test('of two that read the same version only the first may write', async () => {
    const { db } = await engine.freshStore();
    const one = incident(1_000);
    await incidents.insert(db, one);
    const saved = await incidents.update(db, { ...one, status: 'acknowledged' });
    assert.equal(saved.version, 2);
    await assert.rejects(incidents.update(db, { ...one, status: 'resolved' }), { code: 'conflict' });
    assert.deepEqual(await incidents.byId(db, one.id), { ...one, status: 'acknowledged', version: 2 });
    assert.equal((await incidents.update(db, saved)).version, 3);
  });

  test('what is open comes gravest first, of one level what is wrong now, then the oldest; page by page too', async () => {
    const { db } = await engine.freshStore();
    const told: [number, Partial<incidents.Incident>][] = [
      [1, { status: 'resolved', resolvedAt: 9_000 }],
      [2, { wellSince: 8_000 }],
      [3, { level: 'medium' }],
      [4, { status: 'acknowledged' }],
      [5, { status: 'mitigated' }],
      [6, {}],
      [7, { level: 'low' }],
      [8, { level: 'high', wellSince: 8_000 }],
    ];
    for (const [n, changes] of told) await incidents.insert(db, incident(n * 1_000, changes));
    const openedAt = (found: readonly incidents.Incident[]) => found.map((one) => one.openedAt / 1_000);
    const gravest = [4, 6, 2, 5, 8, 3, 7];
    assert.deepEqual(openedAt(await incidents.open(db)), gravest);
    const paged: incidents.Incident[] = [];
    for (let page = paged; page.length > 0 || paged.length === 0; ) {
      page = await incidents.list(db, { status: 'open', limit: 2, before: paged.at(-1)?.id });
      paged.push(...page);
    }
    assert.deepEqual(openedAt(paged), gravest);
    assert.deepEqual(
      openedAt(await incidents.list(db, { status: 'unacknowledged', limit: 9 })),
      [6, 2, 8, 3, 7],
    );
  });

  test('lists of all are newest first, by page and by status', async () => {
    const { db } = await engine.freshStore();
    const all = [1, 2, 3, 4].map((n) => incident(n * 1_000, { status: n === 2 ? 'resolved' : 'mitigated' }));
    for (const one of all) await incidents.insert(db, one);
    const openedAt = (found: readonly incidents.Incident[]) => found.map((one) => one.openedAt);
    assert.deepEqual(openedAt(await incidents.open(db)), [1_000, 3_000, 4_000]);
    assert.deepEqual(openedAt(await incidents.list(db, { status: 'open', limit: 2 })), [1_000, 3_000]);
    assert.deepEqual(openedAt(await incidents.list(db, { status: 'resolved', limit: 9 })), [2_000]);
    const [first] = await incidents.list(db, { limit: 1 });
    assert.deepEqual(
      openedAt(await incidents.list(db, { status: 'all', limit: 2, before: first?.id })),
      [3_000, 2_000],
    );
  });

  test('lists are narrowed by level, service, target, text and span', async () => {
    const { db } = await engine.freshStore();
    const first = incident(1_000, {
      title: 'Pool 100% full',
      level: 'high',
      status: 'resolved',
      resolvedAt: 2_000,
    });
    const second = incident(5_000, { services: ['api-2'], targets: ['db_1'], status: 'acknowledged' });
    const third = incident(9_000, { level: 'low', findings: [], conduct: { declaredBy: 'anna' } });
    for (const one of [first, second, third]) await incidents.insert(db, one);
    const found = async (filter: Partial<incidents.IncidentFilter>) =>
      (await incidents.list(db, { limit: 9, ...filter })).map(({ openedAt }) => openedAt);
    assert.deepEqual(await found({ levels: ['high', 'low'] }), [9_000, 1_000]);
    assert.deepEqual(await found({ status: 'unacknowledged' }), [9_000]);
    assert.deepEqual(await found({ status: 'acknowledged' }), [5_000]);
    assert.deepEqual(await found({ service: 'api' }), [9_000, 1_000], 'a name is whole');
    assert.deepEqual(await found({ target: 'db_1' }), [5_000]);
    assert.deepEqual(await found({ target: 'dbx1' }), [], 'an underscore is no wildcard');
    assert.deepEqual(await found({ text: '100%' }), [1_000]);
    assert.deepEqual(await found({ text: 'IT IS down' }), [5_000, 1_000]);
    assert.deepEqual(await found({ text: "'; drop table incidents; --" }), []);
    assert.deepEqual(await found({ from: 3_000 }), [9_000, 5_000]);
    assert.deepEqual(await found({ to: 5_000 }), [5_000, 1_000]);
    assert.deepEqual(await incidents.byId(db, third.id), third);
    assert.deepEqual(await incidents.endedSince(db, 2_000), [
      { id: first.id, lead: 'db', symptoms: [], resolvedAt: 2_000, isMerged: false, isHygiene: false },
    ]);
    assert.deepEqual(await incidents.endedSince(db, 2_001), []);
  });

  test('an id may be abbreviated as long as it is clear', async () => {
    const { db } = await engine.freshStore();
    const one = incident(1_000, { id: '01990d2c-0000-7000-8000-00000000000a' });
    const two = incident(1_000, { id: '01990d2c-1111-7000-8000-00000000000b' });
    await incidents.insert(db, one);
    await incidents.insert(db, two);
    assert.equal((await incidents.find(db, '01990D2C-1')).id, two.id);
    assert.equal((await incidents.find(db, one.id)).id, one.id);
    await assert.rejects(incidents.find(db, '01990d2c'), { code: 'bad-input', message: new RegExp(one.id) });
    for (const wrong of ['ffff', '%', '_1990d2c', "'"]) {
      await assert.rejects(incidents.find(db, wrong), { code: 'not-found' });
    }
  });
});
