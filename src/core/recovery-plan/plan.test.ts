import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OffsiteView } from '../backup/view.ts';
import { type RecoveryFacts, recoveryPlan } from './plan.ts';
import { recoverySummary } from './words.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = 1_000 * day;

const view: RecoveryFacts['backups'][number]['view'] = {
  ...{ name: 'shop', target: 'db', keepsLog: false, proven: null, log: [], offsite: null },
  restores: { backup: 'b1', at: now - 5 * hour, wholeAt: now - 5 * hour, isProven: true, passedOver: null },
};
const objective = { rpoMs: 25 * hour, rtoMs: 4 * hour };
const pair: RecoveryFacts['failovers'][number] = {
  settings: {
    ...{ name: 'shop', primary: 'db', replica: 'spare', fence: null, through: 'db:5432' },
    switch: { by: 'proxy', proxy: 'proxy', backend: 'shop', primary: 'db1', replica: 'db2' },
  },
  last: null,
  readiness: { state: 'ready', reason: '', hurts: '', services: ['api'] },
};
const canNow = 'a failover of api could run now, as far as its plan shows';
const facts: RecoveryFacts = {
  ...{
    name: 'shop',
    now,
    dataTargets: ['db', 'spare', 'cache'],
    backups: [{ objective, view }],
    failovers: [pair],
  },
  ...{ failoverDrill: null, parts: [] },
};
const said = (given: Partial<RecoveryFacts>) =>
  recoveryPlan({ ...facts, ...given }).procedures.map(({ id, ways, gaps }) => ({
    id,
    ways: ways.map(({ state, said }) => `${state}: ${said}`),
    gaps,
  }));

test('what was never rehearsed is said so plainly, and what has no way back is a gap', () => {
  const [database, application, region] = said({});
  assert.deepEqual(database?.ways, [`never: ${canNow}; never rehearsed`, 'never: never rehearsed']);
  assert.deepEqual(database?.gaps.length, 1);
  assert.match(database?.gaps[0] ?? '', /^cache is not backed up/);
  assert.deepEqual(application, { id: 'application', ways: [], gaps: [] });
  assert.match(region?.gaps.join() ?? '', /backups of db \(shop\) have no copy elsewhere/);
  assert.match(said({ backups: [] })[2]?.gaps.join() ?? '', /nothing is backed up/);
});

test('files stand under the application, with what is done with them; every gap is counted in the headline', () => {
  const files = { ...view, name: 'setup', target: 'machine' };
  const given: RecoveryFacts = {
    ...facts,
    dataTargets: ['db', 'spare', 'machine', 'other'],
    fileTargets: ['machine', 'other'],
    backups: [
      { objective, view },
      { objective, view: files, into: ['folder'], putInPlace: 'move it to its place' },
    ],
  };
  const plan = recoveryPlan(given);
  const [database, application] = plan.procedures;
  assert.ok(database?.ways.every(({ title }) => !title.startsWith('machine')));
  assert.deepEqual(database?.gaps, []);
  assert.equal(application?.ways[0]?.title, 'machine: restored from the backup setup');
  assert.ok(application?.ways[0]?.steps.includes('move it to its place'));
  assert.doesNotMatch(JSON.stringify(plan), /last line of the dry run/);
  assert.match(application?.gaps[0] ?? '', /^other is not backed up/);
  assert.equal(recoverySummary(plan).headline, '0 of 3 ways back rehearsed lately, 3 gaps');
});

test('a restore is judged by its age and by the objectives, and a failover by what was really done', () => {
  const older = {
    backup: 'b0',
    at: now - 30 * hour,
    wholeAt: now - 30 * hour,
    isProven: true,
    passedOver: null,
  };
  const restored = (at: number, restoredInMs: number, more: Partial<typeof view> = {}) =>
    said({ backups: [{ objective, view: { ...view, proven: { at, level: 5, restoredInMs }, ...more } }] })[0]
      ?.ways[1];
  assert.equal(
    restored(now - day, 90_000),
    'rehearsed: restored and compared (level 5) 1 d ago, in 1 m 30 s',
  );
  assert.match(restored(now - 40 * day, 90_000) ?? '', /^stale: .*too long ago, rehearse it within 31 d/);
  assert.match(restored(now - day, 5 * hour) ?? '', /^slow: .*in 5 h; 4 h are allowed/);
  assert.match(
    restored(now - day, 1, { restores: older }) ?? '',
    /^slow: .*1 d 6 h would be lost now, 1 d 1 h are allowed/,
  );
  // A log that is kept is what counts, with the time since it was looked at.
  const log = [{ repository: 'archive', ageMs: 60_000, measuredAt: now - 60_000 }];
  const kept = {
    ...view,
    ...{ restores: older, keepsLog: true },
    proven: { at: now - day, level: 5, restoredInMs: 1 },
    log,
  } as const;
  const [database] = recoveryPlan({ ...facts, backups: [{ objective, view: kept }] }).procedures;
  assert.deepEqual([database?.ways[1]?.rpoMs, database?.ways[1]?.state], [120_000, 'rehearsed']);

  const unknown = { ...kept, log: [] };
  const [unmeasured] = recoveryPlan({ ...facts, backups: [{ objective, view: unknown }] }).procedures;
  assert.equal(unmeasured?.ways[1]?.rpoMs, null, 'how far the log goes is not known');
  assert.match(unmeasured?.ways[1]?.said ?? '', /; what would be lost now is not known$/);

  const passedOver = 'its last proof failed at level 0: 401887 bytes, usually 6651';
  assert.equal(
    restored(now - day, 74, { restores: { ...older, passedOver } }),
    `failed: the newest backup is not taken, ${passedOver}; a restore takes the one of 1 d 6 h ago; restored and compared (level 5) 1 d ago, in 74 ms; 1 d 6 h would be lost now, 1 d 1 h are allowed`,
  );

  const drill = { at: now - 2 * day, tookMs: 2_300, isGood: true };
  assert.equal(
    said({ failoverDrill: drill })[0]?.ways[0],
    `never: ${canNow}; never rehearsed; in a sandbox it passed 2 d ago, clients wrote again after 2.3 s`,
  );
  const done = { ...pair, last: { at: now - day, tookMs: 9_000, isGood: true } };
  assert.equal(
    said({ failovers: [done] })[0]?.ways[0],
    `rehearsed: ${canNow}; done on these servers 1 d ago, in 9 s`,
  );
  const failed = { ...pair, last: { at: now - day, tookMs: null, isGood: false } };
  assert.match(
    said({ failovers: [failed] })[0]?.ways[0] ?? '',
    /^failed: a failover .*; failed when it was last done, 1 d ago$/,
  );
});

test('a failover that cannot run now is said so, whatever was rehearsed, and what is not known is not ready', () => {
  const last = { at: now - day, tookMs: 9_000, isGood: true };
  const way = (readiness: Partial<(typeof pair)['readiness']>) =>
    said({ failovers: [{ ...pair, last, readiness: { ...pair.readiness, ...readiness } }] })[0]?.ways[0];
  assert.equal(
    way({ state: 'cannot', reason: 'replay is paused', hurts: 'spare has no primary_slot_name' }),
    'blocked: a failover of api cannot run now: replay is paused; what the check of the replica says: spare has no primary_slot_name; done on these servers 1 d ago, in 9 s',
  );
  assert.match(
    way({ state: 'unknown', reason: 'no answer within 30 s', services: [] }) ?? '',
    /^rehearsed: whether a failover could run now is unknown: no answer within 30 s; done/,
  );
  const alone = said({ failovers: [], unpaired: [{ target: 'db', services: ['api', 'web'] }] })[0]?.ways[0];
  assert.equal(
    alone,
    'never: never rehearsed; a failover of api, web cannot run now: no replica is declared for db (failover: in upkeep.yaml)',
  );
});

test('a promotion may wait for its approval already, and the plan says so', () => {
  const steps = recoveryPlan(facts).procedures[0]?.ways[0]?.steps.join('\n') ?? '';
  assert.match(steps, /; where Upkeep proposed it already, the one that waits is printed$/m);
});

test('steps of a restore are what its engine can do', () => {
  const steps = (more: Partial<RecoveryFacts['backups'][number]>) =>
    recoveryPlan({ ...facts, failovers: [], backups: [{ objective, view, ...more }] })
      .procedures[0]?.ways.flatMap((way) => way.steps)
      .join('\n') ?? '';
  assert.match(
    steps({ into: ['folder'], keepsLog: true }),
    /--into folder:\/srv\/restored --dry-run yes.*--until/,
  );
  assert.doesNotMatch(steps({ into: ['folder'] }), /into over|--until|database:/);
  assert.match(steps({ into: ['database', 'over'] }), /--into over {2}# the guard asks; database:NAME/);
});

test('copies elsewhere are the way out of a region, proven only by a restore from there', () => {
  const offsite: OffsiteView = {
    ...{ bucket: 's3://acme', every: 'weekly' as const, newestAt: now - 6 * day, lockedUntil: null },
    ...{ proven: null, newestIs: 'unread', soundAt: now - 13 * day },
  };
  const regionOf = (more: Partial<OffsiteView> = {}) => {
    const own = { ...view, offsite: { ...offsite, ...more } };
    return recoveryPlan({ ...facts, backups: [{ objective, view: own }] }).procedures[2];
  };
  assert.deepEqual(regionOf()?.gaps, []);
  const stepsInto = (into?: ('folder' | 'database' | 'over')[]) =>
    recoveryPlan({
      ...facts,
      backups: [{ objective, view: { ...view, offsite }, ...(into && { into }) }],
    }).procedures[2]?.ways[0]?.steps.join('\n') ?? '';
  assert.match(
    stepsInto(['database', 'over']),
    /upkeep backup restore shop --from offsite --into database:shop_restored --dry-run yes/,
  );
  assert.doesNotMatch(stepsInto(['database', 'over']), /folder:/, 'what the engine refuses is no step');
  assert.match(stepsInto(['folder']), /restore shop --from offsite --into folder:\/srv\/restored {2}#/);
  const [unread] = regionOf()?.ways ?? [];
  assert.deepEqual([unread?.state, unread?.rpoMs], ['never', 6 * day]);
  assert.match(
    unread?.said ?? '',
    /newest copy, which was never read back \(the newest that was is of 13 d ago\)$/,
  );
  const [whole] = regionOf({ newestIs: 'read-back', soundAt: now - 6 * day })?.ways ?? [];
  assert.match(whole?.said ?? '', /counted from the newest copy, which was read back and is whole$/);
  const [damaged] = regionOf({ newestIs: 'damaged' })?.ways ?? [];
  assert.equal(damaged?.rpoMs, 13 * day, 'what is damaged brings nothing back');
  assert.match(damaged?.said ?? '', /the newest copy, of 6 d ago, failed .*read back whole: of 13 d ago$/);
  assert.equal(regionOf({ newestIs: 'damaged', soundAt: null })?.ways[0]?.rpoMs, null);
});

test('a part of a service has the actions that bring it back, or is for hands', () => {
  const part = { service: 'api', target: 'worker', last: null };
  const [, application] = said({
    parts: [
      { ...part, actions: ['process.restart'] },
      { ...part, target: 'web', actions: [] },
    ],
  });
  assert.deepEqual(application?.ways, ['never: never rehearsed']);
  assert.match(application?.gaps.join() ?? '', /brings web of api back: by hand/);
});

test('region: an engine with a repository of its own gets its own remedy, and one that lies elsewhere is a way back', () => {
  const region = (more: Partial<RecoveryFacts['backups'][number]>) =>
    recoveryPlan({ ...facts, backups: [{ objective, view, ...more }] }).procedures.find(
      ({ id }) => id === 'region',
    );
  const elsewhere = 'give it a second repository: repo2-type=s3 … in /b/shop/pgbackrest/conf.d/second.conf';
  assert.deepEqual(region({ elsewhere })?.gaps, [
    `the backups of db (shop) have no copy elsewhere (${elsewhere})`,
  ]);
  const proven = { at: now - hour, level: 5 as const, restoredInMs: 90_000 };
  const second = { repository: 'repo2', newestAt: now - 2 * hour, proven };
  const further = region({ elsewhere, view: { ...view, seconds: [second] } });
  assert.deepEqual(further?.gaps, []);
  assert.equal(further?.ways[0]?.title, 'db: from repo2 of shop');
  assert.ok(
    further?.ways[0]?.steps.includes('upkeep backup restore shop --from repo2 --into folder:/srv/restored'),
  );
  assert.deepEqual(
    further?.ways.map(({ state, rtoMs, rpoMs }) => [state, rtoMs, rpoMs]),
    [['rehearsed', 90_000, 2 * hour]],
  );
  const bucket = region({ elsewhere, liesIn: 's3:https://s3.example.org/acme/files' });
  assert.deepEqual(
    [bucket?.gaps, bucket?.ways.map(({ title }) => title)],
    [[], ['db: from s3:https://s3.example.org/acme/files']],
  );
});

test('from what holds nothing good there is no way back: the gap says why, and no step is listed', () => {
  const offsite: OffsiteView = {
    ...{ bucket: 's3://acme', every: 'weekly' as const, newestAt: null, lockedUntil: null },
    ...{ proven: null, newestIs: 'unread', soundAt: null },
    none: 'the last copy failed: no answer',
  };
  const second = { repository: 'repo2', newestAt: null, proven: null, none: 'none was taken yet' };
  const empty = {
    ...view,
    ...{ restores: null, none: 'the last backup failed: no room', offsite, seconds: [second] },
  };
  const given: RecoveryFacts = {
    ...facts,
    ...{ failovers: [], dataTargets: ['db'], unpaired: [{ target: 'db', services: ['api'] }] },
    backups: [{ objective, view: empty, liesIn: 's3:https://s3.example.org/acme' }],
  };
  const plan = recoveryPlan(given);
  assert.deepEqual(
    plan.procedures.map(({ ways, gaps }) => [ways.length, gaps]),
    [
      [
        0,
        [
          'db: the plan shop holds no good backup: the last backup failed: no room; a failover of api cannot run now: no replica is declared for db (failover: in upkeep.yaml)',
        ],
      ],
      [0, []],
      [
        0,
        [
          'db: no good copy of shop has arrived in s3://acme: the last copy failed: no answer',
          'db: no good backup of shop is known in repo2: none was taken yet',
          'db: no good backup of shop is known in s3:https://s3.example.org/acme: the last backup failed: no room',
        ],
      ],
    ],
  );
  assert.equal(recoverySummary(plan).headline, 'There is no way back from anything, 4 gaps');
  const files = recoveryPlan({ ...given, fileTargets: ['db'] }).procedures[1];
  assert.deepEqual(
    [files?.ways, files?.gaps],
    [[], ['db: the plan shop holds no good backup: the last backup failed: no room']],
  );
});
