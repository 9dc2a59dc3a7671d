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
  const open = rows.filter((row) => row.resolved_at === null).map(({ id }) => id);
  const firing =
    open.length === 0
      ? []
      : await tx
          .selectFrom('alerts')
          .select(['incident_id', 'target', 'rule'])
          .where('incident_id', 'in', open)
          .where('state', '=', 'firing')
          .execute();
  const direct = Map.groupBy(
    firing.filter((alert) => !isOfBudget(alert)),
    (alert) => alert.incident_id,
  );
  const firingOn = ({ id, resolved_at, conduct }: (typeof rows)[number]) =>
    resolved_at !== null || (JSON.parse(conduct) as Conduct).declaredBy !== undefined
      ? {}
      : { firingOn: (direct.get(id) ?? []).map(({ target }) => target) };
  const againAt = ({ conduct }: (typeof rows)[number]) => {
    const { reopenedAt } = JSON.parse(conduct) as Conduct;
    return reopenedAt === undefined ? {} : { reopenedAt };
  };
  const atRisk = await ofBackupsAlone(
    tx,
    rows.map(({ id }) => id),
  );
  const isTold = ({ id, conduct }: (typeof rows)[number]) => {
    const { mergedInto, declaredBy } = JSON.parse(conduct) as Conduct;
    return mergedInto === undefined && (declaredBy !== undefined || !atRisk.has(id));
  };
  return rows.filter(isTold).map((row) => ({
    id: row.id,
    level: row.level,
    targets: JSON.parse(row.targets),
    services: JSON.parse(row.services),
    openedAt: row.opened_at,
    ...againAt(row),
    mitigatedAt: row.mitigated_at,
    resolvedAt: row.resolved_at,
    ...firingOn(row),
  }));
}

/** Backups at risk are no outage: those who use a service cannot feel it. */
async function ofBackupsAlone(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const alerts = await tx
    .selectFrom('alerts')
    .select(['incident_id', 'rule'])
    .where('incident_id', 'in', ids)
    .execute();
  const byIncident = Map.groupBy(alerts, (alert) => alert.incident_id ?? '');
  return new Set([...byIncident].flatMap(([id, own]) => (isOfBackupsAlone(own) ? [id] : [])));
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
