/** Alerts: one rule holding for one label set of one target. At most one that is open has a fingerprint. */
import { type Selectable, sql } from 'kysely';
import type { Alert } from '../core/alert.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

/**
 * Writes the alert with this id whole, new or not.
 * @throws a unique violation when another open alert has its fingerprint
 */
export async function save(tx: Tx, alert: Alert): Promise<Alert> {
  const { id, ...columns } = toRow(alert);
  await tx
    .insertInto('alerts')
    .values({ id, ...columns })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
    .execute();
  return alert;
}

export async function byId(tx: Tx, id: string): Promise<Alert | undefined> {
  const row = await tx.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** The open one. */
export async function byFingerprint(tx: Tx, fingerprint: string): Promise<Alert | undefined> {
  const row = await tx
    .selectFrom('alerts')
    .selectAll()
    .where('fingerprint', '=', fingerprint)
    .where('state', '<>', sql.lit('resolved'))
    .executeTakeFirst();
  return row && fromRow(row);
}

/** Pending and firing, the longest first. */
export async function open(tx: Tx): Promise<Alert[]> {
  const rows = await tx
    .selectFrom('alerts')
    .selectAll()
    .where('state', '<>', sql.lit('resolved'))
    .orderBy('since')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** Firing, and kept out of incidents by a silence or a maintenance window. */
export async function held(tx: Tx): Promise<Alert[]> {
  const rows = await tx
    .selectFrom('alerts')
    .selectAll()
    .where('state', '=', 'firing')
    .where('held_by', 'is not', null)
    .orderBy('since')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** Of any state, in the order they began. */
export async function ofIncident(tx: Tx, incidentId: string): Promise<Alert[]> {
  const rows = await tx
    .selectFrom('alerts')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .orderBy('since')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** Of any state, the oldest first. */
export async function withFingerprints(tx: Tx, fingerprints: readonly string[]): Promise<Alert[]> {
  const rows = await tx
    .selectFrom('alerts')
    .selectAll()
    .where('fingerprint', 'in', fingerprints)
    .orderBy('since')
    .execute();
  return rows.map(fromRow);
}

/** Of any state, that fired at or after `from`, in the order they fired. */
export async function firedSince(tx: Tx, from: number, rule?: string): Promise<Alert[]> {
  let query = tx.selectFrom('alerts').selectAll().where('fired_at', '>=', from);
  if (rule !== undefined) query = query.where('rule', '=', rule);
  const rows = await query.orderBy('fired_at').orderBy('id').limit(20_000).execute();
  return rows.map(fromRow);
}

function fromRow(row: Selectable<Schema['alerts']>): Alert {
  return {
    id: row.id,
    fingerprint: row.fingerprint,
    rule: row.rule,
    target: row.target,
    labels: JSON.parse(row.labels),
    summary: row.summary,
    state: row.state,
    ruleLevel: row.rule_level,
    level: row.level,
    value: row.value,
    threshold: row.threshold,
    detail: row.detail,
    ...(row.first_detail === null ? {} : { firstDetail: row.first_detail }),
    since: row.since,
    firedAt: row.fired_at,
    resolvedAt: row.resolved_at,
    incidentId: row.incident_id,
    ...(row.annotations === null ? {} : { annotations: JSON.parse(row.annotations) }),
    ...(row.is_hygiene === 1 ? { isHygiene: true } : {}),
    heldBy: row.held_by,
  };
}

function toRow(alert: Alert): Schema['alerts'] {
  return {
    id: alert.id,
    fingerprint: alert.fingerprint,
    rule: alert.rule,
    target: alert.target,
    labels: JSON.stringify(alert.labels),
    summary: alert.summary,
    state: alert.state,
    rule_level: alert.ruleLevel,
    level: alert.level,
    value: finite(alert.value),
    threshold: finite(alert.threshold),
    detail: alert.detail,
    first_detail: alert.firstDetail ?? null,
    since: alert.since,
    fired_at: alert.firedAt,
    resolved_at: alert.resolvedAt,
    incident_id: alert.incidentId,
    annotations: alert.annotations === undefined ? null : JSON.stringify(alert.annotations),
    held_by: alert.heldBy,
    is_hygiene: alert.isHygiene ? 1 : 0,
  };
}

/** A probe may have measured no number; that must not keep the alert from being stored. */
function finite(value: number | null): number | null {
  return Number.isFinite(value) ? value : null;
}
