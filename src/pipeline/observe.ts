/**
 * Runs every check on its own grid: phases spread over the interval, no drift, a check never overlaps itself,
 * a hanging target delays no other. A sleep of the machine or a jump of its clock is a gap, not an outage.
 */
import type { TargetSettings } from '../core/configuration.ts';
import type { Outcome } from '../core/sample.ts';
import { firstDue, firstLook, type Gap, gapBetween, nextDue } from '../core/schedule.ts';
import type { BoundTarget } from '../core/system.ts';
import { type Clock, formatDuration } from '../core/time.ts';
import { type DueQueue, dueQueue } from './due-queue.ts';
import { type ProbeRun, runProbe } from './run-probe.ts';

export interface Check {
  /** `db/postgres.activity` */
  readonly id: string;
  readonly target: TargetSettings;
  readonly probe: BoundTarget['checks'][number]['probe'];
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly run: BoundTarget['checks'][number]['run'];
}

export interface Observation {
  readonly check: Check;
  readonly outcome: Outcome;
  /** When the probe started, epoch milliseconds. */
  readonly at: number;
  readonly tookMs: number;
}

export interface Observer {
  /** Takes over a new set of checks; those that stay keep their grid and their counters. */
  replace(checks: readonly Check[]): void;
  start(): void;
  /** Runs these checks once, now, outside the schedule. */
  once(checks: readonly Check[], take: (observation: Observation) => void): Promise<void>;
  /** Stops and waits for the probes that are under way, at most `withinMs`. */
  stop(withinMs: number): Promise<void>;
  /** When the check is due next, epoch milliseconds; null where there is no such check. */
  dueAt(checkId: string): number | null;
  readonly counts: { runs: number; overruns: number; running: number };
}

/** Late wake-ups below this are load, above it the machine slept. */
const gapToleranceMs = 5_000;
/** How often the two clocks are compared when no check is due. */
const heartbeatMs = 10_000;
/** A run that hangs keeps its check from running for this long; then it is taken for lost. */
const lostAfterMs = 600_000;

export function createObserver(options: {
  readonly clock: Clock;
  readonly onObservation: (observation: Observation) => void;
  readonly onGap: (gap: Gap) => void;
}): Observer {
  const { clock } = options;
  let queue: DueQueue<Check> = dueQueue();
  let checks = new Map<string, Check>();
  const dues = new Map<string, number>();
  const running = new Map<string, ProbeRun>();
  const counters = new Map<string, Map<string, number>>();
  const counts = { runs: 0, overruns: 0, running: 0 };
  let cancelTimer: (() => void) | null = null;
  let stopped = true;
  let epoch = 0;
  let last = { wall: 0, mono: 0, expectedWall: 0 };

  function enqueue(check: Check, due: number) {
    queue.push(due, check);
    dues.set(check.id, due);
  }

  function arm() {
    cancelTimer?.();
    if (stopped) return;
    const now = clock.now();
    const due = Math.min(queue.peek()?.due ?? Number.POSITIVE_INFINITY, now + heartbeatMs);
    last = { wall: now, mono: clock.monotonic(), expectedWall: due };
    cancelTimer = clock.after(Math.max(0, due - now), wake);
  }

  function wake() {
    if (stopped) return;
    noticeGap();
    const now = clock.now();
    for (let next = queue.peek(); next && next.due <= now; next = queue.peek()) {
      queue.pop();
      if (checks.get(next.item.id) !== next.item) continue;
      enqueue(next.item, nextDue(next.item.id, next.item.everyMs, now));
      begin(next.item);
    }
    arm();
  }

  function noticeGap() {
    const after = { wall: clock.now(), mono: clock.monotonic() };
    const gap = gapBetween(last, after, gapToleranceMs);
    if (!gap) return;
    epoch++;
    for (const one of running.values()) one.abort('the machine slept or its clock jumped');
    queue = dueQueue();
    for (const check of checks.values()) enqueue(check, firstDue(check.id, check.everyMs, after.wall));
    options.onGap(gap);
  }

  /** A check never runs beside itself; while a run that was cut off still hangs, there is still no answer. */
  function begin(check: Check) {
    const before = running.get(check.id);
    const waited = before ? clock.monotonic() - before.began : 0;
    if (!before || waited > lostAfterMs) {
      run(check);
      return;
    }
    counts.overruns++;
    if (!before.isTold) return;
    const detail = `no answer for ${formatDuration(waited)}: the probe hangs and ignores its abort`;
    options.onObservation({
      check,
      outcome: { ok: false, why: 'timeout', detail },
      at: clock.now(),
      tookMs: waited,
    });
  }

  function run(check: Check) {
    const epochAtStart = epoch;
    counts.runs++;
    const self = observe(
      check,
      (observation) => {
        // A new configuration makes every check anew; one that asks the same thing takes what was under way.
        const present = checks.get(check.id);
        if (stopped || epoch !== epochAtStart || present?.run !== check.run) return;
        options.onObservation({ ...observation, check: present });
      },
      () => {
        if (running.get(check.id) === self) running.delete(check.id);
        counts.running = running.size;
      },
    );
    running.set(check.id, self);
    counts.running = running.size;
  }

  function observe(check: Check, take: (observation: Observation) => void, onEnd: () => void): ProbeRun {
    const self = runProbe({
      clock,
      timeoutMs: check.timeoutMs,
      run: check.run,
      increase: increaseOf(check.id),
      onOutcome: (outcome) => take({ check, outcome, at: self.at, tookMs: clock.monotonic() - self.began }),
      onEnd,
    });
    return self;
  }

  function increaseOf(checkId: string) {
    const known = counters.get(checkId) ?? new Map<string, number>();
    counters.set(checkId, known);
    return (counter: string, value: number) => {
      const before = known.get(counter);
      known.set(counter, value);
      return before === undefined || value < before ? undefined : value - before;
    };
  }

  return {
    counts,
    dueAt: (checkId) => dues.get(checkId) ?? null,
    replace(next) {
      // What was due before a jump of the clock is not due at that time any more.
      if (!stopped) noticeGap();
      const now = clock.now();
      const before = new Map(dues);
      queue = dueQueue();
      dues.clear();
      for (const check of next) {
        const due = checks.get(check.id)?.everyMs === check.everyMs ? before.get(check.id) : undefined;
        enqueue(check, due ?? firstLook(check.id, check.everyMs, now));
      }
      checks = new Map(next.map((check) => [check.id, check]));
      for (const id of counters.keys()) if (!checks.has(id)) counters.delete(id);
      for (const [id, one] of running) if (!checks.has(id)) one.abort('it is no longer configured');
      if (!stopped) arm();
    },
    start() {
      stopped = false;
      arm();
    },
    async once(once, take) {
      const observations = once.map((check) => {
        // Somebody waits for this look.
        const timeoutMs = Math.min(check.timeoutMs, check.target.timeoutMs);
        return new Promise<Observation>((resolve) => observe({ ...check, timeoutMs }, resolve, () => {}));
      });
      await Promise.all(observations.map(async (observation) => take(await observation)));
    },
    async stop(withinMs) {
      stopped = true;
      cancelTimer?.();
      for (const one of running.values()) one.abort('Upkeep stops');
      const deadline = clock.monotonic() + withinMs;
      const isWaitedFor = () => [...running.values()].some((one) => !one.isTold);
      while (isWaitedFor() && clock.monotonic() < deadline) await clock.sleep(10);
    },
  };
}
