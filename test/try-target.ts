/** Runs the checks, diagnoses and actions of one bound target as the pipeline does, one at a time. */
import assert from 'node:assert/strict';
import { systemClock } from '../src/clock.ts';
import type { Plan } from '../src/core/action.ts';
import type { Evidence, Finding } from '../src/core/evidence.ts';
import { type Judgement, Permit } from '../src/core/guard.ts';
import { metricNamed, type Outcome } from '../src/core/sample.ts';
import type {
  BoundAction,
  BoundTarget,
  ConnectContext,
  DiagnosisContext,
  ProbeContext,
  SystemEntry,
} from '../src/core/system.ts';
import { runProbe } from '../src/pipeline/run-probe.ts';

/** Servers, and programs that a check, a diagnosis or an action runs, take their time on a busy machine. */
const patienceMs = 60_000;

export interface TriedTarget {
  readonly bound: BoundTarget;
  check(probe: string, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Outcome>;
  /** The outcome, which must be good. */
  seen(probe: string): Promise<Extract<Outcome, { ok: true }>>;
  diagnose(
    id: string,
    known?: Partial<Omit<DiagnosisContext, 'signal' | 'clock'>>,
  ): Promise<{ evidence: Evidence[]; findings: Finding[] }>;
  action(id: string): BoundAction;
  context(): { signal: AbortSignal; clock: typeof systemClock; latest: () => [] };
}

export const targetName = 'tried';

export function tryTarget(
  system: SystemEntry,
  raw: Readonly<Record<string, unknown>>,
  more: Partial<ConnectContext> = {},
): TriedTarget {
  const bound = system.bind(raw, { clock: systemClock, folder: process.cwd(), ...more });
  const counters = new Map<string, number>();
  const check: TriedTarget['check'] = (probe, { timeoutMs = patienceMs, signal } = {}) => {
    const found = bound.checks.find((candidate) => candidate.probe.id === probe);
    assert.ok(found, `no probe ${probe}`);
    const increase: ProbeContext['increase'] = (counter, value) => {
      const key = `${probe} ${counter}`;
      const before = counters.get(key);
      counters.set(key, value);
      return before === undefined || value < before ? undefined : value - before;
    };
    return new Promise((onOutcome) => {
      const parts = { clock: systemClock, timeoutMs, increase, onOutcome, onEnd() {} };
      const run = runProbe({ ...parts, run: (ctx) => found.run(ctx) });
      const abort = () => run.abort('the test ends it');
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
  };
  return {
    bound,
    check,
    async seen(probe) {
      const outcome = await check(probe);
      assert.ok(outcome.ok, `${probe}: ${outcome.ok ? '' : outcome.detail}`);
      assertDeclared(system, probe, outcome);
      return outcome;
    },
    async diagnose(id, known = {}) {
      const diagnosis = bound.diagnoses.find((candidate) => candidate.id === id);
      assert.ok(diagnosis, `no diagnosis ${id}`);
      const evidence = await diagnosis.gather(targetName, {
        signal: AbortSignal.timeout(patienceMs),
        clock: systemClock,
        alerts: [],
        dependencies: [],
        changes: [],
        history: async () => [],
        latest: () => [],
        logs: () => undefined,
        detail: () => undefined,
        ...known,
      });
      const findings = diagnosis.conclude(evidence, targetName);
      const ids = new Set(evidence.map((piece) => piece.id));
      for (const finding of findings) {
        for (const piece of finding.evidence) assert.ok(ids.has(piece), `${piece} is no evidence`);
      }
      return { evidence, findings };
    },
    action(id) {
      const action = bound.actions.find((candidate) => candidate.id === id);
      assert.ok(action, `no action ${id}`);
      return action;
    },
    context: () => ({ signal: AbortSignal.timeout(patienceMs), clock: systemClock, latest: () => [] }),
  };
}

function assertDeclared(system: SystemEntry, probe: string, outcome: Outcome): void {
  const metrics = system.probes.find((candidate) => candidate.id === probe)?.metrics ?? {};
  for (const { metric, value } of outcome.readings ?? []) {
    assert.ok(
      metricNamed(metrics, metric) || metric === `${system.kind}.up`,
      `${probe} does not declare ${metric}`,
    );
    assert.ok(Number.isFinite(value), `${metric} is ${value}`);
  }
}

/** The value of a metric, with these labels where given. */
export function readingOf(
  outcome: Outcome,
  metric: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  return outcome.readings?.find(
    (reading) =>
      reading.metric === metric &&
      Object.entries(labels).every(([name, value]) => reading.labels?.[name] === value),
  )?.value;
}

/** What the guard hands out for a plan that policy allows. */
export function permitFor(plan: Plan, judgement: Judgement = { kind: 'allow', reason: 'test' }): Permit {
  return Permit.grant(judgement, JSON.stringify(plan), systemClock.now());
}

/** Asks until the answer is good; fails with the last answer after `withinMs`. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  withinMs = patienceMs,
): Promise<T> {
  const until = systemClock.monotonic() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    if (systemClock.monotonic() > until) assert.fail(`still ${JSON.stringify(answer)}`);
    await systemClock.sleep(20);
  }
}
