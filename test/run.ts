/**
 * `npm test`: what is needed is installed, then lint, types and every suite in order.
 * `npm test -- unit src/config` runs only what is named: lint, types, suites, or paths.
 * Where a few files of a whole run fail, they run once more alone, and both outcomes are said: what passes alone has a
 * race, of the test or of the product, and is to be mended; it stops no other work.
 * The last line is `N passed, N failed, N skipped`; exit code 1 when anything failed.
 */
import { join } from 'node:path';
import { type Check, checks, runCheck } from './checks.ts';
import { installNeeded } from './packages.ts';
import { type FailedFile, type Progress, runSuites, type Tally } from './run-files.ts';
import { choose, findSuites, root } from './suites.ts';

/** Files that run at a time. Mostly they wait for servers and disks, so these are more than cores. */
const slots = 4;
/** Files that take longer are named with their time. */
const slowMs = 20_000;
/** More files that fail are no accident of a busy machine. */
const mostAgain = 3;

process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/upkeep-compile');
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

await main(process.argv.slice(2));
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function main(words: readonly string[]): Promise<void> {
  try {
    const named = checks.filter((check) => words.includes(check.name));
    const paths = words.filter((word) => !named.some((check) => check.name === word));
    const suites = words.length > 0 && paths.length === 0 ? [] : choose(findSuites(), paths);
    if (suites.length > 0) installNeeded(say);
    await runChecks(words.length === 0 ? checks : named);
    const failed = await runSuites(
      suites.map((suite) => {
        const part = tell(suite.name);
        return { suite, progress: part.progress, ended: part.ended };
      }),
      slots,
      stop.signal,
    );
    if (words.length === 0 && failed.length <= mostAgain) await runAgain(failed);
    if (stop.signal.aborted) fail('stopped before the end');
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

/** One after the other, with nothing beside: what came of it counts in place of the first. */
async function runAgain(failed: readonly FailedFile[]): Promise<void> {
  for (const { suite, file, tally } of failed) {
    for (const part of ['passed', 'failed', 'skipped'] as const) total[part] -= tally[part];
    const { progress, ended } = tell('alone');
    const again = await runSuites([{ suite: { ...suite, files: [file] }, progress, ended }], 1, stop.signal);
    if (again.length === 0 && !stop.signal.aborted)
      say(`! ${file} failed beside other work and passed alone: it has a race to be mended`);
  }
}

async function runChecks(chosen: readonly Check[]): Promise<void> {
  for (const check of chosen) {
    const { progress, ended } = tell(check.name);
    const complaint = await runCheck(check);
    if (complaint !== null) progress.failed(check.name, 'the check', complaint);
    ended({ passed: complaint === null ? 1 : 0, failed: complaint === null ? 0 : 1, skipped: 0 });
  }
}

/** Collects what one part has to say; at its end adds its counts to the total and says them, failures and skips under it. */
function tell(name: string): { progress: Progress; ended(tally: Tally): void } {
  const notes: string[] = [];
  const startedAt = performance.now();
  return {
    progress: {
      failed: (where, title, detail) => notes.push(`  ✖ ${where} ${title}\n${indent(detail)}`),
      skipped: (where, title, reason) => notes.push(`  - skipped ${where} ${title}: ${reason}`),
      ended(file, ms) {
        if (ms > slowMs) notes.push(`  · ${seconds(ms)} ${file}`);
      },
    },
    ended({ passed, failed, skipped }) {
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
      const others = `${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
      say(
        `${failed > 0 ? '✖' : '✓'} ${name.padEnd(11)} ${`${passed} passed${others}`.padEnd(34)} ${seconds(performance.now() - startedAt)}`,
      );
      for (const note of notes) say(note);
    },
  };
}

function fail(why: string): void {
  total.failed++;
  say(`✖ ${why}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '      ');
}
