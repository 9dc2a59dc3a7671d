/** The invariants of deletion over random catalogues, clocks and failures, each said anew, not by the planner's own words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Backup, isProvenByRestore, type ProofLevel } from './catalogue.ts';
import { type DeletionPlan, defaultRetention, planDeletion, type RetentionFacts } from './retention.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = 1_000 * day;

const proofs = fc.array(
  fc.record({
    level: fc.integer({ min: 0, max: 6 }).map((level) => level as ProofLevel),
    good: fc.boolean().map((good) => good),
    at: fc.integer({ min: 0, max: 120 }).map((age) => now - age * day),
  }),
  { maxLength: 3 },
);

const often = <T>(usual: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

/** What a backup may be like besides its place in a chain, with some of everything that can be wrong with it. */
const nature = fc
  .record({
    kind: fc.constantFrom('differential' as const, 'incremental' as const),
    bytes: fc.integer({ min: 1, max: 1_000 }),
    writtenLater: often<number | null>(0, fc.option(fc.integer({ min: -5, max: 200 }))),
    seenLater: often(0, fc.integer({ min: -5, max: 200 })),
    taken: often<Backup['taken']>('good', fc.constantFrom('failed', 'unknown')),
    proofs: fc.oneof(
      { weight: 3, arbitrary: fc.constant([{ level: 5 as ProofLevel, good: true, at: now - day }]) },
      { weight: 2, arbitrary: proofs },
    ),
    isPinned: often(false, fc.boolean()),
    lockedFor: often<number | null>(null, fc.integer({ min: -5, max: 5 })),
    markedAge: fc.option(fc.integer({ min: -2, max: 20 })),
    isLogKnown: often(true, fc.boolean()),
    isLost: often(false, fc.boolean()),
  })
  .map(({ kind, writtenLater, seenLater, lockedFor, markedAge, isLogKnown, isLost, ...same }) => ({
    kind,
    isLost,
    at: (endedAt: number) => ({
      ...same,
      ...{ startedAt: endedAt - hour, endedAt, firstSeenAt: endedAt + seenLater * day },
      writtenAt: writtenLater === null ? null : endedAt + writtenLater * day,
      logFrom: isLogKnown ? endedAt / 1_000 : null,
      lockedUntil: lockedFor === null ? null : now + lockedFor * day,
      markedAt: markedAge === null ? null : now - markedAge * day,
    }),
  }));

/** A full and up to three that need it, a day apart. */
const chain = fc.record({
  of: fc.constantFrom('db', 'files'),
  repository: fc.constantFrom('local', 'offsite'),
  age: fc.integer({ min: -3, max: 120 }),
  members: fc.array(nature, { minLength: 1, maxLength: 4 }),
});

const catalogues = fc.array(chain, { minLength: 1, maxLength: 14 }).map((chains): Backup[] =>
  chains.flatMap(({ of, repository, age, members }, number) =>
    members.map(({ kind, isLost, at }, index): Backup => {
      const before = Array.from({ length: index }, (_, earlier) => `${number}-${earlier}`);
      const needs = kind === 'differential' ? before.slice(0, 1) : before;
      return {
        ...{ id: `${number}-${index}`, of, repository, kind: index === 0 ? 'full' : kind },
        ...at(now - (age - index) * day),
        needs: isLost && index > 0 ? [...needs, 'lost'] : needs,
      };
    }),
  ),
);

const trusted = { now, lastRunAt: now - day, clockDoubtedSince: null, witnesses: [] };
const facts: fc.Arbitrary<RetentionFacts> = fc
  .record({
    lastRunAge: often<number | null>(1, fc.option(fc.integer({ min: -2, max: 60 }))),
    doubted: often<number | null>(null, fc.integer({ min: 0, max: 60 })),
    witness: often<number | null>(null, fc.integer({ min: -100, max: 100 })),
    troubled: often(false, fc.boolean()),
  })
  .map(({ lastRunAge, doubted, witness, troubled }) => ({
    ...trusted,
    lastRunAt: lastRunAge === null ? null : now - lastRunAge * day,
    clockDoubtedSince: doubted === null ? null : now - doubted * day,
    witnesses: witness === null ? [] : [{ from: 'offsite', at: now + witness * 10 * 60_000 }],
    troubled: new Map(troubled ? [['db', 'a checksum failure is open']] : []),
  }));

const goes = (plan: DeletionPlan, kinds: readonly string[]) =>
  new Set(plan.decisions.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id));

const sameShelf = (a: Backup) => (b: Backup) => a.of === b.of && a.repository === b.repository;

function assertInvariants(catalogue: readonly Backup[], given: RetentionFacts): void {
  const plan = planDeletion(catalogue, defaultRetention, given);
  const touched = goes(plan, ['mark', 'remove', 'wait']);
  const removed = goes(plan, ['remove']);
  assert.equal(plan.decisions.length, catalogue.length);
  const jumped =
    given.lastRunAt === null ||
    given.lastRunAt > now ||
    now - given.lastRunAt > 2 * day ||
    given.clockDoubtedSince !== null;
  const borneOut =
    given.witnesses.length > 0 && given.witnesses.every(({ at }) => Math.abs(at - now) <= hour);
  const contradicted = given.witnesses.some(({ at }) => Math.abs(at - now) > hour);
  if (contradicted || (jumped && !borneOut)) assert.equal(touched.size, 0, 'no step by a clock in doubt');
  for (const one of catalogue) {
    const shelf = catalogue.filter(sameShelf(one));
    const newest = shelf.toSorted((a, b) => a.endedAt - b.endedAt || (a.id < b.id ? -1 : 1)).at(-1);
    if (touched.has(one.id)) {
      for (const at of [one.endedAt, one.firstSeenAt, one.writtenAt ?? 0])
        assert.ok(now - at >= 30 * day, `${one.id} is too young`);
      assert.ok(!one.isPinned && (one.lockedUntil ?? 0) <= now, `${one.id} is pinned or locked`);
      assert.equal(given.troubled.has(one.of), false);
      assert.equal(newest?.taken, 'good');
      const staying = shelf.filter(
        (other) =>
          other.endedAt >= one.endedAt &&
          other.id !== one.id &&
          isProvenByRestore(other) &&
          !touched.has(other.id),
      );
      assert.ok(staying.length >= 2, `${one.id} goes with ${staying.length} proven ones since`);
    }
    if (removed.has(one.id)) assert.ok(one.markedAt !== null && now - one.markedAt >= 7 * day);
    // Nothing that can still be restored loses what it stands on, whether it stays or only waits.
    if (!removed.has(one.id))
      for (const id of one.needs) assert.ok(!removed.has(id), `${one.id} needs ${id}`);
    if (!touched.has(one.id))
      for (const id of one.needs) assert.ok(!touched.has(id), `${one.id} stays and needs ${id}`);
    const log = plan.logsFrom.find(({ of, repository }) => of === one.of && repository === one.repository);
    if (!removed.has(one.id) && log?.from !== null && log !== undefined)
      assert.ok(one.logFrom !== null && log.from <= one.logFrom, `the log of ${one.id} goes`);
  }
  for (const kind of ['mark', 'remove']) {
    const ids = goes(plan, [kind]);
    const gone = catalogue.filter(({ id }) => ids.has(id));
    for (const what of ['db', 'files'])
      assert.ok(
        gone.filter((one) => one.of === what && one.kind === 'full').length <= 1,
        `more than one full of ${what}`,
      );
    for (const one of gone) {
      const bytes = (of: readonly Backup[]) => of.reduce((sum, backup) => sum + backup.bytes, 0);
      assert.ok(
        bytes(gone.filter(sameShelf(one))) <= 0.2 * bytes(catalogue.filter(sameShelf(one))),
        'too much at once',
      );
    }
  }
}

test('no plan breaks an invariant, whatever the catalogue, the clock and what failed', () => {
  let acted = 0;
  fc.assert(
    fc.property(catalogues, facts, (catalogue, given) => {
      assertInvariants(catalogue, given);
      if (goes(planDeletion(catalogue, defaultRetention, given), ['mark', 'remove']).size > 0) acted++;
    }),
    { numRuns: 10_000 },
  );
  assert.ok(acted > 300, `only ${acted} of the cases had anything to delete`);
});

test('the order of the catalogue decides nothing', () => {
  fc.assert(
    fc.property(catalogues, facts, (catalogue, given) => {
      const byId = (plan: DeletionPlan) => plan.decisions.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      assert.deepEqual(
        byId(planDeletion(catalogue.toReversed(), defaultRetention, given)),
        byId(planDeletion(catalogue, defaultRetention, given)),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('day after day: two proven ones are always there, and what is old goes in the end', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.constant(Array.from({ length: 130 }, () => ({ isGood: true, isDrilled: true }))),
        fc.array(fc.record({ isGood: often(true, fc.boolean()), isDrilled: often(true, fc.boolean()) }), {
          minLength: 120,
          maxLength: 160,
        }),
      ),
      (days) => {
        let catalogue: Backup[] = [];
        const isHealthy = days.every(({ isGood, isDrilled }) => isGood && isDrilled);
        for (const [number, { isGood, isDrilled }] of days.entries()) {
          const at = (number + 1) * day;
          const taken = isGood ? ('good' as const) : ('failed' as const);
          catalogue.push({
            ...{
              id: `b${number}`,
              of: 'db',
              repository: 'local',
              kind: 'full',
              needs: [],
              bytes: 100,
              taken,
            },
            ...{ startedAt: at - hour, endedAt: at, writtenAt: at, firstSeenAt: at, logFrom: at },
            proofs: isGood && isDrilled ? [{ level: 5, good: true, at }] : [],
            ...{ isPinned: false, lockedUntil: null, markedAt: null },
          });
          const given = {
            now: at,
            lastRunAt: at - day,
            clockDoubtedSince: null,
            witnesses: [],
            troubled: new Map(),
          };
          const before = catalogue.filter(isProvenByRestore).length;
          const plan = planDeletion(catalogue, defaultRetention, given);
          const removed = goes(plan, ['remove']);
          const marked = goes(plan, ['mark']);
          const unmarked = goes(plan, ['unmark']);
          catalogue = catalogue
            .filter(({ id }) => !removed.has(id))
            .map((one) =>
              marked.has(one.id)
                ? { ...one, markedAt: at }
                : unmarked.has(one.id)
                  ? { ...one, markedAt: null }
                  : one,
            );
          assert.ok(catalogue.filter(isProvenByRestore).length >= Math.min(2, before));
        }
        if (isHealthy) assert.equal(catalogue.length, 30 + 7);
      },
    ),
    { numRuns: 30 },
  );
});
