import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import type { TargetSettings } from '../core/configuration.ts';
import type { ProbeContext } from '../core/system.ts';
import type { Estate, Watched } from './bound.ts';
import { createChecks } from './checks.ts';
import type { HistorySpan } from './learned/history.ts';

const day = 86_400_000;

function estateOf(run: (ctx: ProbeContext) => Promise<{ ok: true; readings: [] }>): Estate {
  const metrics = { 'toy.reads': { summary: 'reads', unit: 'count', kind: 'counter' } } as const;
  const probe = { id: 'toy.reads', summary: 'reads', atMostEveryMs: 60_000, metrics };
  const targets = new Map(
    ['db', 'web'].map((name): [string, Watched] => [
      name,
      {
        settings: { name, everyMs: 10_000, timeoutMs: 5_000, rules: [] } as unknown as TargetSettings,
        bound: { kind: 'toy', checks: [{ probe, run }] } as unknown as Watched['bound'],
      } as Watched,
    ]),
  );
  return { targets, topology: { needs: new Map(), servicesOf: new Map() } };
}

test('a probe is given what was kept of its own target, counters as increase a second', async () => {
  const asked: HistorySpan[] = [];
  const checksOf = createChecks(systemClock, async (span) => {
    asked.push(span);
    return [{ labels: { index: 'a' }, points: [{ at: 1, value: 2 }] }];
  });
  const kept: unknown[] = [];
  const estate = estateOf(async (ctx) => {
    kept.push(await ctx.recorded?.('toy.reads', 5 * day));
    return { ok: true, readings: [] };
  });
  const checks = checksOf(estate);
  assert.deepEqual(
    checks.map(({ id, everyMs }) => [id, everyMs]),
    [
      ['db/toy.reads', 60_000],
      ['web/toy.reads', 60_000],
    ],
  );
  const ctx = {
    signal: AbortSignal.timeout(1_000),
    timeoutMs: 1_000,
    clock: systemClock,
    increase: () => undefined,
  };
  for (const { run } of checks) await run(ctx);
  assert.deepEqual(
    asked.map(({ target, metric, from, stepMs, counter }) => [target, metric, from, stepMs, counter]),
    ['db', 'web'].map((target) => [target, 'toy.reads', 5 * day, day, true]),
  );
  assert.deepEqual(kept[0], [{ labels: { index: 'a' }, points: [{ at: 1, value: 2 }] }]);
  assert.deepEqual(
    checksOf(estate).map(({ run }) => run),
    checks.map(({ run }) => run),
    'a check under way is known after a reload',
  );
});

test('a probe that needs longer than the timeout of its target gets it, a shorter one gets no less', () => {
  const timeoutOf = (atLeastMs?: number) => {
    const estate = estateOf(async () => ({ ok: true, readings: [] }));
    const probes = [...estate.targets.values()].flatMap(({ bound }) =>
      bound.checks.map(({ probe }) => probe),
    );
    for (const probe of probes) Object.assign(probe, { atLeastMs });
    return createChecks(systemClock, undefined)(estate).map(({ timeoutMs }) => timeoutMs);
  };
  assert.deepEqual(
    [timeoutOf(), timeoutOf(1_000), timeoutOf(60_000)],
    [
      [5_000, 5_000],
      [5_000, 5_000],
      [60_000, 60_000],
    ],
  );
});

test('where nothing is kept a probe is told so', async () => {
  const seen: unknown[] = [];
  const [check] = createChecks(
    systemClock,
    undefined,
  )(
    estateOf(async (ctx) => {
      seen.push(ctx.recorded);
      return { ok: true, readings: [] };
    }),
  );
  await check?.run({
    signal: AbortSignal.timeout(1_000),
    timeoutMs: 1_000,
    clock: systemClock,
    increase: () => undefined,
  });
  assert.deepEqual(seen, [undefined]);
});
