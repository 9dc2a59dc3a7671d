/**
 * Durable jobs: written in the transaction that makes them necessary, claimed by lease, fenced by the number of
 * attempts, so that a worker that lost its lease can no longer end the job.
 */
import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import { newId } from '../id.ts';
import { compiledOnce } from './compiled.ts';
import { traitsOf } from './engines.ts';
import type { Store, Tx } from './index.ts';
import type { Schema } from './schema.ts';
import { unflushed } from './unflushed.ts';

export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly key: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** How often it was claimed, this time included. */
  readonly attempts: number;
}

export interface NewJob {
  readonly kind: string;
  /**
   * While a job with this key waits, another is not made. One that runs already may have read the store before what
   * makes this one necessary, so the new one waits for its end.
   */
  readonly key: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly runAt: number;
}

/** For how long a claimed job is nobody else's, unless that is extended. */
export const leaseMs = 120_000;

const isWaiting = sql<boolean>`state = 'waiting'`;

/** False when a job with this key waits already; that one is left as it is. */
export async function enqueue(tx: Tx, { kind, key, payload, runAt }: NewJob): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('jobs')
    .values({
      id: newId(runAt),
      kind,
      key,
      payload: JSON.stringify(payload),
      state: 'waiting',
      run_at: runAt,
      lease_until: null,
      owner: null,
      attempts: 0,
      last_error: null,
    })
    .onConflict((conflict) => conflict.column('key').where(isWaiting).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Takes a waiting job out again, for somebody who does its work now; its payload, or null when none waits. */
export async function withdraw(tx: Tx, key: string): Promise<Job['payload'] | null> {
  const row = await tx
    .deleteFrom('jobs')
    .where('key', '=', key)
    .where(isWaiting)
    .returning('payload')
    .executeTakeFirst();
  return row ? JSON.parse(row.payload) : null;
}

export interface JobClaim {
  readonly now: number;
  /** For how long nobody else gets the jobs; `extend` before it ends. */
  readonly leaseMs: number;
  readonly limit: number;
  /** Name of the claiming process. */
  readonly owner: string;
  /** Only these; all where undefined. */
  readonly kinds?: readonly string[] | undefined;
}

/** Takes what is due or was left by a worker whose lease has ended, the longest due first. */
export function claim(from: Store | Tx, what: JobClaim): Promise<Job[]> {
  return unflushed(from, (tx) => lease(tx, what));
}

async function lease(tx: Tx, { now, leaseMs, limit, owner, kinds }: JobClaim): Promise<Job[]> {
  const { hasRowLocks } = traitsOf(tx);
  const rows = await tx
    .with(
      (cte) => cte('due').materialized(),
      (db) =>
        db
          .selectFrom('jobs')
          .select('jobs.id')
          .where((eb) =>
            eb.or([
              eb.and([eb('state', '=', sql.lit('waiting')), eb('run_at', '<=', now), hasKeyAlone(eb)]),
              eb.and([eb('state', '=', sql.lit('running')), eb('lease_until', '<=', now)]),
            ]),
          )
          .$if(kinds !== undefined, (query) => query.where('kind', 'in', kinds ?? []))
          .orderBy('run_at')
          .limit(limit)
          .$if(hasRowLocks, (query) => query.forUpdate().skipLocked()),
    )
    .updateTable('jobs')
    .set((eb) => ({
      state: 'running' as const,
      owner,
      lease_until: now + leaseMs,
      attempts: eb('attempts', '+', 1),
    }))
    .where('id', 'in', (eb) => eb.selectFrom('due').select('due.id'))
    .returningAll()
    .execute();
  return rows.toSorted((a, b) => a.run_at - b.run_at).map(fromRow);
}

/** No other job with its key runs. */
function hasKeyAlone(eb: ExpressionBuilder<Schema, 'jobs'>) {
  return eb.not(
    eb.exists(
      eb
        .selectFrom('jobs as other')
        .select('other.id')
        .whereRef('other.key', '=', 'jobs.key')
        .where('other.state', '=', sql.lit('running')),
    ),
  );
}

/**
 * At a start, by the one process that holds the store: what another left running when it was killed is due at once,
 * not when its lease ends. Returns how many.
 */
export async function takeBack(tx: Tx): Promise<number> {
  await tx
    .updateTable('jobs')
    .set(superseded)
    .where('state', '=', sql.lit('running'))
    .where(isWaitedFor)
    .execute();
  const { numUpdatedRows } = await tx
    .updateTable('jobs')
    .set({ state: 'waiting', lease_until: null })
    .where('state', '=', sql.lit('running'))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

const superseded = { state: 'done', lease_until: null, last_error: null } as const;

/** Another job with its key waits and will do its work. */
function isWaitedFor(eb: ExpressionBuilder<Schema, 'jobs'>) {
  return eb.exists(
    eb
      .selectFrom('jobs as other')
      .select('other.id')
      .whereRef('other.key', '=', 'jobs.key')
      .where('other.state', '=', sql.lit('waiting')),
  );
}

type Claimed = Pick<Job, 'id' | 'attempts'>;

/** False when the lease was lost to another worker meanwhile. */
export async function complete(tx: Tx, job: Claimed): Promise<boolean> {
  return end(tx, job, { state: 'done', lease_until: null, last_error: null });
}

/**
 * Due again at `retryAt`, or never where that is null.
 * False when the lease was lost to another worker meanwhile.
 */
export async function fail(tx: Tx, job: Claimed, error: string, retryAt: number | null): Promise<boolean> {
  const changes = { lease_until: null, last_error: error };
  if (retryAt === null) return end(tx, job, { ...changes, state: 'failed' });
  if (await end(tx, job, superseded, { onlyWhere: isWaitedFor })) return true;
  return end(tx, job, { ...changes, state: 'waiting', run_at: retryAt });
}

/** For work that takes longer than its lease. False when the lease was lost to another worker meanwhile. */
export async function extend(tx: Tx, job: Claimed, leaseUntil: number): Promise<boolean> {
  return end(tx, job, { lease_until: leaseUntil });
}

async function end(
  tx: Tx,
  job: Claimed,
  changes: Partial<Schema['jobs']>,
  { onlyWhere }: { onlyWhere?: typeof isWaitedFor } = {},
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('jobs')
    .set(changes)
    .where('id', '=', job.id)
    .where('state', '=', sql.lit('running'))
    .where('attempts', '=', job.attempts)
    .where((eb) => onlyWhere?.(eb) ?? eb.lit(true))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Of that kind, what is due and not ended yet, whether somebody runs it or not. */
export async function due(tx: Tx, kind: string, now: number): Promise<Pick<Job, 'payload'>[]> {
  const rows = await tx
    .selectFrom('jobs')
    .select('payload')
    .where('kind', '=', kind)
    .where('state', 'in', ['waiting', 'running'])
    .where('run_at', '<=', now)
    .orderBy('run_at')
    .execute();
  return rows.map(({ payload }) => ({ payload: JSON.parse(payload) }));
}

/** Of these kinds, what waits for a moment later than that. */
export async function waitingAfter(
  tx: Tx,
  kinds: readonly string[],
  after: number,
): Promise<(Pick<Job, 'id' | 'payload'> & { readonly runAt: number })[]> {
  const rows = await tx
    .selectFrom('jobs')
    .select(['id', 'payload', 'run_at'])
    .where(isWaiting)
    .where('kind', 'in', kinds)
    .where('run_at', '>', after)
    .execute();
  return rows.map(({ id, payload, run_at }) => ({ id, payload: JSON.parse(payload), runAt: run_at }));
}

/** Has a waiting job run at another time, with what it counts from. */
export async function move(
  tx: Tx,
  id: string,
  { runAt, payload }: Pick<NewJob, 'runAt' | 'payload'>,
): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({ run_at: runAt, payload: JSON.stringify(payload) })
    .where('id', '=', id)
    .where(isWaiting)
    .execute();
}

/** No lease lasts longer than one that begins now: the clock by which it was taken was set back. */
export async function capLeases(tx: Tx, now: number): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({ lease_until: now + leaseMs })
    .where('lease_until', '>', now + leaseMs)
    .execute();
}

/** When the next job (of these kinds) may be claimed, epoch milliseconds, the end of a running job's lease included. */
export async function nextAt(tx: Tx, kinds?: readonly string[]): Promise<number | null> {
  const count = kinds?.length ?? -1;
  const ask = nextOfSoMany.get(count) ?? nextOf(kinds?.map((_, index) => `${index}`));
  nextOfSoMany.set(count, ask);
  const [row] = await ask(tx, Object.fromEntries(kinds?.entries() ?? []));
  return row?.at ?? null;
}

/** By how many kinds they ask about. */
const nextOfSoMany = new Map<number, ReturnType<typeof nextOf>>();

function nextOf(kinds: readonly string[] | undefined) {
  return compiledOnce<{ at: number | null }, Readonly<Record<string, string>>>((db, blank) =>
    db
      .selectFrom('jobs')
      .select(({ fn, eb }) =>
        fn
          .min<number | null>(
            eb
              .case()
              .when('state', '=', sql.lit('running'))
              .then(eb.ref('lease_until'))
              .else(eb.ref('run_at'))
              .end(),
          )
          .as('at'),
      )
      .where((eb) =>
        eb.or([
          eb('state', '=', sql.lit('running')),
          eb.and([eb('state', '=', sql.lit('waiting')), hasKeyAlone(eb)]),
        ]),
      )
      .$if(kinds !== undefined, (query) => query.where('kind', 'in', kinds?.map(blank) ?? [])),
  );
}

/** Forgets ended jobs that were due before that time; returns how many. */
export async function prune(tx: Tx, before: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('jobs')
    .where('state', 'in', ['done', 'failed'])
    .where('run_at', '<', before)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

function fromRow(row: Selectable<Schema['jobs']>): Job {
  const { id, kind, key, attempts } = row;
  return { id, kind, key, payload: JSON.parse(row.payload), attempts };
}
