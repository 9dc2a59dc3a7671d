/**
 * Measures Upkeep against its peers from Debian's packages, in the same run on the same machine, in a network
 * namespace of its own where the privileges allow it. Writes bench/results.md after a whole run.
 *
 *   npm run bench                 everything, about half an hour
 *   npm run bench -- checks       one part, or several: checks, latency, storm, samples, anomaly, forecast,
 *                               burn-rate, receivers, backups
 *   npm run bench -- backups --size 3GB --rounds 1 --only drills --keep
 *                               with --keep its sections go into bench/results.md in place of those of the same name
 *                               and size, and stay there through whole runs; --only takes
 *                               compare, living, drills, planner
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock, timestamp } from '../src/clock.ts';
import { run as anomaly } from './anomaly.ts';
import { type BackupPart, backupParts, run as backups, usualBytes } from './backups.ts';
import { run as burnRate } from './burn-rate.ts';
import { run as checks } from './checks.ts';
import { run as forecast } from './forecast.ts';
import { run as latency } from './latency.ts';
import { enterNamespace } from './namespace.ts';
import { versions } from './peer-versions.ts';
import { run as receivers } from './receivers.ts';
import { keepIn, page, printed, type Result, withKept } from './report.ts';
import { run as samples } from './samples.ts';
import { run as storm } from './storm.ts';

const { values: options, positionals: asked } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    keep: { type: 'boolean' },
  },
});

/** `300MB`, `3GB` */
function bytesOf(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(MB|GB)$/i.exec(text) ?? [];
  if (amount === undefined) throw new Error(`${text} is no size: 300MB, 3GB`);
  return Number(amount) * (unit?.toUpperCase() === 'GB' ? 1e9 : 1e6);
}

const bytes = options.size === undefined ? usualBytes : bytesOf(options.size);
const rounds = Number(options.rounds ?? 3);

const only = options.only?.split(',').map((word): BackupPart => {
  const part = backupParts.find((one) => one === word);
  if (part === undefined) throw new Error(`${word} is no part of backups: ${backupParts.join(', ')}`);
  return part;
});

const parts: Readonly<Record<string, () => Promise<Result | readonly Result[]>>> = {
  checks,
  latency,
  storm,
  samples,
  receivers,
  anomaly,
  forecast,
  'burn-rate': burnRate,
  backups: () => backups({ bytes, rounds, only }),
};

const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(
    `no measurement is called ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`,
  );
  process.exit(2);
}

const isIsolated = await enterNamespace();
const before = loadavg()[0] ?? 0;
const began = performance.now();
const results: Result[] = [];
for (const [name, run] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`${name} …`);
  const measured = await run().catch((error: unknown): Result => {
    process.exitCode = 1;
    return { title: `${name}: not measured`, rows: [], notes: [String(error)] };
  });
  for (const result of 'title' in measured ? [measured] : measured) {
    results.push(result);
    console.log(printed(result));
  }
}
const file = join(import.meta.dirname, 'results.md');
const at = timestamp(systemClock.now());
const text = page(results, {
  at,
  isIsolated,
  load: [before, loadavg()[0] ?? 0],
  versions: versions(),
});
if (asked.length === 0) {
  writeFileSync(file, withKept(text, readFileSync(file, 'utf8')));
  console.log(`written to bench/results.md after ${Math.round((performance.now() - began) / 1_000)} s`);
} else if (options.keep === true) {
  writeFileSync(file, keepIn(readFileSync(file, 'utf8'), results, { at, load: [before, loadavg()[0] ?? 0] }));
  console.log('kept in bench/results.md');
}
