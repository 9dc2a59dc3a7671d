/** Evidence of a cluster: read by SQL, with what is lacking told as unseen. */
import type { Evidence } from '../../../core/evidence.ts';
import { type Row, tableOf } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { look, type Part } from '../../../protocols/mysql/evidence.ts';
import { readOr } from '../access.ts';
import type { TidbConnection } from '../client.ts';

/** The rows of one statement as a table of these columns. */
export function rowsBy<From extends object>(
  conn: TidbConnection,
  target: string,
  ctx: DiagnosisContext,
  about: Pick<Evidence, 'id' | 'title' | 'how'>,
  columns: readonly string[],
  read: (row: From) => Row,
): Promise<Evidence> {
  return look(conn.work, target, ctx, about, async (db): Promise<Part> => {
    const found = await readOr<From>(db, [], about.how);
    if ('missing' in found) return { unseen: `${found.missing.reason}: ${found.missing.remedy}` };
    return { table: tableOf(columns, found.rows.map(read)) };
  });
}

/** What the checks of this target measured last. */
export function measured(
  target: string,
  ctx: DiagnosisContext,
  id: string,
  title: string,
  metrics: readonly string[],
): Evidence {
  const rows = metrics.flatMap((metric) =>
    ctx.latest(target, metric).map(
      ({ labels, value, at }): Row => ({
        metric,
        of: Object.values(labels).join(' '),
        value,
        at,
      }),
    ),
  );
  return {
    ...{ id: `${target}.${id}`, target, title, at: ctx.clock.now(), how: metrics.join(', ') },
    table: tableOf(['metric', 'of', 'value', 'at'], rows),
    ...(rows.length === 0 ? { unseen: 'no check has measured it yet' } : {}),
  };
}

/** What was changed in the target within the last day, newest first. */
export function changed(target: string, ctx: DiagnosisContext): Evidence {
  const rows = ctx.changes
    .filter((change) => change.target === target || change.target === null)
    .slice(0, 20)
    .map(({ id, kind, summary, at }): Row => ({ id, kind, summary, at }));
  return {
    ...{ id: `${target}.changes`, target, title: 'Changes of the last day', at: ctx.clock.now() },
    how: `upkeep change list ${target}`,
    table: tableOf(['id', 'kind', 'summary', 'at'], rows),
  };
}

/** All that was gathered about the target. */
export function idsOf(evidence: readonly Evidence[], target: string): string[] {
  return evidence.filter((piece) => piece.target === target).map((piece) => piece.id);
}
