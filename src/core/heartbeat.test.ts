import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { nextRun } from '../clock.ts';
import { afterSignal, type Expectation, type Heartbeat, punctuality, type Signal } from './heartbeat.ts';

const hour = 3_600_000;
const minute = 60_000;
const signal = (at: number, changes: Partial<Signal> = {}): Signal => ({
  kind: 'success',
  exitCode: null,
  run: '',
  output: null,
  at,
  ...changes,
});
const play = (...signals: Signal[]): Heartbeat => {
  const [first, ...others] = signals;
  assert.ok(first);
  return others.reduce((state, one) => afterSignal(state, one), afterSignal(null, first));
};
const nightly = (timezone = 'UTC'): Expectation => ({
  next: (after) => nextRun('0 3 * * *', timezone, after),
  graceMs: 10 * minute,
  earlyMs: 30_000,
});
const midnight = Date.UTC(2026, 10, 20);
const at = (hours: number, minutes = 0) => midnight + hours * hour + minutes * minute;

describe('runs', () => {
  test('a start and an end give a duration; an exit code other than 0 a failure', () => {
    const state = play(
      signal(0, { kind: 'start' }),
      signal(90_000, { kind: 'failure', exitCode: 2, output: 'no space' }),
    );
    assert.equal(state.durationMs, 90_000);
    assert.deepEqual([state.outcome, state.reason, state.output], ['failure', 'exit code 2', 'no space']);
    assert.deepEqual(state.open, {});
  });

  test('a request that comes twice is one run', () => {
    const state = play(signal(0, { kind: 'start' }), signal(5_000), signal(6_000));
    assert.deepEqual([state.runs, state.durationMs, state.lastAt], [1, 5_000, 6_000]);
  });

  test('a run that never said how it ended has failed once the next begins', () => {
    const state = play(signal(0, { kind: 'start' }), signal(hour, { kind: 'start' }));
    assert.equal(state.outcome, 'failure');
    assert.match(state.reason ?? '', /before the last one said how it ended/);
    assert.equal(afterSignal(state, signal(hour + 1)).outcome, 'success');
  });

  test('runs that overlap are told apart by their id', () => {
    const state = play(
      signal(0, { kind: 'start', run: 'a' }),
      signal(10, { kind: 'start', run: 'b' }),
      signal(30, { run: 'a' }),
    );
    assert.deepEqual([state.durationMs, state.open], [30, { b: 10 }]);
  });

  test('property: a flood of starts is bounded, whatever the ids are called', () => {
    const id = fc.oneof(fc.constantFrom('__proto__', 'constructor', ''), fc.string());
    fc.assert(
      fc.property(fc.array(id, { minLength: 1, maxLength: 60 }), (ids) => {
        const state = play(...ids.map((run, index) => signal(index, { kind: 'start', run })));
        assert.ok(Object.keys(state.open).length <= 20);
        assert.ok(Object.values(state.open).every((began) => typeof began === 'number'));
      }),
    );
  });
});

describe('punctuality', () => {
  const heard = play(signal(at(3, 4)));
  const judge = (now: number, blind: { from: number; to: number }[] = [], state = heard) =>
    punctuality(state, nightly(), blind, now).kind;

  test('late exactly when the grace has passed', () => {
    assert.equal(judge(at(27, 9)), 'in-time');
    assert.equal(judge(at(27, 10)), 'late');
    assert.equal(judge(at(60)), 'late');
  });

  test('a run that begins some seconds early is that run', () => {
    assert.equal(judge(at(27, 30), [], play(signal(at(27) - 20_000))), 'in-time');
  });

  test('while Upkeep was not listening a missed run is unknown, until the next one is due', () => {
    const away = [{ from: at(26), to: at(28) }];
    assert.equal(judge(at(28, 1), away), 'unknown');
    assert.equal(judge(at(51), away), 'unknown');
    assert.equal(judge(at(51, 10), away), 'late');
  });

  test('being away at another hour excuses nothing', () => {
    assert.equal(judge(at(27, 10), [{ from: at(10), to: at(12) }]), 'late');
    assert.equal(judge(at(40), [{ from: at(30), to: at(39) }]), 'late', 'it was late before');
  });

  test('several times away, of which only one matters', () => {
    const away = [
      { from: at(26, 59), to: at(27, 1) },
      { from: at(40), to: at(41) },
    ];
    assert.equal(judge(at(41), away), 'unknown');
  });

  test('away for a year: known again at the first run after it', () => {
    const everyMinute: Expectation = {
      next: (after) => nextRun('* * * * *', 'UTC', after),
      graceMs: minute,
      earlyMs: 30_000,
    };
    const away = [{ from: at(3, 4), to: at(4 + 365 * 24) }];
    assert.equal(punctuality(heard, everyMinute, away, at(4 + 365 * 24)).kind, 'unknown');
    assert.equal(punctuality(heard, everyMinute, away, at(4 + 365 * 24, 3)).kind, 'late');
  });

  test('the two nights of daylight saving have one run each', () => {
    // Berlin: 2026-10-25 03:00 comes twice, 2026-03-29 02:00 does not come.
    const berlin = nightly('Europe/Berlin');
    for (const night of [Date.UTC(2026, 9, 25), Date.UTC(2026, 2, 29)]) {
      const state = play(signal(night - 12 * hour));
      const runs = [];
      for (
        let run = berlin.next(state.lastAt);
        run !== null && run < night + 12 * hour;
        run = berlin.next(run)
      )
        runs.push(run);
      assert.equal(runs.length, 1, new Date(night).toISOString());
    }
  });

  test('property: it is never late while a signal comes within each period, and always late two periods after the last', () => {
    const periodMs = hour;
    const grace = fc.integer({ min: 1_000, max: 20 * minute });
    const gaps = fc.array(fc.integer({ min: 1, max: periodMs }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(gaps, grace, (between, graceMs) => {
        let now = 0;
        let state = play(signal(now));
        for (const gap of between) {
          const every: Expectation = {
            next: (after) =>
              state.lastAt + periodMs * (Math.floor(Math.max(0, after - state.lastAt) / periodMs) + 1),
            graceMs,
            earlyMs: Math.min(graceMs, periodMs / 2),
          };
          now += gap;
          assert.equal(punctuality(state, every, [], now).kind, 'in-time');
          assert.equal(punctuality(state, every, [], state.lastAt + 2 * periodMs).kind, 'late');
          state = afterSignal(state, signal(now));
        }
      }),
    );
  });
});
