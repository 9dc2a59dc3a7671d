/** The thread that owns the sample tables. Appends and pruning take turns; questions do not wait for them. */
import { parentPort, workerData } from 'node:worker_threads';
import { openPostgresTables } from './postgres.ts';
import type { Calls, Name, Request, WorkerOptions } from './protocol.ts';
import { prune } from './pruning.ts';
import { Reading } from './reading.ts';
import { openSqliteTables } from './sqlite.ts';
import type { Tables } from './tables.ts';
import { Writing } from './writing.ts';

type Answers = { [N in Name]: (ask: Calls[N]['ask']) => Promise<Calls[N]['answer']> };

async function open({ location, retention, maxSeries }: WorkerOptions): Promise<Answers> {
  const tables: Tables =
    location.kind === 'sqlite'
      ? await openSqliteTables(location.file)
      : await openPostgresTables(location.url);
  const writing = new Writing(tables, maxSeries);
  const reading = new Reading(writing, tables, retention);
  const exclusive = takingTurns();
  await writing.load();
  return {
    open: async () => ({ series: writing.registry.size }),
    append: ({ batch, now }) =>
      exclusive(async () => ({ ...(await writing.append(batch, now)), series: writing.registry.size })),
    forget: async ({ handles }) => {
      writing.forget(handles);
      return null;
    },
    range: ({ span }) => reading.range(span),
    aggregate: ({ span, now }) => reading.aggregate(span, now),
    quantiles: ({ span, now }) => reading.quantiles(span, now),
    latest: ({ target }) => reading.latest(target),
    prune: ({ now }) => prune(writing, tables, retention, now, exclusive),
    async stats() {
      const { late, overLimit, damaged, sealedSamples } = writing.counts;
      let samples = sealedSamples;
      const { lengths } = writing.registry.heads;
      for (const { slot } of writing.registry.all()) samples += lengths[slot] ?? 0;
      const bytes = await tables.bytes();
      return {
        series: writing.registry.size,
        samples,
        bytes,
        rejected: late + overLimit,
        late,
        overLimit,
        damaged,
      };
    },
    close: () =>
      exclusive(async () => {
        await tables.close();
        return null;
      }),
  };
}

function takingTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}

const opened = open(workerData);
parentPort?.on('message', async (request: Request) => {
  try {
    const answers = await opened;
    const answer = await answers[request.name](request.ask as never);
    parentPort?.postMessage({ id: request.id, answer });
  } catch (error) {
    parentPort?.postMessage({
      id: request.id,
      failed: error instanceof Error ? error.message : String(error),
    });
  }
});
