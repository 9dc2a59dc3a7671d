import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachEngine } from '../../test/engines/for-each-engine.ts';
import type { Alert } from '../core/alert.ts';
import * as alerts from './alerts.ts';

function alert(id: string, changes: Partial<Alert> = {}): Alert {
  return {
    ...{ id, fingerprint: 'tcp.down|db|', rule: 'tcp.down', target: 'db', labels: { port: '5432' } },
    ...{ summary: 'nothing listens', state: 'firing', ruleLevel: 'critical', level: 'high' },
    ...{ value: 0.25, threshold: 1, detail: 'connect ECONNREFUSED', since: 1_000, firedAt: 2_000 },
    ...{ resolvedAt: null, incidentId: null },
    heldBy: null,
    ...changes,
  } satisfies Alert;
}

forEachEngine((engine) => {
  test('an alert is read back as it was written, again and again', async () => {
    const { db } = await engine.freshStore();
    await alerts.save(db, alert('a1', { state: 'pending', firedAt: null }));
    await alerts.save(db, alert('a1'));
    assert.deepEqual(await alerts.byId(db, 'a1'), alert('a1'));
    assert.equal(await alerts.byId(db, 'a2'), undefined);
    await alerts.save(db, alert('a1', { value: Number.NaN, threshold: Number.POSITIVE_INFINITY }));
    assert.deepEqual(await alerts.byId(db, 'a1'), alert('a1', { value: null, threshold: null }));
  });

  test('a fingerprint has one open alert; once it is resolved another may open', async () => {
    const { db } = await engine.freshStore();
    await alerts.save(db, alert('a1'));
    await assert.rejects(alerts.save(db, alert('a2')), /unique/i);
    assert.equal((await alerts.byFingerprint(db, 'tcp.down|db|'))?.id, 'a1');
    await alerts.save(db, alert('a1', { state: 'resolved', resolvedAt: 3_000 }));
    assert.equal(await alerts.byFingerprint(db, 'tcp.down|db|'), undefined);
    await alerts.save(db, alert('a4'));
    assert.deepEqual(
      (await alerts.open(db)).map((one) => one.id),
      ['a4'],
    );
  });

  test('open ones come in the order they began; an incident has all of its own', async () => {
    const { db } = await engine.freshStore();
    await db
      .insertInto('incidents')
      .values({
        ...{ id: 'i1', title: 't', level: 'low', status: 'open', lead: 'db', services: '[]', targets: '[]' },
        ...{ opened_at: 1, findings: '[]', evidence: '[]', conduct: '{}', version: 1 },
      })
      .execute();
    await alerts.save(db, alert('late', { fingerprint: 'f1', since: 9_000, incidentId: 'i1' }));
    await alerts.save(db, alert('early', { fingerprint: 'f2', since: 500, state: 'pending' }));
    await alerts.save(db, alert('ended', { fingerprint: 'f3', state: 'resolved', incidentId: 'i1' }));
    const ids = (found: readonly Alert[]) => found.map((one) => one.id);
    assert.deepEqual(ids(await alerts.open(db)), ['early', 'late']);
    assert.deepEqual(ids(await alerts.ofIncident(db, 'i1')), ['ended', 'late']);
    await assert.rejects(
      alerts.save(db, alert('lost', { fingerprint: 'f4', incidentId: 'none' })),
      /foreign key/i,
    );
  });
});
