/**
 * `npm run simulate -- [--seeds 10000] [--from 1] [--seed N]`: plays seeded runs of the whole loop on as many threads
 * as there are cores. Says at once which seed broke a promise, and ends with 1 then.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type RunResult, seededRun } from './seeded-run.ts';

interface Played extends RunResult {
  readonly seed: number;
}

async function play(seed: number): Promise<Played> {
  const result = await seededRun(seed).catch((error: unknown) => ({
    ...{ broken: [error instanceof Error ? (error.stack ?? error.message) : String(error)] },
    ...{ incidents: 0, messages: 0, kills: 0 },
  }));
  return { seed, ...result };
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
  const sum = { played: 0, broken: 0, incidents: 0, messages: 0, kills: 0 };
  const add = ({ seed, broken, incidents, messages, kills }: Played) => {
    sum.played++;
    sum.incidents += incidents;
    sum.messages += messages;
    sum.kills += kills;
    if (broken.length > 0) {
      sum.broken++;
      console.log(`seed ${seed} broke a promise; again: npm run simulate -- --seed ${seed}`);
      for (const line of broken) console.log(`  ${line}`);
    }
    if (sum.played % 500 === 0) console.log(`${sum.played} of ${count} runs`);
  };
  await Promise.all(
    Array.from(
      { length: threads },
      (_, thread) =>
        new Promise<void>((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), {
            workerData: all.filter((__, index) => index % threads === thread),
          });
          worker.on('error', reject);
          worker.on('message', (message: Played | 'done') => (message === 'done' ? resolve() : add(message)));
        }),
    ),
  );
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  console.log(
    `${sum.played} runs in ${seconds} s: ${sum.incidents} incidents, ${sum.messages} messages, ${sum.kills} kills; ${sum.broken} broke a promise`,
  );
  process.exitCode = sum.broken > 0 || sum.played < count ? 1 : 0;
} else {
  for (const seed of workerData as number[]) parentPort?.postMessage(await play(seed));
  parentPort?.postMessage('done');
}
