/** Runs test files with node:test, each in a process of its own, and counts what came of them. */
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { root, type Suite } from './suites.ts';

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Progress {
  ended(file: string, ms: number): void;
  failed(where: string, name: string, detail: string): void;
  skipped(where: string, name: string, reason: string): void;
}

/** Of what a failing file wrote, the last characters are shown. */
const keptOutput = 6_000;

const fixedSeed = join(root, 'test/fixed-seed.ts');
const hasFreshCases = process.env.UPKEEP_PROPERTIES === 'fresh';

/** Whether the test file makes up cases of its own. */
export function holdsProperties(path: string): boolean {
  return readFileSync(path, 'utf8').includes("from 'fast-check'");
}

/** A file of which something failed, and what came of it. */
export interface FailedFile {
  readonly suite: Suite;
  readonly file: string;
  readonly tally: Tally;
}

export interface Run {
  readonly suite: Suite;
  readonly progress: Progress;
  /** All of its files have run. */
  ended(tally: Tally): void;
}

/**
 * The files of all suites in order, `slots` at a time: while the last long file of one suite runs, those of the next
 * begin. No suite takes more slots than its `concurrency`. Returns the files that failed.
 */
export async function runSuites(
  runs: readonly Run[],
  slots: number,
  signal: AbortSignal,
): Promise<FailedFile[]> {
  const failed: FailedFile[] = [];
  const lanes = runs.map((run) => ({
    ...{ run, queue: [...run.suite.files], running: 0 },
    tally: { passed: 0, failed: 0, skipped: 0 } satisfies Tally,
  }));
  const underWay = new Set<Promise<void>>();
  const next = () =>
    lanes.find(({ run, queue, running }) => run.suite.isLong && queue.length > 0 && running === 0) ??
    lanes.find(({ run, queue, running }) => queue.length > 0 && running < run.suite.concurrency);
  async function begin(lane: (typeof lanes)[number], file: string): Promise<void> {
    const { suite, progress } = lane.run;
    const startedAt = performance.now();
    lane.running++;
    const tally = await runFile(file, suite.fileTimeoutMs, progress, signal);
    for (const part of ['passed', 'failed', 'skipped'] as const) lane.tally[part] += tally[part];
    if (tally.failed > 0) failed.push({ suite, file, tally });
    lane.running--;
    progress.ended(file, performance.now() - startedAt);
    if (lane.queue.length === 0 && lane.running === 0) lane.run.ended(lane.tally);
  }
  for (;;) {
    const lane = signal.aborted ? undefined : next();
    if (lane && underWay.size < slots) {
      const work = begin(lane, lane.queue.shift() ?? '').finally(() => underWay.delete(work));
      underWay.add(work);
    } else if (underWay.size > 0) await Promise.race(underWay);
    else return failed;
  }
}

async function runFile(
  file: string,
  timeoutMs: number,
  progress: Progress,
  stop: AbortSignal,
): Promise<Tally> {
  const path = resolve(root, file);
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const failures: (() => void)[] = [];
  let output = '';
  const events = run({
    files: [path],
    cwd: root,
    timeout: timeoutMs,
    execArgv: hasFreshCases || !holdsProperties(path) ? [] : ['--import', fixedSeed],
    // A file that holds its process beyond the time of its tests, or never yields, is ended from outside.
    signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs + 10_000)]),
  });
  for await (const event of events) {
    if (event.type === 'test:stdout' || event.type === 'test:stderr') {
      output = (output + event.data.message).slice(-keptOutput);
    } else if (event.type === 'test:fail') {
      const { name, details, line } = event.data;
      if (typeOf(details.error) === 'subtestsFailed') continue;
      const isFile = name === path;
      const where = isFile ? file : `${place(event.data.file, file)}:${line ?? 1}`;
      failures.push(() =>
        progress.failed(where, isFile ? 'the file' : name, describe(details.error, timeoutMs)),
      );
    } else if (event.type === 'test:pass') {
      const { name, skip, todo, line } = event.data;
      const reason = skip ?? todo;
      const where = `${place(event.data.file, file)}:${line ?? 1}`;
      if (reason !== undefined)
        progress.skipped(where, name, typeof reason === 'string' ? reason : 'without a reason');
      if (name === path) {
        tally.failed++;
        tally.passed--;
        failures.push(() => progress.failed(file, 'the file', 'it holds no test'));
      }
    } else if (event.type === 'test:summary' && event.data.file === undefined) {
      const { passed, failed, cancelled, skipped, todo } = event.data.counts;
      tally.passed += passed;
      tally.skipped += skipped + todo;
      // A suite that fails outside of its tests counts nothing by itself.
      tally.failed += Math.max(failed + cancelled, event.data.success ? 0 : 1);
    }
  }
  for (const tell of failures) tell();
  if (failures.length > 0 && output.trim() !== '') progress.failed(file, 'its output', output.trimEnd());
  return tally;
}

function place(file: string | undefined, fallback: string): string {
  return file === undefined ? fallback : relative(root, file);
}

function typeOf(error: Error): string {
  return 'failureType' in error ? String(error.failureType) : '';
}

function describe(error: Error, timeoutMs: number): string {
  if (typeOf(error) === 'testAborted') return `ended from outside after ${timeoutMs / 1_000} s`;
  const { cause } = error;
  return cause instanceof Error ? inspect(cause, { colors: false, depth: 4 }) : error.message;
}
