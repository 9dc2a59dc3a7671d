/** What the status page keeps: subscribers, and what they were told; and the little of incidents that it may read. */
import type { Selectable } from 'kysely';
import type { Conduct } from '../core/incident/conduct.ts';
import { isOfBudget } from '../core/incident/hygiene.ts';
import { isOfBackupsAlone } from '../core/incident/subjects.ts';
import type { IncidentFacts } from '../core/status-page-incidents.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export interface Subscriber {
  readonly id: string;
  readonly address: string;
  readonly createdAt: number;
  /** Null until the mail's link was followed. */
  readonly confirmedAt: number | null;
  /** When it was asked for a confirmation last, and how often. */
  readonly askedAt: number;
  readonly asked: number;
}

/** Open at some moment since then, newest first, merged ones and those of backups alone left out. Titles, evidence and findings are never read. */
export async function incidentsSince(tx: Tx, since: number): Promise<IncidentFacts[]> {
  const rows = await tx
    .selectFrom('incidents')
    .select(['id', 'level', 'targets', 'services', 'opened_at', 'mitigated_at', 'resolved_at', 'conduct'])
    .where((eb) => eb.or([eb('resolved_at', 'is', null), eb('resolved_at', '>=', since)]))
    .orderBy('id', 'desc')
    .execute();
  if (rows.length === 0) return [];
  const alerts = await tx
    .selectFrom('alerts')
    .select(['incident_id', 'target', 'rule', 'state'])
    .where(
      'incident_id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  const byIncident = Map.groupBy(alerts, ({ incident_id }) => incident_id);
  return rows.flatMap((row) => {
    const { mergedInto, declaredBy, reopenedAt, lulls } = JSON.parse(row.conduct) as Conduct;
    const isDeclared = declaredBy !== undefined;
    const own = byIncident.get(row.id) ?? [];
    // Backups at risk are no outage: those who use a service cannot feel it.
    if (mergedInto !== undefined || (!isDeclared && isOfBackupsAlone(own))) return [];
    const firing = own.filter((alert) => alert.state === 'firing' && !isOfBudget(alert));
    return {
      id: row.id,
      level: row.level,
      targets: JSON.parse(row.targets),
      services: JSON.parse(row.services),
      openedAt: row.opened_at,
      ...(reopenedAt === undefined ? {} : { reopenedAt, lulls: lulls ?? [] }),
      mitigatedAt: row.mitigated_at,
      resolvedAt: row.resolved_at,
      ...(row.resolved_at !== null || isDeclared ? {} : { firingOn: firing.map(({ target }) => target) }),
    };
  });
}

export interface Asking {
  readonly id: string;
  /** Lower case. */
  readonly address: string;
  readonly confirmHash: string;
  readonly confirmUntil: number;
  readonly at: number;
}

/** Notes that an address is asked to confirm; the id it had before where it was asked already. */
export async function ask(tx: Tx, asking: Asking): Promise<void> {
  const { id, address, confirmHash, confirmUntil, at } = asking;
  const fresh = { confirm_hash: confirmHash, confirm_until: confirmUntil, asked_at: at };
  await tx
    .insertInto('subscribers')
    .values({ id, address, ...fresh, asked: 1, created_at: at, confirmed_at: null })
    .onConflict((conflict) =>
      conflict.column('address').doUpdateSet((eb) => ({ ...fresh, asked: eb('subscribers.asked', '+', 1) })),
    )
    .execute();
}

export async function byAddress(tx: Tx, address: string): Promise<Subscriber | undefined> {
  const row = await tx
    .selectFrom('subscribers')
    .selectAll()
    .where('address', '=', address)
    .executeTakeFirst();
  return row && fromRow(row);
}

/** By the secret of a confirmation that has not run out. */
export async function byConfirmation(tx: Tx, hash: string, now: number): Promise<Subscriber | undefined> {
  const row = await tx
    .selectFrom('subscribers')
    .selectAll()
    .where('confirm_hash', '=', hash)
    .where('confirm_until', '>', now)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function confirm(tx: Tx, id: string, at: number): Promise<void> {
  await tx
    .updateTable('subscribers')
    .set({ confirm_hash: null, confirm_until: null, confirmed_at: at })
    .where('id', '=', id)
    .execute();
}

/** False when there is none of this id. */
export async function remove(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('subscribers').where('id', '=', id).executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Oldest first. */
export async function subscribers(tx: Tx): Promise<Subscriber[]> {
  const rows = await tx.selectFrom('subscribers').selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map(fromRow);
}

/** How many mails asked for a confirmation since then. */
export async function askedSince(tx: Tx, since: number): Promise<number> {
  const row = await tx
    .selectFrom('subscribers')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('asked_at', '>=', since)
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

/** Forgets addresses that never confirmed, and what was told long ago. */
export async function prune(tx: Tx, now: number, toldBefore: number): Promise<void> {
  await tx
    .deleteFrom('subscribers')
    .where('confirmed_at', 'is', null)
    .where('confirm_until', '<', now)
    .execute();
  await tx.deleteFrom('status_page_told').where('at', '<', toldBefore).execute();
}

/** False when it was told before. */
export async function told(tx: Tx, key: string, at: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('status_page_told')
    .values({ key, at })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

function fromRow(row: Selectable<Schema['subscribers']>): Subscriber {
  return {
    id: row.id,
    address: row.address,
    createdAt: row.created_at,
    confirmedAt: row.confirmed_at,
    askedAt: row.asked_at,
    asked: row.asked,
  };
}
