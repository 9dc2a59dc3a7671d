import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../alert.ts';
import { leading, titleOf } from '../incident.ts';
import type { Topology } from '../topology.ts';
import { backupFindings } from './backup-words.ts';

const topology: Topology = { needs: new Map([['db', ['host']]]), servicesOf: new Map() };
const failed = (backup: string, more: Partial<Alert> = {}): Alert => ({
  ...{ id: backup, fingerprint: backup, rule: 'upkeep.backup-failed', target: 'db', labels: { backup } },
  ...{ summary: `backups of ${backup}`, state: 'firing', ruleLevel: 'critical', level: 'high', value: 0 },
  ...{ threshold: null, detail: `backup ${backup}: the last backup failed: no room.`, since: 100 },
  ...{ firedAt: 100, resolvedAt: null, incidentId: null, heldBy: null, ...more },
});
const waits = failed('', {
  ...{ id: 'w', fingerprint: 'w', rule: 'host.cpu-pressure', target: 'host', labels: {} },
  ...{ summary: 'work waits for a core', level: 'medium', since: 200 },
});
const now = { topology, now: 1_000, recoverForMs: 60_000 };
const incident = { lead: 'db', title: '', findings: [] };

test('backups that fail are named whatever leads the incident beside them', () => {
  const finding = { id: 'host.cpu', target: 'host', summary: 'a job takes the cores', confidence: 0.9 };
  const said = leading({ ...incident, findings: [finding] }, [failed('shop'), waits], 2, now);
  assert.equal(said.lead, 'host');
  assert.equal(said.title, 'host: work waits for a core (and 1 more), and backups of shop');
  const quiet = leading({ ...incident, findings: [finding] }, [failed('shop')], 1, now);
  assert.equal(quiet.title, 'host: a job takes the cores, and backups of shop');
});

test('backups of one server that fail together are all named; what is well again is not', () => {
  const both = [failed('physical'), failed('dump', { since: 120 })];
  assert.equal(leading(incident, both, 1, now).title, 'db: backups of physical, dump');
  const late = failed('dump', { rule: 'upkeep.backup-late', id: 'late' });
  assert.equal(leading(incident, [...both, late], 1, now).title, 'db: backups of physical, dump');
  const one = [failed('physical'), failed('dump', { state: 'resolved', resolvedAt: 500 })];
  assert.equal(leading(incident, one, 1, now).title, 'db: backups of physical');
  const well = failed('shop', { state: 'resolved', resolvedAt: 500 });
  assert.equal(
    leading({ ...incident, lead: 'host' }, [waits, well], 1, now).title,
    'host: work waits for a core',
  );
  assert.equal(titleOf(failed('dump'), 1), 'db: backups of dump');
});

test('among the causes each stands once for its target and rule, in the words of its alerts', () => {
  const found = backupFindings([failed('physical'), failed('dump', { since: 90 }), waits], 1_000);
  assert.deepEqual(
    found.map(({ id, target, summary, onset }) => [id, target, summary, onset]),
    [
      [
        ...['upkeep.backup-failed', 'db'],
        'backup physical: the last backup failed: no room. backup dump: the last backup failed: no room.',
        90,
      ],
    ],
  );
});
