import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../change.ts';
import { rankFindings } from '../diagnosis.ts';
import type { Finding } from '../evidence.ts';
import type { Topology } from '../topology.ts';
import { concludePast, isMoreAsked, type Past, pastEvidence } from './conclude.ts';
import { kindOfMetric, kindsFor } from './metric-kind.ts';
import { amount, leadingShift, type MovedMetric, movedTogether } from './moved.ts';
import { shortagesAt } from './overload.ts';

const minute = 60_000;
const onset = 1_790_000_000_000;

const topology: Topology = {
  needs: new Map([
    ['web', ['api']],
    ['api', ['db', 'cache']],
  ]),
  servicesOf: new Map([['api', ['shop']]]),
};

function moved(target: string, metric: string, changes: Partial<MovedMetric> = {}): MovedMetric {
  return {
    ...{ target, metric, summary: metric, labels: {}, unit: 'seconds', kind: 'latency' },
    ...{ onset, ended: null, before: 0.04, after: 0.4, score: 12 },
    ...changes,
  };
}

function change(id: string, changes: Partial<Change> = {}): Change {
  return {
    ...{ id, kind: 'deployment', target: null, service: 'shop', summary: `release ${id}`, differences: [] },
    ...{ after: onset - 30_000, at: onset - 30_000, source: 'ci', isReported: true, url: null },
    ...changes,
  };
}

function past(changes: Partial<Past>): Past {
  const all = changes.moved ?? [moved('web', 'http.duration.total')];
  const [leading] = all;
  assert.ok(leading);
  return {
    ...{ onset, toleranceMs: 5 * minute, moved: all, leading, changes: [], live: [], topology },
    membersOf: (service) => (service === 'shop' ? ['api'] : []),
    say: (at) => `T${(at - onset) / minute}`,
    ...changes,
  };
}

const verdicts = (one: Past) =>
  concludePast(one).changes.map(({ change: { id }, verdict }) => `${id} ${verdict}`);

test('a release right before what it was made to got worse is the cause; evidence ids are all there', () => {
  const asked = past({
    moved: [moved('web', 'http.duration.total'), moved('api', 'process.cpu', { kind: 'cpu' })],
    changes: [change('4.2.1')],
  });
  const { findings, changes } = concludePast(asked);
  assert.deepEqual(
    findings.map(({ id, target, change: made, confidence }) => [id, target, made, confidence]),
    [['history.change', 'api', '4.2.1', 0.7]],
  );
  const ids = pastEvidence(asked, changes, onset).map(({ id }) => id);
  for (const id of findings[0]?.evidence ?? []) assert.ok(ids.includes(id), id);
});

test('a change in a file that was never loaded is not blamed', () => {
  const file = {
    target: 'proxy',
    service: null,
    source: 'nginx.configuration',
    kind: 'configuration',
  } as const;
  const finding: Finding = {
    ...{ id: 'nginx.broken-configuration', target: 'proxy', summary: 'it is broken', explanation: '' },
    ...{ confidence: 0.97, change: 'typo', evidence: ['proxy.test'], unseen: [], recommendations: [] },
    isNotLoaded: true,
  };
  const asked = past({
    moved: [moved('web', 'http.duration.total'), moved('proxy', 'nginx.errors', { kind: 'errors' })],
    changes: [change('typo', file), change('before', { ...file, at: onset - 60_000, after: onset - 60_000 })],
    live: [finding],
  });
  assert.deepEqual(verdicts(asked).toSorted(), ['before suspect', 'typo not-loaded']);
  assert.deepEqual(verdicts({ ...asked, live: [] }).toSorted(), ['before suspect', 'typo suspect']);
});

test('of changes near each other the one that a sure finding names is blamed, the others are not', () => {
  const own = { target: 'db', service: null, kind: 'configuration' } as const;
  const index: Finding = {
    ...{ id: 'postgres.missing-index', target: 'db', summary: 'index a was dropped', explanation: '' },
    ...{ confidence: 0.95, change: 'drop', evidence: ['db.plans'], unseen: [], recommendations: [] },
  };
  const asked = past({
    moved: [moved('web', 'http.duration.total'), moved('db', 'postgres.duration')],
    changes: [change('drop', own), change('fsync', own), change('column', own)],
    live: [index],
  });
  assert.deepEqual(verdicts(asked).toSorted(), ['column beside', 'drop suspect', 'fsync beside']);
  const told = concludePast(asked).changes.find(({ verdict }) => verdict === 'beside');
  assert.match(
    told?.reason ?? '',
    /^it was made near it, with no sign that it matters: .*index a was dropped/,
  );
  assert.deepEqual(
    concludePast(asked).findings.flatMap(({ change: made }) => made ?? []),
    ['drop'],
  );
  const alone = concludePast({ ...asked, live: [] });
  assert.match(alone.findings[0]?.explanation ?? '', /2 other changes fit as well as this one\.$/);
  const elsewhere = { ...index, target: 'cache' };
  assert.ok(
    verdicts({ ...asked, live: [elsewhere] }).includes('fsync suspect'),
    'what it names lies elsewhere',
  );
});

test('a change that a sure finding names is the cause of that, though another trouble came first', () => {
  const later = change('password', {
    ...{ target: 'cache', service: null, kind: 'configuration' },
    ...{ after: onset + 10 * minute, at: onset + 10 * minute },
  });
  const refused: Finding = {
    ...{
      id: 'redis.credentials-refused',
      target: 'cache',
      summary: 'it asks for a password',
      explanation: '',
    },
    ...{ confidence: 0.95, change: 'password', evidence: ['cache.login'], unseen: [], recommendations: [] },
  };
  assert.deepEqual(verdicts(past({ changes: [later], live: [refused] })), ['password suspect']);
  assert.deepEqual(verdicts(past({ changes: [later] })), ['password after']);
});

test('an innocent release 30 s before a lock in the database is not blamed: the database got worse by itself', () => {
  const lock: Finding = {
    ...{
      id: 'postgres.blocked-by-lock',
      target: 'db',
      summary: 'pid 812 blocks 14 sessions',
      explanation: '',
    },
    ...{ confidence: 0.9, evidence: ['db.tree'], unseen: [], recommendations: [] },
  };
  const asked = past({
    moved: [
      moved('web', 'http.duration.total'),
      moved('api', 'http.duration.total'),
      moved('db', 'postgres.blocked', { kind: 'connections', unit: 'count' }),
    ],
    changes: [change('innocent')],
    live: [lock],
  });
  assert.deepEqual(verdicts(asked), ['innocent above']);
  const { findings } = concludePast(asked);
  const ranked = rankFindings([lock, ...findings], topology);
  assert.equal(ranked[0]?.id, 'postgres.blocked-by-lock');
  assert.ok(ranked.every(({ change: made }) => made === undefined));
  assert.equal(ranked.find(({ id }) => id === 'history.began')?.target, 'db');
});

test('changes are judged by time and by mechanism', () => {
  const asked = past({
    moved: [
      moved('web', 'http.duration.total'),
      moved('db', 'postgres.statements', { before: 0.01, after: 0.2 }),
    ],
    changes: [
      change('later', { after: onset + 10 * minute, at: onset + 11 * minute, target: 'db', service: null }),
      change('old', { after: onset - 300 * minute, at: onset - 290 * minute, target: 'db', service: null }),
      change('other', { target: 'cache', service: null, kind: 'configuration' }),
      change('certificate', { target: 'db', service: null, kind: 'certificate' }),
      change('setting', { target: 'db', service: null, kind: 'configuration', after: onset - 4 * minute }),
    ],
  });
  assert.deepEqual(verdicts(asked).sort(), [
    'certificate unlikely',
    'later after',
    'old earlier',
    'other elsewhere',
    'setting suspect',
  ]);
});

test('what was made after the trouble began is never right before it, also where only its look is known', () => {
  const own = { target: 'db', service: null, kind: 'configuration' } as const;
  const made = (after: number, at: number) =>
    concludePast(
      past({
        moved: [moved('web', 'http.duration.total'), moved('db', 'postgres.duration')],
        begunBy: onset + minute / 4,
        changes: [change('setting', { ...own, after, at })],
      }),
    );
  const before = made(onset - minute, onset - 1_000).findings[0];
  assert.match(before?.summary ?? '', /came right before/);
  assert.equal(before?.confidence, 0.7);
  const seenAfter = made(onset - minute, onset + 2 * minute).findings[0];
  assert.match(seenAfter?.summary ?? '', /made between T-1 and T2\) came about when web got worse/);
  assert.match(seenAfter?.explanation ?? '', /which came first is not known/);
  assert.equal(seenAfter?.confidence, 0.35);
  const later = made(onset + minute, onset + 2 * minute);
  assert.deepEqual(later.changes[0]?.verdict, 'after');
  assert.ok(later.findings.every(({ change: blamed }) => blamed === undefined));
  const worseLater = past({
    moved: [
      moved('web', 'http.duration.total'),
      moved('db', 'postgres.duration', { onset: onset + 4 * minute }),
    ],
    begunBy: onset + minute / 4,
    changes: [change('setting', { ...own, after: onset - minute, at: onset + 2 * minute })],
  });
  assert.deepEqual(verdicts(worseLater), ['setting after']);
});

test('what cannot bring it about is not blamed: a package of nothing that got worse, a setting of something else, an own repair', () => {
  const own = { target: 'host', service: null, kind: 'package', source: 'host.packages' } as const;
  const packages = (...names: string[]) =>
    change(names.join(), {
      ...own,
      differences: names.map((name) => ({ name, before: null, after: '1' })),
    });
  const broker = past({
    moved: [
      moved('broker', 'rabbitmq.rtt', { before: 0.001, after: 0.02 }),
      moved('host', 'host.cpu.used', { kind: 'cpu' }),
    ],
    changes: [
      packages('faketime', 'libfaketime'),
      packages('man-db'),
      packages('rabbitmq-server'),
      packages('man-db', 'libc6'),
      packages('linux-image-6.1.0-30-amd64'),
    ],
    systemOf: (name) => (name === 'broker' ? 'rabbitmq' : 'host'),
  });
  assert.deepEqual(verdicts(broker).toSorted(), [
    'faketime,libfaketime unlikely',
    'linux-image-6.1.0-30-amd64 suspect',
    'man-db unlikely',
    'man-db,libc6 suspect',
    'rabbitmq-server suspect',
  ]);
  const setting = (name: string, changes: Partial<Change> = {}) =>
    change(name, {
      ...{ target: 'cache', service: null, kind: 'configuration', source: 'redis.config' },
      ...{ differences: [{ name, before: '10000', after: '14' }], ...changes },
    });
  const refused = past({
    moved: [moved('cache', 'redis.connections.rejected', { kind: 'errors', unit: 'per-second' })],
    changes: [setting('maxclients'), setting('maxmemory')],
  });
  assert.deepEqual(verdicts(refused).toSorted(), ['maxclients suspect', 'maxmemory unlikely']);
  assert.equal(concludePast(refused).findings[0]?.confidence, 0.7, 'nothing rivals it');
  const repaired = past({
    moved: [moved('cache', 'redis.latency')],
    changes: [setting('maxmemory'), setting('io-threads')],
    repairs: [
      { at: onset - 40_000, action: 'redis.set-maxmemory', target: 'cache', result: 'verified: it fits' },
    ],
  });
  assert.deepEqual(verdicts(repaired).toSorted(), ['io-threads suspect', 'maxmemory unlikely']);
});

test('the onset is that of the symptom that a change can explain, also where another trouble began before', () => {
  const [began, lowered] = [onset + 12 * minute, onset + 11 * minute];
  const memory = moved('cache', 'redis.memory.used_ratio', {
    ...{ kind: 'memory', unit: 'ratio', onset: began, before: 0.1, after: 1 },
  });
  const asked = past({
    moved: [moved('web', 'http.duration.total')],
    changes: [
      change('lowered', {
        ...{ target: 'cache', service: null, kind: 'configuration', source: 'redis.config' },
        ...{ after: lowered, at: lowered + 10_000 },
        differences: [{ name: 'maxmemory', before: '67108864', after: '1536000' }],
      }),
    ],
  });
  assert.deepEqual(verdicts(asked), ['lowered after']);
  const [finding] = concludePast({ ...asked, everMoved: [...asked.moved, memory] }).findings;
  assert.deepEqual([finding?.change, finding?.onset, finding?.target], ['lowered', began, 'cache']);
  assert.match(finding?.summary ?? '', /came right before cache got worse$/);
  assert.match(
    finding?.explanation ?? '',
    /begins at T12: redis\.memory\.used_ratio.*another trouble began/i,
  );
});

test('a release that gives the database more to do is suspected, though the database is what got worse', () => {
  const asked = past({
    moved: [
      moved('web', 'http.duration.total'),
      moved('api', 'http.duration.total'),
      moved('db', 'postgres.duration'),
      moved('db', 'postgres.transactions', { kind: 'traffic', unit: 'per-second', before: 50, after: 60 }),
    ],
    changes: [change('n-plus-one')],
  });
  assert.deepEqual(verdicts(asked), ['n-plus-one suspect']);
});

test('more traffic is a matter of capacity, and two changes that both fit are each less sure', () => {
  const peak = past({
    moved: [
      moved('web', 'http.duration.total'),
      moved('web', 'http.requests', { kind: 'traffic', unit: 'per-second', before: 20, after: 90 }),
    ],
  });
  const { findings } = concludePast(peak);
  assert.deepEqual(
    findings.map(({ id, nature }) => [id, nature]),
    [
      ['history.traffic', 'capacity'],
      ['history.began', undefined],
    ],
  );
  const two = concludePast(
    past({
      moved: [moved('api', 'http.duration.total')],
      changes: [change('a'), change('b', { kind: 'configuration', target: 'api', service: null })],
    }),
  );
  assert.deepEqual(
    two.findings.map(({ confidence }) => Math.round(confidence * 100)),
    [56, 56],
  );
});

test('a machine that was short before is the likelier cause of what only got worse on it', () => {
  const short = {
    ...{ rule: 'host.cpu-pressure', target: 'machine', summary: 'Work waits for a core' },
    ...{ since: onset - 20 * minute, detail: '61 % against 40 %' },
  };
  const got = (changes: Partial<Past>) =>
    rankFindings(concludePast(past(changes)).findings, topology).map(({ id, target }) => `${id} ${target}`);
  const here = { shortages: shortagesAt([short], onset), livesThere: (name: string) => name === 'web' };
  assert.deepEqual(got(here), ['history.overload machine', 'history.began web']);
  assert.deepEqual(got({ ...here, livesThere: () => false }), ['history.began web']);
  const later = shortagesAt([{ ...short, since: onset + minute }], onset);
  assert.deepEqual(got({ ...here, shortages: later }), ['history.began web']);
  assert.deepEqual(shortagesAt([{ ...short, rule: 'host.exposed' }], onset), []);
});

test('the symptom that was asked for dates the onset, in what was asked about before what it needs', () => {
  const all = [
    moved('db', 'postgres.duration', { onset: onset - 2 * minute, score: 40 }),
    moved('web', 'http.duration.total', { score: 8 }),
    moved('web', 'http.body', { kind: 'other', score: 90 }),
    moved('web', 'tls.duration', { score: -50 }),
  ];
  const kinds = kindsFor(['slow']);
  assert.equal(leadingShift(all, ['web'], kinds)?.metric, 'http.duration.total');
  assert.equal(leadingShift(all, ['api'], kinds)?.target, 'db');
  assert.equal(leadingShift(all, ['web'], kindsFor(['memory'])), null);
  assert.equal(movedTogether(all, onset, minute).length, 3);
});

test('metrics are sorted by what they speak of, and told in units', () => {
  const gauge = { summary: '', unit: 'count', kind: 'gauge' } as const;
  const kinds = [
    'postgres.up',
    'app.http_errors_total',
    'postgres.replication.lag',
    'host.cpu.used',
    'redis.memory.used',
  ];
  assert.deepEqual(
    kinds.map((name) => kindOfMetric(name, gauge)),
    ['availability', 'errors', 'lag', 'cpu', 'memory'],
  );
  assert.deepEqual(
    [
      amount(0.0423, 'seconds'),
      amount(3.21, 'seconds'),
      amount(0.873, 'ratio'),
      amount(5_368_709_120, 'bytes'),
    ],
    ['42.3 ms', '3.21 s', '87.3 %', '5 GiB'],
  );
});

test('commits alone are no traffic where requests are counted and stay as they were: parallel workers commit too', () => {
  const commits = moved('db', 'postgres.commits', {
    ...{ kind: 'traffic', unit: 'per-second', before: 26.7, after: 85.7 },
  });
  const of = (steady: Past['steady'] = [], more: readonly MovedMetric[] = []) =>
    isMoreAsked(commits, [commits, ...more], { steady, topology }).reason;
  assert.equal(of(), 'not-known');
  assert.equal(of([{ target: 'web', metric: 'haproxy.requests', kind: 'traffic' }]), 'as-ever');
  assert.equal(of([{ target: 'db', metric: 'postgres.statements.rate', kind: 'traffic' }]), 'as-ever');
  assert.equal(of([{ target: 'cache', metric: 'redis.commands', kind: 'traffic' }]), 'not-known');
  assert.equal(of([{ target: 'web', metric: 'haproxy.errors', kind: 'errors' }]), 'not-known');
  const requests = moved('web', 'haproxy.requests', { kind: 'traffic' });
  assert.equal(
    of([{ target: 'db', metric: 'postgres.statements.rate', kind: 'traffic' }], [requests]),
    'grew',
  );
  const { findings } = concludePast(
    past({
      moved: [moved('db', 'postgres.statements.mean_time'), commits],
      steady: [{ target: 'web', metric: 'haproxy.requests', kind: 'traffic' }],
    }),
  );
  assert.ok(findings.every(({ id }) => id !== 'history.traffic'));
  assert.equal(
    kindOfMetric('postgres.statements.rate', { summary: '', unit: 'per-second', kind: 'gauge' }),
    'traffic',
  );
});

test('an index that is gone since about then is more than a guess where reading and waiting is what moved', () => {
  const gone = (metric: string) =>
    concludePast(
      past({
        moved: [moved('db', metric)],
        begunBy: onset + minute / 4,
        changes: [
          change('index', {
            ...{ target: 'db', service: null, kind: 'schema', source: 'postgres.schema' },
            ...{ after: onset - minute, at: onset + 2 * minute },
            differences: [{ name: 'index public.orders_customer', before: 'CREATE INDEX', after: null }],
          }),
        ],
      }),
    ).findings[0]?.confidence;
  assert.equal(gone('postgres.statements.mean_time'), 0.6);
});
