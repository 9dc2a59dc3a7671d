import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../alert.ts';
import { leading } from '../incident.ts';
import type { Topology } from '../topology.ts';
import type { SpokenOf } from './other-failure.ts';
import { subjectNews, subjectOf, toldOf } from './subjects.ts';

const hour = 60 * 60_000;
const topology: Topology = { needs: new Map([['db', ['host']]]), servicesOf: new Map() };
const alert = (rule: string, more: Partial<Alert> = {}): Alert => ({
  ...{ id: rule, fingerprint: rule, rule, target: 'db', labels: {}, summary: `${rule} fires` },
  ...{ state: 'firing', ruleLevel: 'critical', level: 'high', value: 0, threshold: null, detail: rule },
  ...{ since: 100, firedAt: 100, resolvedAt: null, incidentId: null, heldBy: null, ...more },
});
const notProven = (backup: string, more: Partial<Alert> = {}) =>
  alert('upkeep.backup-not-proven', {
    ...{ id: backup, fingerprint: backup, labels: { backup }, summary: `backups of ${backup}`, ...more },
  });
const dump = notProven('dump');
const recoveryPoint = alert('postgres.recovery-point-age', {
  ...{ summary: 'What was written lately could not be restored', level: 'medium', since: 500 },
});
const of = { level: 'high', since: 0, findings: [] } as const;
const news = (told: readonly Alert[], all: readonly Alert[], more: Partial<SpokenOf> = {}) =>
  subjectNews(toldOf(told, 1_000), all, { ...of, ...more }, topology).map(({ subject, reason }) => [
    subject,
    reason,
  ]);

test('another plan, copies elsewhere and the log are subjects of their own; all other trouble is one', () => {
  assert.equal(subjectOf(dump), 'backups of dump on db');
  assert.equal(
    subjectOf(alert('upkeep.backup-late', { labels: { backup: 'dump' } })),
    'backups of dump on db',
  );
  assert.equal(
    subjectOf(alert('upkeep.offsite-not-proven', { labels: { backup: 'dump' } })),
    'copies of dump on db',
  );
  assert.equal(
    subjectOf(alert('upkeep.backup-late', { labels: { backup: 'all', repository: 'repo2' } })),
    'backups of all in repo2 on db',
  );
  assert.equal(subjectOf(recoveryPoint), 'log of db');
  assert.equal(subjectOf(alert('postgres.archive-age')), 'log of db');
  assert.equal(subjectOf(alert('postgres.locks')), subjectOf(alert('host.disk', { target: 'host' })));
});

test('what joins as another subject is news, and one that gets graver is again', () => {
  const cluster = notProven('cluster');
  assert.deepEqual(news([dump], [dump, cluster]), [['backups of cluster on db', 'another-subject']]);
  assert.deepEqual(news([dump, cluster], [dump, cluster]), []);
  assert.deepEqual(news([dump], [dump, recoveryPoint]), [['log of db', 'another-subject']]);
  const worse = { ...recoveryPoint, level: 'high' } as const;
  assert.deepEqual(news([dump, recoveryPoint], [dump, worse]), [['log of db', 'graver']]);
  assert.deepEqual(news([dump], [dump, alert('postgres.locks')]), [['trouble', 'another-subject']]);
  const low = alert('upkeep.backup-late', { labels: { backup: 'x' }, level: 'low' });
  assert.deepEqual(news([dump], [dump, low]), []);
  assert.deepEqual(subjectNews(null, [dump, cluster], of, topology), []);
});

test('what flaps is told once an hour', () => {
  const at = (since: number) => notProven('dump', { since });
  assert.deepEqual(news([dump], [at(1_000 + hour - 1)]), []);
  assert.deepEqual(news([dump], [at(1_000 + hour)]), [['backups of dump on db', 'fires-again']]);
});

test('more of the same trouble is none, nor is what follows from a graver one or is explained with what was told', () => {
  const down = alert('postgres.down', { level: 'critical' });
  assert.deepEqual(news([down], [down, alert('http.slow', { target: 'web' })]), []);
  const failed = alert('upkeep.backup-failed', { labels: { backup: 'dump' } });
  assert.deepEqual(news([down], [down, failed, recoveryPoint]), []);
  const disk = alert('host.disk', { target: 'host', level: 'critical' });
  assert.deepEqual(news([disk], [disk, failed]), []);
  assert.deepEqual(news([down], [down, dump]), [['backups of dump on db', 'another-subject']]);
  const explained = [recoveryPoint, failed].map(({ rule, target }) => ({ rule, target }));
  const told = toldOf([failed], 1_000);
  assert.deepEqual(
    subjectNews(told, [failed, recoveryPoint], { ...of, findings: [{ explained }] }, topology),
    [],
  );
});

test('a budget that burns fast is news beside what only comes due, and none beside the outage that burns it', () => {
  const labels = { service: 'shop', objective: 'availability' };
  const burn = alert('slo.burn-rate', {
    ...{ target: 'web', labels, since: 900, summary: 'Availability of shop burns its error budget' },
  });
  const disk = alert('app.disk-forecast', { target: 'app', summary: 'Disk runs out' });
  const anomaly = alert('app.anomaly', { target: 'app', since: 200 });
  assert.deepEqual(news([disk, anomaly], [disk, anomaly, burn]), [
    ['availability of shop', 'another-subject'],
  ]);
  assert.deepEqual(news([disk, burn], [disk, anomaly, burn]), []);
  const slow = { ...burn, ruleLevel: 'warning', level: 'low' } as const;
  assert.deepEqual(news([disk], [disk, slow]), [], 'a slow burn waits for the day');
  const down = alert('http.down', { target: 'web2' });
  const servicesOf = new Map([['web2', ['shop']]]);
  const told = toldOf([down], 1_000);
  assert.deepEqual(subjectNews(told, [down, burn], of, { ...topology, servicesOf }), []);
  assert.deepEqual(news([burn], [burn, disk]), [], 'what users feel was told');
  assert.equal(
    leading({ lead: 'app', title: '', findings: [] }, [disk, burn], 2, {
      ...{ topology, now: 1_000, recoverForMs: 60_000 },
    }).title,
    'app: Disk runs out (and 1 more); availability of shop burns its error budget',
  );
});

test('the title names what fires beside its subject', () => {
  const incident = { lead: 'db', title: '', findings: [] };
  const now = { topology, now: 1_000, recoverForMs: 60_000 };
  const title = (...alerts: Alert[]) => leading(incident, alerts, 1, now).title;
  assert.equal(
    title(dump, notProven('cluster'), recoveryPoint),
    'db: backups of dump, cluster; what was written lately could not be restored',
  );
  const locks = alert('postgres.locks', { summary: 'Sessions wait for a lock', since: 900 });
  assert.equal(title(dump, locks), 'db: backups of dump; sessions wait for a lock');
  const tcp = alert('postgres.down', { summary: 'TCP is closed', level: 'critical', since: 50 });
  assert.equal(title(tcp, recoveryPoint), 'db: TCP is closed');
  assert.equal(
    title({ ...locks, since: 1 }, { ...locks, id: 'x', rule: 'postgres.x' }),
    'db: Sessions wait for a lock',
  );
});
