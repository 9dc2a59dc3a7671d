import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FakeClock, fakeClock } from '../../test/simulation/fake-clock.ts';
import { startAt, toyTarget, up } from '../../test/simulation/loop.ts';
import type { Outcome } from '../core/sample.ts';
import type { Gap } from '../core/schedule.ts';
import { firstDue } from '../core/schedule.ts';
import type { ProbeContext } from '../core/system.ts';
import { type Check, createObserver, type Observation } from './observe.ts';

type Run = (ctx: ProbeContext) => Promise<Outcome>;

function check(name: string, run: Run, everyMs = 10_000, timeoutMs = 2_000): Check {
  const probe = { id: 'toy.check', summary: '', liveness: true as const, metrics: {} };
  return { id: `${name}/toy.check`, target: toyTarget(name), probe, everyMs, timeoutMs, run };
}

function observed(checks: readonly Check[], clock: FakeClock = fakeClock(startAt)) {
  const seen: Observation[] = [];
  const gaps: Gap[] = [];
  const observer = createObserver({
    clock,
    onObservation: (observation) => seen.push(observation),
    onGap: (gap) => gaps.push(gap),
  });
  observer.replace(checks);
  observer.start();
  const of = (name: string) => seen.filter(({ check: { id } }) => id === `${name}/toy.check`);
  const stop = async () => {
    const stopping = observer.stop(1_000);
    await clock.runUntil(clock.now() + 2_000);
    await stopping;
  };
  return { clock, observer, seen, gaps, of, stop };
}

const well: Run = async () => up;
const never = () => new Promise<Outcome>(() => {});

test('five thousand checks are covered within one interval, spread evenly, and keep their grid', async () => {
  const checks = Array.from({ length: 5_000 }, (_, i) => check(`t${i}`, well));
  const { clock, seen, stop } = observed(checks);
  await clock.runUntil(startAt + 10_000);
  assert.equal(new Set(seen.map((one) => one.check.id)).size, 5_000);
  const perSecond = new Map<number, number>();
  for (const { at } of seen) {
    const second = Math.floor((at - startAt) / 1_000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  for (const n of [...perSecond.values()].slice(0, 10)) assert.ok(n > 350 && n < 650, `${n} in one second`);
  await clock.runUntil(startAt + 60_000);
  const phases = new Map<string, number>();
  for (const {
    check: { id },
    at,
  } of seen) {
    assert.equal(phases.get(id) ?? at % 10_000, at % 10_000, `${id} drifts`);
    phases.set(id, at % 10_000);
  }
  assert.ok(seen.length >= 5_000 * 6 && seen.length <= 5_000 * 6 + 100, `${seen.length} runs in a minute`);
  await stop();
});

test('a seldom check is looked at within a minute of the start, then on its grid; when it is due is known', async () => {
  const hourMs = 3_600_000;
  const { clock, observer, of, stop } = observed([check('updates', well, hourMs)]);
  const due = observer.dueAt('updates/toy.check') ?? 0;
  assert.ok(due >= startAt && due <= startAt + 60_000);
  assert.equal(observer.dueAt('none/toy.check'), null);
  await clock.runUntil(startAt + 60_000);
  assert.deepEqual(
    of('updates').map(({ at }) => at),
    [due],
  );
  const next = observer.dueAt('updates/toy.check') ?? 0;
  assert.equal(next, firstDue('updates/toy.check', hourMs, clock.now()));
  await clock.runUntil(next + hourMs);
  assert.deepEqual(
    of('updates').map(({ at }) => at),
    [due, next, next + hourMs],
  );
  await stop();
});

test('a probe that ignores its abort is cut off, never runs beside itself and delays nobody', async () => {
  let at = 0;
  let most = 0;
  let begun = 0;
  const hangs: Run = () => {
    begun++;
    most = Math.max(most, ++at);
    return never();
  };
  const { clock, of, stop } = observed([check('frozen', hangs), check('web', well)]);
  await clock.runUntil(startAt + 120_000);
  assert.equal(most, 1, 'it never overlaps itself');
  assert.equal(begun, 1);
  assert.equal(of('web').length, 12);
  assert.ok(of('web').every(({ tookMs }) => tookMs < 1));
  // Every interval says that there is still no answer, so that `for:` goes on counting.
  assert.equal(of('frozen').length, 12);
  assert.ok(of('frozen').every(({ outcome }) => !outcome.ok && outcome.why === 'timeout'));
  await stop();
});

test('a look by hand waits no longer than the timeout of the target, though the probe may take longer', async () => {
  const { clock, observer, stop } = observed([]);
  const hanging = check('slow', never, 3_600_000, 60_000);
  const seen: Observation[] = [];
  const looking = observer.once([hanging], (observation) => seen.push(observation));
  await clock.runUntil(startAt + hanging.target.timeoutMs + 1_000);
  await looking;
  assert.deepEqual(
    seen.map(({ outcome }) => outcome.ok),
    [false],
  );
  await stop();
});

test('a run that never ends is given up after ten minutes, so that its check can recover', async () => {
  let begun = 0;
  const hangsOnce: Run = () => (++begun === 1 ? never() : well({} as ProbeContext));
  const { clock, of, stop } = observed([check('frozen', hangsOnce)]);
  await clock.runUntil(startAt + 11 * 60_000);
  assert.ok(begun > 1);
  assert.equal(of('frozen').at(-1)?.outcome.ok, true);
  await stop();
});

test('a probe that throws is broken; one that throws because its time is up has timed out', async () => {
  const throwsAtOnce: Run = () => {
    throw new Error('no such method');
  };
  const throwsOnAbort: Run = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const { clock, of, stop } = observed([check('broken', throwsAtOnce), check('slow', throwsOnAbort)]);
  await clock.runUntil(startAt + 15_000);
  const whys = (name: string) => of(name).map(({ outcome }) => (outcome.ok ? 'ok' : outcome.why));
  assert.deepEqual(whys('broken')[0], 'broken-probe');
  assert.deepEqual(whys('slow')[0], 'timeout');
  await stop();
});

test('a new set keeps the grid and the counters of what stays, and never runs what left', async () => {
  const increases: (number | undefined)[] = [];
  let n = 0;
  const counts: Run = async ({ increase }) => {
    n += 5;
    increases.push(increase('n', n));
    return up;
  };
  let gone = 0;
  const leaves: Run = async () => {
    gone++;
    return up;
  };
  const { clock, observer, of, stop } = observed([check('kept', counts), check('left', leaves)]);
  await clock.runUntil(startAt + 20_000);
  const before = gone;
  observer.replace([check('kept', counts), check('new', well)]);
  await clock.runUntil(startAt + 60_000);
  assert.equal(gone, before);
  assert.equal(new Set(of('kept').map(({ at }) => at % 10_000)).size, 1);
  assert.deepEqual(increases, [undefined, 5, 5, 5, 5, 5]);
  assert.ok(of('new').length >= 3);
  await stop();
});

test('a set that is replaced at the very moment of a check does not run it twice', async () => {
  const { clock, observer, of, stop } = observed([check('kept', well)]);
  await clock.runUntil(startAt + 10_000);
  const ranAt = of('kept')[0]?.at ?? 0;
  await clock.runUntil(ranAt + 10_000);
  observer.replace([check('kept', well)]);
  await clock.runUntil(ranAt + 25_000);
  assert.deepEqual(
    of('kept').map(({ at }) => at - ranAt),
    [0, 10_000, 20_000],
  );
  await stop();
});

test('what is under way at a reload counts for the check that asks the same, under its new rules, and no other', async () => {
  const answers: (() => void)[] = [];
  const slow: Run = () => new Promise((resolve) => answers.push(() => resolve(up)));
  const other: Run = () => new Promise((resolve) => answers.push(() => resolve(up)));
  const { clock, observer, seen, stop } = observed([check('same', slow), check('changed', slow)]);
  while (answers.length < 2) await clock.runUntil(clock.now() + 100);
  const same = { ...check('same', slow), target: toyTarget('same', { rules: [] }) };
  observer.replace([same, check('changed', other)]);
  for (const answer of answers) answer();
  await clock.runUntil(clock.now() + 1);
  assert.deepEqual(
    seen.map((one) => one.check),
    [same],
  );
  await stop();
});

test('what leaves while it runs is aborted and its outcome is dropped', async () => {
  let reason: unknown;
  const waits: Run = ({ signal }) =>
    new Promise((resolve) =>
      signal.addEventListener('abort', () => {
        reason = signal.reason;
        resolve({ ok: false, why: 'unreachable', detail: 'aborted' });
      }),
    );
  const { clock, observer, seen, stop } = observed([check('left', waits, 10_000, 8_000)]);
  await clock.runUntil(startAt + 10_000);
  seen.length = 0;
  assert.equal(observer.counts.running, 1);
  observer.replace([]);
  await clock.runUntil(clock.now() + 1);
  assert.match(String(reason), /no longer configured/);
  assert.equal(observer.counts.running, 0);
  assert.equal(seen.length, 0);
  await stop();
});

for (const [name, jump] of [
  ['a machine that sleeps', (clock: FakeClock) => clock.suspend(3_600_000)],
  ['a clock set forwards', (clock: FakeClock) => clock.setWall(clock.now() + 3_600_000)],
  ['a clock set backwards', (clock: FakeClock) => clock.setWall(clock.now() - 3_600_000)],
] as const) {
  test(`${name} drops what was under way and goes on with the grid`, async () => {
    let hanging = true;
    const waits: Run = ({ signal }) =>
      hanging
        ? new Promise((resolve) =>
            signal.addEventListener('abort', () => resolve({ ok: false, why: 'timeout', detail: 'aborted' })),
          )
        : well({} as ProbeContext);
    const { clock, seen, gaps, stop } = observed([check('web', waits, 10_000, 9_000)]);
    for (let waited = 0; gaps.length === 0 && waited < 2; waited++)
      await clock.runUntil(clock.now() + 10_000);
    hanging = false;
    seen.length = 0;
    jump(clock);
    const after = clock.now();
    await clock.runUntil(after + 40_000);
    assert.equal(gaps.length, 1);
    assert.ok(seen.length >= 2, 'checks go on');
    assert.ok(
      seen.every(({ outcome }) => outcome.ok),
      'nothing that began before the gap is judged',
    );
    await stop();
  });
}

for (const byMs of [-1_200_000, 1_200_000]) {
  test(`a configuration that comes right after the clock jumped by ${byMs} ms hides no gap and holds no check up`, async () => {
    const { clock, observer, seen, gaps, of, stop } = observed([check('web', well)]);
    await clock.runUntil(startAt + 25_000);
    const known = gaps.length;
    seen.length = 0;
    clock.setWall(clock.now() + byMs);
    observer.replace([check('web', well), check('new', well)]);
    await clock.runUntil(clock.now() + 40_000);
    assert.deepEqual(
      gaps.slice(known).map(({ why }) => why),
      [byMs < 0 ? 'clock-set-back' : 'clock-jump'],
    );
    for (const name of ['web', 'new']) {
      const count = of(name).length;
      assert.ok(count >= 3 && count <= 5, `${name} was checked ${count} times in 40 s`);
    }
    await stop();
  });
}

test('stop is bounded, whatever hangs', async () => {
  const { clock, observer } = observed([check('frozen', never)]);
  await clock.runUntil(startAt + 10_000);
  const began = clock.monotonic();
  let endedAt = Number.NaN;
  const stopping = observer.stop(1_000).then(() => {
    endedAt = clock.monotonic();
  });
  await clock.runUntil(clock.now() + 5_000);
  await stopping;
  assert.ok(endedAt - began <= 1_010, `${endedAt - began} ms`);
});
