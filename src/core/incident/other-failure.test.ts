import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../alert.ts';
import type { Topology } from '../topology.ts';
import { otherFailure, type SpokenOf, siblingMs } from './other-failure.ts';
import { subjectNews, toldOf } from './subjects.ts';

const hour = 60 * 60_000;
const later = siblingMs + 1;
const topology: Topology = { needs: new Map([['web', ['db']]]), servicesOf: new Map() };
const alert = (rule: string, more: Partial<Alert> = {}): Alert => ({
  ...{ id: rule, fingerprint: rule, rule, target: 'db', labels: {}, summary: `${rule} fires` },
  ...{ state: 'firing', ruleLevel: 'critical', level: 'high', value: 0, threshold: null, detail: rule },
  ...{ since: later, firedAt: later, resolvedAt: null, incidentId: null, heldBy: null, ...more },
});
const of: SpokenOf = { level: 'high', since: 0, findings: [] };
const locks = alert('db.locks', { since: 0, firedAt: 0 });
const disk = alert('db.disk-forecast');
const judged = (one: Alert, others: readonly Alert[] = [locks], about: Partial<SpokenOf> = {}) =>
  otherFailure(one, [...others, one], { ...of, ...about }, topology);

test('what joins as grave as the incident and is no part of its failure is another one, whatever its kind', () => {
  for (const rule of ['db.disk-forecast', 'db.anomaly', 'db.log-new', 'db.silent', 'db.replication'])
    assert.deepEqual(judged(alert(rule)), { tell: 'another-failure' });
  assert.deepEqual(judged(alert('db.x', { level: 'critical' })), { tell: 'another-failure' });
});

test('what is less grave, began together, is explained, follows or spreads is more of the same', () => {
  const keeps = (keep: string, one: Alert, others = [locks], about: Partial<SpokenOf> = {}) =>
    assert.deepEqual(judged(one, others, about), { keep });
  keeps('less-grave', alert('db.disk', { level: 'medium' }));
  keeps('less-grave', alert('db.disk', { level: 'low' }), [locks], { level: 'low' });
  keeps('budget', alert('slo.burn-rate'));
  keeps('together', alert('db.disk', { since: siblingMs - 1 }));
  keeps('together', alert('db.disk', { firedAt: 100 }));
  keeps('explained', disk, [locks], {
    findings: [{ explained: [{ rule: 'db.disk-forecast', target: 'db' }] }],
  });
  keeps('follows', alert('web.slow', { target: 'web' }));
  keeps('follows', disk, [alert('db.down', { since: 0 })]);
  keeps('beneath', disk, [alert('web.slow', { target: 'web', since: 0 })]);
  const spread = ['a', 'b'].map((target) => alert('http.down', { target, since: 0 }));
  keeps('many-of-a-kind', alert('http.down', { target: 'c' }), spread);
});

test('the outage of what is needed is another one where an older outage explains all that needs it', () => {
  const wide: Topology = {
    needs: new Map([
      ['blog', ['edge', 'api']],
      ['api', ['queue']],
    ]),
    servicesOf: new Map(),
  };
  const down = (target: string, since: number, rule = `${target}.down`) =>
    alert(rule, { target, level: 'critical', since, firedAt: since });
  const [edge, blog, queue] = [down('edge', 0), down('blog', 1), down('queue', later)];
  const about = { ...of, level: 'critical' as const };
  const judgedBeside = (...others: Alert[]) => otherFailure(queue, [...others, queue], about, wide);
  assert.deepEqual(judgedBeside(edge, blog), { tell: 'another-failure' });
  assert.deepEqual(judgedBeside(blog), { keep: 'beneath' }, 'nothing else says why blog is down');
  assert.deepEqual(judgedBeside({ ...edge, state: 'resolved' }, blog), { keep: 'beneath' });
  assert.deepEqual(judgedBeside(down('api', 0), blog), { keep: 'beneath' }, 'api is down by it');
});

test('an outage beneath what was told is told where it leads and nothing that was found explains it', () => {
  const web = alert('http.down', { target: 'web', level: 'critical', since: 0, firedAt: 0 });
  const db = alert('db.down', { level: 'critical' });
  const about = { level: 'critical' as const };
  assert.deepEqual(judged(db, [web], about), { keep: 'beneath' });
  assert.deepEqual(judged(db, [web], { ...about, lead: 'db' }), { tell: 'leads' });
  const findings = [{ explained: [{ rule: 'db.down', target: 'db' }] }];
  assert.deepEqual(judged(db, [web], { ...about, lead: 'db', findings }), { keep: 'explained' });
  const locked = alert('db.locks', { level: 'critical' });
  assert.deepEqual(judged(locked, [web], { ...about, lead: 'db' }), { keep: 'beneath' });
});

test('a process that ended by itself is another failure at any moment, unless it is what leads', () => {
  const proxy = alert('haproxy.down', { target: 'web', since: 5_000, firedAt: 5_000 });
  const ended = {
    ...{ target: 'web', confidence: 0.97, isByItself: true as const },
    explained: [{ rule: 'haproxy.down', target: 'web' }],
  };
  assert.deepEqual(judged(proxy), { keep: 'together' });
  assert.deepEqual(judged(proxy, [locks], { findings: [{ target: 'db' }, ended] }), {
    tell: 'another-failure',
  });
  assert.deepEqual(judged(proxy, [locks], { findings: [ended] }), { keep: 'together' });
});

const news = (told: ReturnType<typeof toldOf>, all: readonly Alert[], about: Partial<SpokenOf> = {}) =>
  subjectNews(told, all, { ...of, ...about }, topology).map(({ subject, reason }) => [subject, reason]);

test('a failure is told once, again when it gets as grave as the incident, and not each time it comes back', () => {
  assert.deepEqual(news(toldOf([locks], 0), [locks, disk]), [['db.disk-forecast on db', 'another-failure']]);
  assert.deepEqual(news(toldOf([locks, disk], later), [locks, disk]), []);
  const warned = alert('db.disk-forecast', { level: 'medium', since: 0, firedAt: 0 });
  const told = toldOf([locks, warned], 0);
  assert.deepEqual(news(told, [locks, warned]), []);
  assert.deepEqual(news(told, [locks, { ...warned, level: 'high' }]), [['db.disk-forecast on db', 'graver']]);
  const again = { ...disk, since: later + hour };
  assert.deepEqual(news(toldOf([locks, disk], later), [locks, again]), []);
});
