/**
 * `npm run simulate -- [--seeds 10000] [--from 1] [--seed N]`: plays seeded runs of the whole loop on as many threads
 * as there are cores. Ends with 1 when one broke a promise, and says which seed plays it again.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { seededRun } from './seeded-run.ts';

interface Report {
  readonly played: number;
  readonly incidents: number;
  readonly messages: number;
  readonly kills: number;
  readonly broken: readonly { readonly seed: number; readonly what: readonly string[] }[];
}

async function play(seeds: readonly number[], tick: () => void): Promise<Report> {
  const broken: { seed: number; what: readonly string[] }[] = [];
  let [incidents, messages, kills] = [0, 0, 0];
  for (const seed of seeds) {
    const result = await seededRun(seed).catch((error: unknown) => ({
      ...{ broken: [error instanceof Error ? (error.stack ?? error.message) : String(error)] },
      ...{ incidents: 0, messages: 0, kills: 0 },
    }));
    if (result.broken.length > 0) broken.push({ seed, what: result.broken });
    incidents += result.incidents;
    messages += result.messages;
    kills += result.kills;
    tick();
  }
  return { played: seeds.length, incidents, messages, kills, broken };
}

if (isMainThread) {
  const { values } = parseArgs({
    options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } },
  });
  const from = Number(values.seed ?? values.from ?? 1);
  const count = values.seed === undefined ? Number(values.seeds ?? 500) : 1;
  if (!Number.isInteger(from) || !Number.isInteger(count) || count < 1) {
    console.error('--seeds, --from and --seed take whole numbers');
    process.exit(2);
  }
  const all = Array.from({ length: count }, (_, index) => from + index);
  const threads = Math.min(availableParallelism(), count);
  const began = performance.now();
  let done = 0;
  const reports = await Promise.all(
    Array.from(
      { length: threads },
      (_, thread) =>
        new Promise<Report>((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), {
            workerData: all.filter((__, index) => index % threads === thread),
          });
          worker.on('error', reject);
          worker.on('message', (message: 'tick' | Report) => {
            if (message !== 'tick') resolve(message);
            else if (++done % 500 === 0) console.log(`${done} of ${count} runs`);
          });
        }),
    ),
  );
  const sum = (key: 'incidents' | 'messages' | 'kills') =>
    reports.reduce((total, one) => total + one[key], 0);
  const broken = reports.flatMap((report) => report.broken).sort((a, b) => a.seed - b.seed);
  for (const { seed, what } of broken.slice(0, 20)) {
    console.log(`seed ${seed} broke a promise; again: npm run simulate -- --seed ${seed}`);
    for (const line of what) console.log(`  ${line}`);
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  console.log(
    `${count} runs in ${seconds} s: ${sum('incidents')} incidents, ${sum('messages')} messages, ${sum('kills')} kills; ${broken.length} broke a promise`,
  );
  process.exitCode = broken.length > 0 ? 1 : 0;
} else {
  parentPort?.postMessage(await play(workerData as number[], () => parentPort?.postMessage('tick')));
}
