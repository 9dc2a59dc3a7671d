/**
 * Measures Upkeep against its peers from Debian's packages, in the same run on the same machine, in a network
 * namespace of its own where the privileges allow it. Writes bench/results.md after a whole run.
 *
 *   npm run bench                 everything, about ten minutes
 *   npm run bench -- checks       one part, or several: checks, latency, storm, samples, anomaly, forecast,
 *                               burn-rate, receivers
 */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { systemClock, timestamp } from '../src/clock.ts';
import { run as anomaly } from './anomaly.ts';
import { run as burnRate } from './burn-rate.ts';
import { run as checks } from './checks.ts';
import { run as forecast } from './forecast.ts';
import { run as latency } from './latency.ts';
import { enterNamespace } from './namespace.ts';
import { versions } from './peer-versions.ts';
import { run as receivers } from './receivers.ts';
import { page, printed, type Result } from './report.ts';
import { run as samples } from './samples.ts';
import { run as storm } from './storm.ts';

const parts: Readonly<Record<string, () => Promise<Result>>> = {
  checks,
  latency,
  storm,
  samples,
  receivers,
  anomaly,
  forecast,
  'burn-rate': burnRate,
};

const asked = process.argv.slice(2);
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
  const result = await run().catch((error: unknown): Result => {
    process.exitCode = 1;
    return { title: `${name}: not measured`, rows: [], notes: [String(error)] };
  });
  results.push(result);
  console.log(printed(result));
}
const text = page(results, {
  at: timestamp(systemClock.now()),
  isIsolated,
  load: [before, loadavg()[0] ?? 0],
  versions: versions(),
});
if (asked.length === 0) {
  writeFileSync(join(import.meta.dirname, 'results.md'), text);
  console.log(`written to bench/results.md after ${Math.round((performance.now() - began) / 1_000)} s`);
}
