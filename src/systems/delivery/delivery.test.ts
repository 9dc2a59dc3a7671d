/** Real links, real programs. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readlinkSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../test/try-action.ts';
import { tryTarget } from '../../../test/try-target.ts';
import { delivery } from './index.ts';

const folder = temporaryFolder('delivery');
after(() => removeFolder(folder));
const id = 'delivery.rollback-release';
let made = 0;

/** Three releases, the last in force. */
function shop(reload?: readonly string[]) {
  const place = join(folder, `shop${++made}`);
  const releases = join(place, 'releases');
  for (const [index, name] of ['r1', 'r2', 'r10'].entries()) {
    mkdirSync(join(releases, name), { recursive: true });
    utimesSync(join(releases, name), 1_000 + index, 1_000 + index);
  }
  const current = join(place, 'current');
  symlinkSync(join('releases', 'r10'), current);
  const target = tryTarget(delivery, { folder: releases, current, ...(reload ? { reload } : {}) });
  return { target, current, releases, at: () => readlinkSync(current).split('/').at(-1) };
}

test('the release in force is told, and its change goes into the ledger as a deployment', async () => {
  const { target } = shop();
  const outcome = await target.seen('delivery.release');
  assert.equal(outcome.detail, 'release r10');
  assert.deepEqual(outcome.snapshots, [
    { document: 'delivery.release', kind: 'deployment', values: { release: 'r10' } },
  ]);
});

test('the release before goes into force, is reloaded and verified; forward again takes it back', async () => {
  const log = join(folder, 'reloaded');
  const { target, at } = shop(['sh', '-c', `echo "$0" >> ${log}`, 'a; b $(c)']);
  const plan = await planned(target, id, {});
  assert.equal(plan.summary, 'roll back from r10 to r2');
  assert.match(plan.undo.how, /forward again to r10/);
  await assertGuarded(target, plan);
  assert.equal(at(), 'r10');
  await applied(target, plan);
  await applied(target, plan);
  assert.equal(at(), 'r2');
  assert.equal(readFileSync(log, 'utf8'), 'a; b $(c)\n', 'once, and no shell of ours read it');
  assert.equal((await verified(target, plan)).good, true);
  await undone(target, plan);
  assert.equal(at(), 'r10');
  assert.equal((await verified(target, plan)).good, false);
});

test('a reload that fails leaves the release in force that was', async () => {
  const { target, at } = shop(['sh', '-c', 'echo "bad unit" >&2; exit 3']);
  const plan = await planned(target, id, {});
  await assert.rejects(applied(target, plan), /put back, since sh failed \(exit code 3\): bad unit/);
  assert.equal(at(), 'r10');
});

test('a release that somebody put into force meanwhile is left alone', async () => {
  const { target, at } = shop();
  const plan = await planned(target, id, {});
  const other = await planned(target, id, { to: 'r1' });
  await applied(target, other);
  await assert.rejects(applied(target, plan), /somebody put r1 into force meanwhile/);
  assert.equal(at(), 'r1');
});

test('what is no release of the folder is refused', async () => {
  const { target, current, releases } = shop();
  assert.match(await refusal(target, id, { to: 'r9' }), /there is no release r9; there are r1, r2, r10/);
  assert.match(await refusal(target, id, { to: 'r10' }), /in force already/);
  for (const to of ['../r1', '-rf', 'a/b', ''])
    assert.equal(target.action(id).input.safeParse({ to }).success, false, to);
  const first = await planned(target, id, { to: 'r1' });
  await applied(target, first);
  assert.match(await refusal(target, id, {}), /no release before r1/);
  const outside = tryTarget(delivery, { folder: join(releases, 'r1'), current });
  const outcome = await outside.check('delivery.release');
  assert.match(outcome.detail ?? '', /outside of/);
});

test('only what was seen in force here is no new deployment for the guard', async () => {
  const { target } = shop();
  assert.deepEqual((await planned(target, id, {})).touches, ['deploy']);
  await applied(target, await planned(target, id, { to: 'r2' }));
  await target.seen('delivery.release');
  await applied(target, await planned(target, id, { to: 'r1' }));
  assert.deepEqual((await planned(target, id, { to: 'r2' })).touches, ['production-change']);
});

test('image tags are shown, listed and put into force by the declared programs', async () => {
  const file = join(folder, 'tag');
  writeFileSync(file, 'v2\n');
  const target = tryTarget(delivery, {
    tag: {
      show: ['cat', file],
      list: ['printf', 'v1\\nv2\\n; rm -rf /\\n'],
      switch: ['sh', '-c', `echo "$1" > ${file}`, 'deploy', '{release}'],
    },
  });
  const plan = await planned(target, id, {});
  assert.equal(plan.summary, 'roll back from v2 to v1');
  await applied(target, plan);
  assert.equal(readFileSync(file, 'utf8'), 'v1\n');
  await undone(target, plan);
  assert.equal(readFileSync(file, 'utf8'), 'v2\n');
});

test('half a declaration is no declaration', () => {
  for (const raw of [
    {},
    { folder: '/a' },
    { folder: '/a', current: '/b', tag: { show: ['a'], list: ['b'], switch: ['{release}'] } },
  ])
    assert.equal(delivery.config.safeParse(raw).success, false, JSON.stringify(raw));
  const tag = { show: ['a'], list: ['b'], switch: ['deploy'] };
  assert.match(JSON.stringify(delivery.config.safeParse({ tag }).error?.issues), /\{release\}/);
});
