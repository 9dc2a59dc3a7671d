/** What the guard goes by in the loop: windows, hours, traffic, counts, what the plan says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { allowsAll, secondMs, startAt, startLoop, type Toy, toyTarget } from '../../test/simulation/loop.ts';
import { defineAction, type PlanDraft } from '../core/action.ts';
import type { Configuration } from '../core/configuration.ts';
import { parseHours } from '../core/guard/hours.ts';
import type { Policy } from '../core/guard.ts';
import * as backupRows from '../store/backups.ts';
import type { Store } from '../store/index.ts';

const hourMs = 3_600_000;
const policy: Policy = { ...allowsAll, approvalTtlMs: hourMs };
const window: Configuration['maintenance'][number] = {
  ...{ name: 'now', what: 'work', timezone: 'UTC', durationMs: 2 * hourMs, rrule: null, services: [] },
  starts: new Date(startAt - hourMs).toISOString().slice(0, 16),
  ...{ targets: ['web'], impact: null, actionRequired: null, notify: [], noticeBeforeMs: 0 },
  ...{ isExcludedFromSlo: true, createdBy: null },
};

async function proposed(
  plan: Partial<PlanDraft>,
  configuration: Partial<Configuration>,
  before: (db: Store['db']) => Promise<void> = async () => {},
) {
  const action = defineAction<Toy, z.ZodObject>({
    ...{ id: 'toy.work', summary: 'works', risk: 'safe', input: z.object({}), privileges: 'none' },
    plan: async () => ({
      ...{
        summary: 'work',
        steps: ['work'],
        before: { a: 1 },
        expect: 'done',
        verifyWithinMs: secondMs,
        holdMs: 0,
      },
      undo: { possible: true, how: 'back' },
      ...plan,
    }),
    apply: async () => 'worked',
    verify: async () => ({ good: true, detail: 'done' }),
  });
  const loop = await startLoop({
    targets: [toyTarget('web', { environment: 'production' })],
    actions: [action],
    configuration: { guard: policy, ...configuration },
  });
  await before(loop.store.db);
  await loop.pass(10 * secondMs);
  const request = { action: 'toy.work', target: 'web', input: {}, why: 'test' };
  const explained = await loop.pipeline.actor.explain(request);
  const answer = await loop.pipeline.actor.propose(request, 'ann', null);
  const messages = loop.messages;
  await loop.pass(5 * secondMs);
  assert.ok('action' in answer && 'plan' in explained);
  return { action: answer.action, explained, messages };
}

const night: Policy = { ...policy, peakHours: parseHours('09:00-17:00') ?? assert.fail() };
const resize: Partial<PlanDraft> = { touches: ['resize'], costChangePercent: 5 };

test('a database is resized in an open window of its target, and not outside', async () => {
  const outside = await proposed(resize, { guard: night });
  assert.equal(outside.action.state, 'refused');
  assert.match(
    outside.action.judgement.reason,
    /only in a maintenance window: no maintenance window is open/,
  );
  const inside = await proposed(resize, { guard: night, maintenance: [window] });
  assert.equal(inside.action.judgement.kind, 'allow', inside.action.judgement.reason);
  const other = await proposed(resize, { guard: night, maintenance: [{ ...window, targets: ['db'] }] });
  assert.equal(other.action.judgement.kind, 'deny');
});

test('in peak hours of production a change waits for a person, who is told what is open', async () => {
  const busy: Policy = { ...policy, peakHours: parseHours('00:00-24:00') ?? assert.fail() };
  const { action, messages } = await proposed(
    { touches: ['deploy'], found: { testedInStaging: true } },
    { guard: busy },
  );
  assert.equal(action.state, 'awaiting-approval');
  assert.match(action.judgement.reason, /peak hours, production/);
  const asked = messages.find(({ event }) => event === 'approval.requested');
  assert.ok(
    asked?.approval?.open?.some((line) => line.startsWith('Cost impact computed')),
    JSON.stringify(asked),
  );
  const unknown = await proposed({ touches: ['deploy'], found: { testedInStaging: true } }, {});
  assert.match(unknown.action.judgement.reason, /peak hours are unknown/);
});

test('a judgement keeps its facts and its check-list, and explain shows who has a say', async () => {
  const { action, explained } = await proposed({ touches: ['database-destructive'] }, { guard: night });
  assert.equal(action.judgement.kind, 'deny');
  assert.equal(action.judgement.facts?.isPeak, false);
  assert.equal(action.judgement.facts?.isProduction, true);
  assert.equal(action.judgement.facts?.provenRestoreLevel, null);
  assert.equal(action.judgement.checks?.find(({ id }) => id === 'backup')?.answer, 'ask');
  assert.deepEqual(
    explained.voices.map(({ rule }) => rule),
    ['no-destruction-without-backup', 'destructive', 'always'],
  );
  assert.equal(explained.known.find(({ name }) => name === 'rulesOnTarget')?.value, 1);
});

test('a restore that proved a backup counts whatever engine took it, and a look at its files does not', async () => {
  const provenBy = (engine: string, level: 1 | 6) => async (db: Store['db']) => {
    const begun = { id: 'b1', plan: 'nightly', target: 'web', engine, repository: 'local', folder: '/b' };
    await backupRows.insert(db, { ...begun, startedAt: startAt - hourMs });
    const good = { state: 'good', kind: 'full', needs: [], bytes: 1, logFrom: null, manifest: {} } as const;
    await backupRows.settle(db, 'b1', startAt - hourMs, { ...good, detail: '' });
    const looks = [{ level, good: true, detail: '', tookMs: 1 }];
    const proof = { id: 'p1', backup: 'b1', at: startAt - 1, level, isGood: true, looks } as const;
    await backupRows.insertProof(db, { ...proof, restoredInMs: 1, restoredWith: engine }, null);
  };
  const destructive: Partial<PlanDraft> = { touches: ['database-destructive'] };
  for (const engine of ['postgres.plain', 'redis.rdb', 'mysql.mysqldump', 'host.files']) {
    const { action } = await proposed(destructive, { guard: night }, provenBy(engine, 6));
    assert.equal(action.judgement.facts?.provenRestoreLevel, 6, engine);
    assert.equal(action.judgement.kind, 'ask', action.judgement.reason);
    assert.match(action.judgement.reason, /^destructive actions always ask/);
    const unproven = await proposed(destructive, { guard: night }, provenBy(engine, 1));
    assert.equal(unproven.action.judgement.kind, 'deny', unproven.action.judgement.reason);
  }
});
