/** The thread that owns the sample tables. Appends, sealing and pruning take turns; a question waits for appends before it. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, StoreRefusal } from '../refusals.ts';
import { lookTables } from './look.ts';
import type { Calls, Location, Name, Request, SampleStats, WorkerOptions } from './protocol.ts';
import { prune } from './pruning.ts';
import { Reading } from './reading.ts';
import { openSqliteTables } from './sqlite.ts';
import { readSqliteRows } from './sqlite-rows.ts';
import type { Tables } from './tables.ts';
import { Writing } from './writing.ts';

type Answers = { [N in Name]: (ask: Calls[N]['ask']) => Promise<Calls[N]['answer']> };

async function open({ location, retention, maxSeries, mostPutOff, shared }: WorkerOptions): Promise<Answers> {
  const tables: Tables = shared
    ? lookTables(await storedIn(location))
    : location.kind === 'sqlite'
      ? await openSqliteTables(location.file)
      : await openServerTables(location.url);
  const writing = new Writing(tables, maxSeries, mostPutOff);
  const reading = new Reading(writing, tables, retention);
  const exclusive = takingTurns();
  await writing.load();
  /** What a turn changes in memory is in the tables when it ends. */
  const afterAppends = async <T>(question: () => Promise<T>): Promise<T> => {
    await exclusive(async () => undefined);
    return question();
  };
  let appends = 0;
  return {
    open: async () => ({ series: writing.registry.size }),
    async append({ batch, now }) {
      appends++;
      const { refused, durable } = await exclusive(() => writing.append(batch, now));
      await durable.catch((error: unknown) => {
        writing.distrust();
        throw error;
      });
      const { registry } = writing;
      return { refused, series: registry.size, columns: batch.columns, isRipe: writing.isRipe(now) };
    },
    async seal({ now }) {
      const before = appends;
      while (writing.isRipe(now) && appends === before) {
        // What fails is met by an append once too much has piled up, and by the next pruning.
        await exclusive(() => writing.sealSome(now)).catch(() => undefined);
        await letOthersRun();
      }
      return { isRipe: writing.isRipe(now) };
    },
    forget: async ({ handles }) => {
      writing.forget(handles);
      return null;
    },
    range: ({ span }) => afterAppends(() => reading.range(span)),
    aggregate: ({ span, now }) => afterAppends(() => reading.aggregate(span, now)),
    quantiles: ({ span, now }) => afterAppends(() => reading.quantiles(span, now)),
    covered: ({ span, now }) => afterAppends(() => reading.covered(span, now)),
    latest: ({ target }) => afterAppends(() => reading.latest(target)),
    prune: ({ now }) => prune(writing, tables, retention, now, exclusive),
    stats: () => afterAppends(() => statsOf(writing, tables)),
    close: () =>
      exclusive(async () => {
        await tables.close();
        return null;
      }),
  };
}

/** The client of a server costs megabytes that the embedded engine has no use for. */
async function openServerTables(url: string): Promise<Tables> {
  const { openPostgresTables } = await import('./postgres.ts');
  return openPostgresTables(url);
}

async function storedIn(location: Location) {
  if (location.kind === 'sqlite') return readSqliteRows(location.file);
  const { readPostgresRows } = await import('./postgres-rows.ts');
  return readPostgresRows(location.url);
}

async function statsOf(writing: Writing, tables: Tables): Promise<SampleStats> {
  const { counts, registry } = writing;
  const { late, overLimit, damaged } = counts;
  let samples = counts.sealedSamples;
  for (const { slot } of registry.all()) samples += registry.heads.lengths[slot] ?? 0;
  const bytes = await tables.bytes();
  return {
    series: registry.size,
    samples,
    sealed: counts.sealedSamples,
    bytes,
    rejected: late + overLimit,
    late,
    overLimit,
    damaged,
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
// Every call is told why opening failed; nobody else has to be.
opened.catch(() => undefined);
parentPort?.on('message', async (request: Request) => {
  try {
    const answers = await opened;
    const answer = await answers[request.name](request.ask as never);
    // The buffer goes back to be filled again: a new one for every batch keeps the collector busy.
    const isAppend = request.name === 'append';
    parentPort?.postMessage({ id: request.id, answer }, isAppend ? [request.ask.batch.columns] : []);
  } catch (error) {
    const refusal = error instanceof StoreRefusal ? error.name : '';
    parentPort?.postMessage({ id: request.id, failed: messageOf(error), refusal });
  }
});
