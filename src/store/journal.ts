/**
 * The append-only journal: each entry holds the hash of the one before it, and the store keeps number and hash of the
 * last, so that a changed, missing, moved or cut-off entry shows. It does not show an attacker who may write to the
 * store and rewrites the whole chain; for that, keep a copy of the head elsewhere.
 */
import type { Selectable } from 'kysely';
import { canonical } from '../core/canonical.ts';
import { toldOf } from '../core/journal-words.ts';
import { redactAll } from '../core/redact.ts';
import type { JournalEntry } from '../core/view.ts';
import { sha256 } from '../id.ts';
import { traitsOf } from './engines.ts';
import type { Tx } from './index.ts';
import * as meta from './meta.ts';
import { bindable } from './parameters.ts';
import type { Schema } from './schema.ts';

export interface NewEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly actor: string;
  readonly kind: string;
  readonly subject: string;
  /** The incident in whose timeline it stands. */
  readonly incidentId?: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

type Row = Selectable<Schema['journal']>;

interface Head {
  readonly seq: number;
  readonly hash: string;
}

const headKey = 'journal.head';
const beginning: Head = { seq: 0, hash: '0'.repeat(64) };

/**
 * Writers queue for the head until the transaction before them ends, so append last in a long one.
 * @throws Error outside of a transaction
 */
export async function append(tx: Tx, entry: NewEntry): Promise<JournalEntry> {
  if (!tx.isTransaction) throw new Error('journal.append needs a transaction: store.transaction((tx) => …)');
  const head = await lockHead(tx);
  const row = chained({ ...entry, payload: redactAll(entry.payload) }, head);
  await tx.insertInto('journal').values(row).execute();
  await tx
    .updateTable('meta')
    .set({ value: textOf({ seq: row.seq, hash: row.hash }) })
    .where('key', '=', headKey)
    .execute();
  return fromRow(row);
}

async function lockHead(tx: Tx): Promise<Head> {
  const query = tx.selectFrom('meta').select('value').where('key', '=', headKey);
  const lock = () => (traitsOf(tx).hasRowLocks ? query.forUpdate() : query).executeTakeFirst();
  const found = await lock();
  if (found) return headOf(found.value);
  await tx
    .insertInto('meta')
    .values({ key: headKey, value: textOf(beginning) })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  return headOf((await lock())?.value ?? textOf(beginning));
}

function textOf({ seq, hash }: Head): string {
  return `${seq}:${hash}`;
}

function headOf(text: string): Head {
  const [seq, hash] = text.split(':');
  return { seq: Number(seq), hash: hash ?? '' };
}

function chained(entry: NewEntry, head: Head): Row {
  const row = {
    seq: head.seq + 1,
    at: entry.at,
    actor: storedText(entry.actor),
    kind: storedText(entry.kind),
    subject: storedText(entry.subject),
    incident_id: entry.incidentId ?? null,
    payload: canonical(entry.payload),
    prev_hash: head.hash,
  };
  return { ...row, hash: hashOf(row) };
}

/** As both engines will give it back, else the hash would be of something else than what is stored. */
function storedText(text: string): string {
  return String(bindable(text, 0));
}

/** SHA-256 over the canonical JSON of the entry with `prev`; `payload` is canonical already and goes in as it is. */
function hashOf(row: Omit<Row, 'hash'>): string {
  const { seq, at, actor, kind, subject, incident_id: incidentId, payload, prev_hash: prev } = row;
  const rest = canonical({ actor, at, incidentId, kind, prev, seq, subject });
  return sha256(`{"payload":${payload},${rest.slice(1)}`);
}

export interface JournalFilter {
  readonly limit: number;
  /** Only entries with a smaller number. */
  readonly before?: number | undefined;
  /** Only entries with a greater number, and these oldest first. */
  readonly after?: number | undefined;
  readonly subject?: string | undefined;
  readonly incidentId?: string | undefined;
  readonly kinds?: readonly string[] | undefined;
}

/** Newest first, unless `after` asks for what came since. */
export async function list(tx: Tx, filter: JournalFilter): Promise<JournalEntry[]> {
  const { before, after, subject, incidentId, kinds } = filter;
  const rows = await tx
    .selectFrom('journal')
    .selectAll()
    .$if(before !== undefined, (query) => query.where('seq', '<', before ?? 0))
    .$if(after !== undefined, (query) => query.where('seq', '>', after ?? 0))
    .$if(subject !== undefined, (query) => query.where('subject', '=', subject ?? ''))
    .$if(incidentId !== undefined, (query) => query.where('incident_id', '=', incidentId ?? ''))
    .$if(kinds !== undefined, (query) => query.where('kind', 'in', kinds ?? []))
    .orderBy('seq', after === undefined ? 'desc' : 'asc')
    .limit(filter.limit)
    .execute();
  return rows.map(fromRow);
}

/** When Upkeep wrote the first entry there is; null before any. */
export async function beganAt(tx: Tx): Promise<number | null> {
  const first = await tx.selectFrom('journal').select('at').orderBy('seq', 'asc').limit(1).executeTakeFirst();
  return first === undefined ? null : Number(first.at);
}

export interface Verification {
  readonly ok: boolean;
  /** Entries whose hash was computed again. */
  readonly checked: number;
  /** Number of the first entry that is wrong or missing. */
  readonly brokenAt: number | null;
  readonly reason: string | null;
}

const pageSize = 1_000;

/** Reads the journal page by page, so that its length costs no memory; others may append meanwhile. */
export async function verify(tx: Tx): Promise<Verification> {
  const stored = await meta.read(tx, headKey);
  const head = stored === undefined ? beginning : headOf(stored);
  let last: Head = beginning;
  const broken = (brokenAt: number, reason: string) => ({ ok: false, checked: last.seq, brokenAt, reason });

  while (last.seq < head.seq) {
    const page = await pageAfter(tx, last.seq, head.seq);
    if (page.length === 0) return broken(last.seq + 1, `entries ${last.seq + 1} to ${head.seq} are missing`);
    for (const row of page) {
      const expected = last.seq + 1;
      if (row.seq !== expected) return broken(expected, `entry ${expected} is missing`);
      if (hashOf(row) !== row.hash) return broken(expected, `entry ${expected} was changed`);
      if (row.prev_hash !== last.hash) {
        return broken(expected, `entry ${expected} does not follow the entry before it`);
      }
      last = row;
    }
  }
  if (last.hash !== head.hash)
    return broken(last.seq, `entry ${last.seq} is not the one that was written last`);
  const surplus = await beyondHead(tx);
  if (surplus !== null) return broken(surplus, `entry ${surplus} was added behind the journal's back`);
  return { ok: true, checked: last.seq, brokenAt: null, reason: null };
}

function pageAfter(tx: Tx, seq: number, until: number): Promise<Row[]> {
  return tx
    .selectFrom('journal')
    .selectAll()
    .where('seq', '>', seq)
    .where('seq', '<=', until)
    .orderBy('seq')
    .limit(pageSize)
    .execute();
}

/** Both in one statement, so that an entry appended at this moment is in both or in neither. */
async function beyondHead(tx: Tx): Promise<number | null> {
  const { greatest, smallest, stored } = await tx
    .selectNoFrom((eb) => [
      eb
        .selectFrom('journal')
        .select((one) => one.fn.max('seq').as('seq'))
        .as('greatest'),
      eb
        .selectFrom('journal')
        .select((one) => one.fn.min('seq').as('seq'))
        .as('smallest'),
      eb.selectFrom('meta').select('value').where('key', '=', headKey).as('stored'),
    ])
    .executeTakeFirstOrThrow();
  const head = stored === null ? beginning : headOf(stored);
  if (smallest !== null && smallest < 1) return smallest;
  return greatest !== null && greatest > head.seq ? head.seq + 1 : null;
}

function fromRow(row: Row): JournalEntry {
  const { seq, at, actor, kind, subject, hash } = row;
  const payload = JSON.parse(row.payload);
  const told = toldOf({ actor, kind, payload });
  return { seq, at, actor, kind, subject, payload, hash, told };
}
