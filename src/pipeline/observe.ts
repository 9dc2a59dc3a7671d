/**
 * Runs every check on its own grid: phases spread over the interval, no drift, a check never overlaps itself,
 * a hanging target delays no other. A sleep of the machine or a jump of its clock is a gap, not an outage.
 */
import type { TargetSettings } from '../core/configuration.ts';
import type { Outcome } from '../core/sample.ts';
import { firstDue, gapBetween, nextDue } from '../core/schedule.ts';
import type { BoundTarget } from '../core/system.ts';
import type { Clock } from '../core/time.ts';
import { type DueQueue, dueQueue } from './due-queue.ts';

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

export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly why: 'clock-jump' | 'suspended';
}

export interface Observer {
  /** Takes over a new set of checks; those that stay keep their grid and their counters. */
  replace(checks: readonly Check[]): void;
  start(): void;
  /** Runs these checks once, now, outside the schedule. */
  once(checks: readonly Check[], take: (observation: Observation) => void): Promise<void>;
  /** Stops and waits for the probes that are under way, at most `withinMs`. */
  stop(withinMs: number): Promise<void>;
  readonly counts: { runs: number; overruns: number; running: number };
}

/** Late wake-ups below this are load, above it the machine slept. */
const gapToleranceMs = 5_000;
/** How often the two clocks are compared when no check is due. */
const heartbeatMs = 10_000;

export function createObserver(options: {
  readonly clock: Clock;
  readonly onObservation: (observation: Observation) => void;
  readonly onGap: (gap: Gap) => void;
}): Observer {
  const { clock } = options;
  let queue: DueQueue<Check> = dueQueue();
  let checks = new Map<string, Check>();
  const running = new Map<string, AbortController>();
  const counters = new Map<string, Map<string, number>>();
  const counts = { runs: 0, overruns: 0, running: 0 };
  let cancelTimer: (() => void) | null = null;
  let stopped = true;
  let epoch = 0;
  let last = { wall: 0, mono: 0, expectedWall: 0 };

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
      queue.push(nextDue(next.due, next.item.everyMs, now), next.item);
      if (running.has(next.item.id)) counts.overruns++;
      else void run(next.item);
    }
    arm();
  }

  function noticeGap() {
    const after = { wall: clock.now(), mono: clock.monotonic() };
    const gap = gapBetween(last, after, gapToleranceMs);
    if (!gap) return;
    epoch++;
    for (const controller of running.values())
      controller.abort(new Error('the machine slept or its clock jumped'));
    queue = dueQueue();
    for (const check of checks.values()) queue.push(firstDue(check.id, check.everyMs, after.wall), check);
    options.onGap(gap);
  }

  async function run(check: Check) {
    const controller = new AbortController();
    const epochAtStart = epoch;
    running.set(check.id, controller);
    counts.running = running.size;
    counts.runs++;
    const observation = await observe(check, controller);
    running.delete(check.id);
    counts.running = running.size;
    if (stopped || epoch !== epochAtStart || checks.get(check.id) !== check) return;
    options.onObservation(observation);
  }

  async function observe(check: Check, controller: AbortController): Promise<Observation> {
    const at = clock.now();
    const began = clock.monotonic();
    const cancelTimeout = clock.after(check.timeoutMs, () =>
      controller.abort(new Error(`no answer within ${check.timeoutMs} ms`)),
    );
    const outcome = await probe(check, controller.signal, increaseOf(check.id));
    cancelTimeout();
    return { check, outcome, at, tookMs: clock.monotonic() - began };
  }

  async function probe(
    check: Check,
    signal: AbortSignal,
    increase: (counter: string, value: number) => number | undefined,
  ): Promise<Outcome> {
    try {
      return await Promise.race([
        check.run({ signal, timeoutMs: check.timeoutMs, clock, increase }),
        whenAborted(signal, clock, check.timeoutMs),
      ]);
    } catch (error) {
      return {
        ok: false,
        why: 'broken-probe',
        detail: error instanceof Error ? error.message : String(error),
      };
    }
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
    replace(next) {
      const now = clock.now();
      checks = new Map(next.map((check) => [check.id, check]));
      queue = dueQueue();
      for (const check of next) queue.push(firstDue(check.id, check.everyMs, now), check);
      for (const id of counters.keys()) if (!checks.has(id)) counters.delete(id);
      if (!stopped) arm();
    },
    start() {
      stopped = false;
      arm();
    },
    async once(once, take) {
      await Promise.all(once.map(async (check) => take(await observe(check, new AbortController()))));
    },
    async stop(withinMs) {
      stopped = true;
      cancelTimer?.();
      for (const controller of running.values()) controller.abort(new Error('Upkeep stops'));
      const deadline = clock.monotonic() + withinMs;
      while (running.size > 0 && clock.monotonic() < deadline) await clock.sleep(10);
    },
  };
}

/** A probe gets a moment after its abort to say what it saw; then the check is over without it. */
const abortGraceMs = 250;

function whenAborted(signal: AbortSignal, clock: Clock, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const giveUp = () =>
      clock.after(abortGraceMs, () =>
        resolve({ ok: false, why: 'timeout', detail: `no answer within ${timeoutMs} ms` }),
      );
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}
