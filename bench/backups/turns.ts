/** Ours and the bare tool by turns, and what is said of their times. */
import { spawn, spawnSync } from 'node:child_process';
import type { Look } from '../../src/core/backup/engine.ts';
import { median, milliseconds, significant } from '../figures.ts';

export interface Contender {
  readonly name: string;
  /** Prepares each, not timed. */
  before?(round: number): Promise<unknown>;
  /** What is timed. */
  run(round: number): Promise<unknown>;
  /** Clears away after each, not timed. */
  after?(round: number): Promise<unknown>;
}

/** Milliseconds of each contender, by its name, one for each round: A B C, A B C, … so that noise meets all of them. Prints each. */
export async function byTurns(
  what: string,
  contenders: readonly Contender[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, before, run, after } of contenders) {
      await before?.(round);
      // What the one before left for the disk is not to be paid by this one.
      spawnSync('sync');
      const from = performance.now();
      await run(round);
      const ms = performance.now() - from;
      times.get(name)?.push(ms);
      console.log(`  ${what}, ${name}: ${milliseconds(ms)}`);
      await after?.(round);
    }
  }
  return times;
}

/** `1.04x (1.02 to 1.07)`: the median of the ratios of each round, with the smallest and the largest. */
export function ratio(ours: readonly number[], theirs: readonly number[]): string {
  const ratios = ratiosOf(ours, theirs);
  if (ratios.length === 0) return '-';
  return `${significant(median(ratios))}x (${significant(Math.min(...ratios))} to ${significant(Math.max(...ratios))})`;
}

/** Of each round that both have. */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.flatMap((ms, round) => {
    const other = theirs[round];
    return other === undefined ? [] : [ms / other];
  });
}

/** `6.20 s (6.11 to 6.35)` */
export function spread(times: readonly number[]): string {
  const bare = (ms: number) => milliseconds(ms).replace(/ m?s$/, '');
  return `${milliseconds(median(times))} (${bare(Math.min(...times))} to ${milliseconds(Math.max(...times))})`;
}

/** A shell's script, as somebody would type it. @throws with what it wrote where it fails */
export function typed(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let errors = '';
    child.stdout.on('data', (part) => {
      out += part;
    });
    child.stderr.on('data', (part) => {
      errors = `${errors}${part}`.slice(-4_000);
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve(out)
        : reject(new Error(`exit code ${code} of:\n${script}\n${out.slice(-2_000)}${errors}`)),
    );
  });
}

/** With UPKEEP_BENCH_STAGES set, what each level took. @throws where the content was not proven */
export function sayStages(looks: readonly Look[]): void {
  const last = looks.at(-1);
  if (last === undefined || !last.good || last.level < 5) throw new Error(`not proven: ${last?.detail}`);
  if (process.env.UPKEEP_BENCH_STAGES === undefined) return;
  console.log(looks.map(({ level, tookMs }) => `  level ${level}: ${tookMs} ms`).join(''));
}
