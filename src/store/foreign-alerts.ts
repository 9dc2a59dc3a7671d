/** Alerts of other monitors that have not ended. */
import type { ForeignAlert } from '../core/foreign-alert.ts';
import type { Tx } from './index.ts';

export async function list(tx: Tx): Promise<ForeignAlert[]> {
  const rows = await tx.selectFrom('foreign_alerts').select('alert').orderBy('fingerprint').execute();
  return rows.map((row) => JSON.parse(row.alert) as ForeignAlert);
}

export async function save(tx: Tx, alert: ForeignAlert): Promise<void> {
  const columns = { alert: JSON.stringify(alert), ends_at: alert.endsAt };
  await tx
    .insertInto('foreign_alerts')
    .values({ source: alert.source, fingerprint: alert.fingerprint, ...columns })
    .onConflict((conflict) => conflict.columns(['source', 'fingerprint']).doUpdateSet(columns))
    .execute();
}

export async function remove(tx: Tx, alert: Pick<ForeignAlert, 'source' | 'fingerprint'>): Promise<void> {
  await tx
    .deleteFrom('foreign_alerts')
    .where('source', '=', alert.source)
    .where('fingerprint', '=', alert.fingerprint)
    .execute();
}
