/**
 * Messages that must leave, written in the transaction of what they tell and delivered at least once: claimed by
 * lease, so that a crash only delays them. For one notifier the messages of one incident leave in their order.
 */
import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import { compiledOnce } from './compiled.ts';
import { traitsOf } from './engines.ts';
import type { Store, Tx } from './index.ts';
import type { Schema } from './schema.ts';
import { unflushed } from './unflushed.ts';

/** For how long a claimed message is nobody else's. */
export const leaseMs = 30_000;

export interface OutboxEntry {
  readonly id: string;
  /** Name of the notifier. */
  readonly notifier: string;
  /** Idempotency key for the receiver. */
  readonly key: string;
  readonly incidentId: string | null;
  readonly body: string;
  /** How often it was claimed, this time included. */
  readonly attempts: number;
  readonly createdAt: number;
  /** The notifier that has told it in place of this one. */
  readonly divertedTo: string | null;
  /** What went wrong at the last attempt; null before one, and of what only waited. */
  readonly lastError: string | null;
}

export interface NewMessage {
  readonly id: string;
  readonly notifier: string;
  readonly key: string;
  readonly incidentId: string | null;
  readonly body: string;
  readonly at: number;
}

/** False when this notifier has had a message with this key already. */
export async function enqueue(tx: Tx, message: NewMessage): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('outbox')
    .values((eb) => ({
      id: message.id,
      seq: eb
        .selectFrom('outbox')
        .select(({ fn, val }) => sql<number>`${fn.coalesce(fn.max('seq'), val(0))} + 1`.as('seq')),
      notifier: message.notifier,
      key: message.key,
      incident_id: message.incidentId,
      body: message.body,
      state: 'waiting' as const,
      attempts: 0,
      next_at: message.at,
      created_at: message.at,
    }))
    .onConflict((conflict) => conflict.columns(['notifier', 'key']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export interface OutboxClaim {
  readonly now: number;
  /** For how long nobody else gets the entries; longer than a delivery may take. */
  readonly leaseMs: number;
  readonly limit: number;
  /** Only for these; all where undefined. */
  readonly notifiers?: readonly string[] | undefined;
}

/** Takes what is due, the oldest first; no two claims get one entry before its lease has ended. */
export function claim(from: Store | Tx, what: OutboxClaim): Promise<OutboxEntry[]> {
  return unflushed(from, (tx) => lease(tx, what));
}

async function lease(tx: Tx, { now, leaseMs, limit, notifiers }: OutboxClaim): Promise<OutboxEntry[]> {
  const { hasRowLocks } = traitsOf(tx);
  const rows = await tx
    .with(
      (cte) => cte('due').materialized(),
      (db) =>
        db
          .selectFrom('outbox')
          .select('outbox.id')
          .where('state', '=', sql.lit('waiting'))
          .where('next_at', '<=', now)
          .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
          .where(isFirstOfIncident)
          .$if(notifiers !== undefined, (query) => query.where('notifier', 'in', notifiers ?? []))
          .orderBy('seq')
          .limit(limit)
          .$if(hasRowLocks, (query) => query.forUpdate().skipLocked()),
    )
    .updateTable('outbox')
    .set((eb) => ({ lease_until: now + leaseMs, attempts: eb('attempts', '+', 1) }))
    .where('id', 'in', (eb) => eb.selectFrom('due').select('due.id'))
    .returningAll()
    .execute();
  return rows.toSorted((a, b) => a.seq - b.seq).map(fromRow);
}

/**
 * At a start, by the one process that holds the store: what another had taken when it was killed is due at once, not
 * when its lease ends. It may have arrived; its key tells the receiver.
 */
export async function takeBack(tx: Tx): Promise<void> {
  await tx.updateTable('outbox').set({ lease_until: null }).where('lease_until', 'is not', null).execute();
}

/** An earlier message of the same incident to the same notifier is still on its way. */
function isFirstOfIncident(eb: ExpressionBuilder<Schema, 'outbox'>) {
  return eb.not(
    eb.exists(
      eb
        .selectFrom('outbox as earlier')
        .select('earlier.id')
        .whereRef('earlier.notifier', '=', 'outbox.notifier')
        .whereRef('earlier.incident_id', '=', 'outbox.incident_id')
        .whereRef('earlier.seq', '<', 'outbox.seq')
        .where('earlier.state', '=', sql.lit('waiting')),
    ),
  );
}

/** Also after the lease has ended: it was delivered, whoever holds it now. */
export async function delivered(tx: Tx, id: string, at: number): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ state: 'delivered', delivered_at: at, lease_until: null, last_error: null })
    .where('id', '=', id)
    .execute();
}

/** Due again at `at`; `detail` holds no secret. */
export async function retry(tx: Tx, id: string, at: number, detail: string): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ next_at: at, lease_until: null, last_error: detail })
    .where('id', '=', id)
    .where('state', '=', sql.lit('waiting'))
    .execute();
}

/** Not tried: it waits until `at`. */
export async function postpone(tx: Tx, id: string, at: number): Promise<void> {
  await tx
    .updateTable('outbox')
    .set((eb) => ({ next_at: at, lease_until: null, attempts: eb('attempts', '-', 1) }))
    .where('id', '=', id)
    .where('state', '=', sql.lit('waiting'))
    .execute();
}

/** What was never tried and waits for others is due at once; of one incident where it is named. */
export async function hurry(tx: Tx, now: number, incidentId?: string): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ next_at: now })
    .where('state', '=', sql.lit('waiting'))
    .where('attempts', '=', 0)
    .where('next_at', '>', now)
    .$if(incidentId !== undefined, (query) => query.where('incident_id', '=', incidentId ?? ''))
    .execute();
}

/**
 * The clock was set back by so much: what waits for later than `from` waits as long as it had to, and no lease lasts longer
 * than one that begins now. Returns how many messages were moved.
 */
export async function bringForward(
  tx: Tx,
  { byMs, from, now }: { readonly byMs: number; readonly from: number; readonly now: number },
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('outbox')
    .set((eb) => ({ next_at: eb('next_at', '-', byMs) }))
    .where('state', '=', sql.lit('waiting'))
    .where('next_at', '>', from)
    .executeTakeFirst();
  await tx
    .updateTable('outbox')
    .set({ lease_until: now + leaseMs })
    .where('lease_until', '>', now + leaseMs)
    .execute();
  return Number(numUpdatedRows);
}

const mostOfChannel = 500;

/** What waits for the notifier and nobody is sending, oldest first. */
export async function waitingFor(tx: Tx, notifier: string, now: number): Promise<OutboxEntry[]> {
  const rows = await tx
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', sql.lit('waiting'))
    .where('notifier', '=', notifier)
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
    .orderBy('seq')
    .limit(mostOfChannel)
    .execute();
  return rows.map(fromRow);
}

/** What the notifier took since then. */
export async function takenSince(
  tx: Tx,
  notifier: string,
  since: number,
): Promise<{ readonly incidentId: string | null; readonly body: string; readonly at: number }[]> {
  const rows = await tx
    .selectFrom('outbox')
    .select(['incident_id', 'body', 'delivered_at'])
    .where('notifier', '=', notifier)
    .where('state', '=', sql.lit('delivered'))
    .where('delivered_at', '>', since)
    .orderBy('delivered_at', 'desc')
    .limit(mostOfChannel)
    .execute();
  return rows.map(({ incident_id, body, delivered_at }) => ({
    ...{ incidentId: incident_id, body, at: delivered_at ?? since },
  }));
}

/** What was given up for this reason counts as delivered from now on: another message has told it. */
export async function toldByOther(
  tx: Tx,
  incidentIds: readonly string[],
  reason: string,
  at: number,
): Promise<void> {
  if (incidentIds.length === 0) return;
  await tx
    .updateTable('outbox')
    .set({ state: 'delivered', delivered_at: at, last_error: null })
    .where('incident_id', 'in', incidentIds)
    .where('state', '=', sql.lit('given-up'))
    .where('last_error', '=', reason)
    .execute();
}

/** Whether a message with this key waits, or was taken, at any notifier. */
export async function isLeftByKey(tx: Tx, key: string): Promise<boolean> {
  const row = await tx
    .selectFrom('outbox')
    .select('id')
    .where('key', '=', key)
    .where('state', 'in', ['waiting', 'delivered'])
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Never tried again; what follows it may leave. */
export async function giveUp(tx: Tx, id: string, detail: string, at: number): Promise<void> {
  await tx
    .updateTable('outbox')
    .set({ state: 'given-up', next_at: at, lease_until: null, last_error: detail })
    .where('id', '=', id)
    .where('state', '=', sql.lit('waiting'))
    .execute();
}

/** What waits for the notifier and was not told by another in its place yet, oldest first. */
export async function undiverted(tx: Tx, notifier: string): Promise<OutboxEntry[]> {
  const rows = await tx
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', sql.lit('waiting'))
    .where('notifier', '=', notifier)
    .where('diverted_to', 'is', null)
    .orderBy('seq')
    .limit(100)
    .execute();
  return rows.map(fromRow);
}

/** What waits for the same notifier and incident and was written after it, oldest first. */
export async function waitingBehind(
  tx: Tx,
  { id, notifier, incidentId }: Pick<OutboxEntry, 'id' | 'notifier' | 'incidentId'>,
): Promise<OutboxEntry[]> {
  const rows = await tx
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', sql.lit('waiting'))
    .where('notifier', '=', notifier)
    .where('incident_id', '=', incidentId)
    .where('seq', '>', (eb) => eb.selectFrom('outbox as one').select('one.seq').where('one.id', '=', id))
    .orderBy('seq')
    .limit(100)
    .execute();
  return rows.map(fromRow);
}

/** Whether anybody was told anything of the incident by then, by whatever way. */
export async function wasTold(tx: Tx, incidentId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('outbox')
    .select('id')
    .where('incident_id', '=', incidentId)
    .where('state', '=', sql.lit('delivered'))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Another notifier tells it too; it goes on waiting for its own. */
export async function divert(tx: Tx, id: string, to: string): Promise<void> {
  await tx.updateTable('outbox').set({ diverted_to: to }).where('id', '=', id).execute();
}

/** When the notifier last took a message, and what it last said against one that still waits or was given up. */
export async function record(
  tx: Tx,
  notifier: string,
): Promise<{
  lastDeliveredAt: number | null;
  /** The oldest message that it did not take, of those written since it took one. */
  failingSince: number | null;
  waiting: number;
  oldestWaitingAt: number | null;
  /** Attempts that failed of what waits; known also after a start. */
  failedAttempts: number;
  lastError: string | null;
}> {
  const at = await tx
    .selectFrom('outbox')
    .select(({ fn }) => fn.max('delivered_at').as('at'))
    .where('notifier', '=', notifier)
    .executeTakeFirst();
  const failing = await tx
    .selectFrom('outbox')
    .select(({ fn }) => fn.min('created_at').as('since'))
    .where('notifier', '=', notifier)
    .where('last_error', 'is not', null)
    .where('created_at', '>=', at?.at ?? 0)
    .executeTakeFirst();
  const waiting = await tx
    .selectFrom('outbox')
    .select(({ fn }) => [
      fn.countAll<number>().as('n'),
      fn.min('created_at').as('oldest'),
      fn.sum('attempts').as('tries'),
    ])
    .where('notifier', '=', notifier)
    .where('state', '=', sql.lit('waiting'))
    .executeTakeFirst();
  const error = await tx
    .selectFrom('outbox')
    .select('last_error')
    .where('notifier', '=', notifier)
    .where('last_error', 'is not', null)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    lastDeliveredAt: at?.at ?? null,
    failingSince: failing?.since ?? null,
    waiting: Number(waiting?.n ?? 0),
    failedAttempts: Number(waiting?.tries ?? 0),
    oldestWaitingAt: waiting?.oldest ?? null,
    lastError: error?.last_error ?? null,
  };
}

/** When the notifier's next message may be claimed, epoch milliseconds; null when none waits. */
export async function nextAt(tx: Tx, notifier: string): Promise<number | null> {
  const [row] = await next(tx, { notifier });
  return row?.at ?? null;
}

const next = compiledOnce<{ at: number | null }, { notifier: string }>((db, blank) =>
  db
    .selectFrom('outbox')
    .select(({ fn, eb }) =>
      fn
        .min<number | null>(
          eb
            .case()
            .when('lease_until', '>', eb.ref('next_at'))
            .then(eb.ref('lease_until'))
            .else(eb.ref('next_at'))
            .end(),
        )
        .as('at'),
    )
    .where('state', '=', sql.lit('waiting'))
    .where('notifier', '=', blank('notifier'))
    .where(isFirstOfIncident),
);

/** Names of the notifiers that were sent anything of this incident as channels, not for one person. */
export async function notifiersOf(tx: Tx, incidentId: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('outbox')
    .select('notifier')
    .distinct()
    .where('incident_id', '=', incidentId)
    .where('key', 'not like', '%:to:%')
    .orderBy('notifier')
    .execute();
  return rows.map((row) => row.notifier);
}

/** By which keys a change of what an incident is about is told. */
const newsKinds = ['diagnosed', 'lead', 'news'] as const;

/** When such changes were told of this one, epoch milliseconds, one for each message whatever the number of channels. */
export async function newsTimes(tx: Tx, incidentId: string): Promise<number[]> {
  const rows = await tx
    .selectFrom('outbox')
    .select((eb) => eb.fn.min<number>('created_at').as('at'))
    .where('incident_id', '=', incidentId)
    .where((eb) => eb.or(newsKinds.map((kind) => eb('key', 'like', `${incidentId}:${kind}:%`))))
    .groupBy('key')
    .execute();
  return rows.map(({ at }) => Number(at));
}

/** How many messages wait for each notifier that has any. */
export async function pending(tx: Tx): Promise<Map<string, number>> {
  const rows = await tx
    .selectFrom('outbox')
    .select(['notifier', (eb) => eb.fn.countAll<number>().as('n')])
    .where('state', '=', sql.lit('waiting'))
    .groupBy('notifier')
    .execute();
  return new Map(rows.map(({ notifier, n }) => [notifier, n]));
}

/** Forgets what was delivered or given up before that time; returns how many. */
export async function prune(tx: Tx, before: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('outbox')
    .where((eb) =>
      eb.or([
        eb.and([eb('state', '=', 'delivered'), eb('delivered_at', '<', before)]),
        eb.and([eb('state', '=', 'given-up'), eb('next_at', '<', before)]),
      ]),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

function fromRow(row: Selectable<Schema['outbox']>): OutboxEntry {
  return {
    id: row.id,
    notifier: row.notifier,
    key: row.key,
    incidentId: row.incident_id,
    body: row.body,
    attempts: row.attempts,
    createdAt: row.created_at,
    divertedTo: row.diverted_to,
    lastError: row.last_error,
  };
}
