import type { Evidence, Scalar } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { aclFor, type RedisConnection } from '../client.ts';
import { failureOf, isNotPermitted } from '../failure.ts';
import type { Ask } from '../session.ts';

type Row = Readonly<Record<string, Scalar>>;

/** Looks at the server for one piece of evidence; what fails becomes `unseen`, with the server's answer. */
export async function look(
  conn: RedisConnection,
  target: string,
  ctx: DiagnosisContext,
  about: Pick<Evidence, 'id' | 'title' | 'how'>,
  read: (ask: Ask) => Promise<Pick<Evidence, 'facts' | 'table' | 'text' | 'unseen'>>,
): Promise<Evidence> {
  const started = ctx.clock.monotonic();
  const base = { ...about, id: `${target}.${about.id}`, target, at: ctx.clock.now() };
  try {
    return { ...base, ...(await conn.session.use(ctx.signal, read)) };
  } catch (error) {
    const { why, detail } = failureOf(error, ctx.clock.monotonic() - started);
    const unseen = isNotPermitted(error) ? `${detail}: ${aclFor(error, conn)}` : detail;
    return { ...base, unseen, facts: { why, answer: detail } };
  }
}

export function lastAnswer(target: string, ctx: DiagnosisContext): Evidence[] {
  const detail = ctx.detail(target);
  if (detail === undefined) return [];
  return [
    {
      id: `${target}.last-answer`,
      target,
      title: 'Last answer to a login',
      at: ctx.clock.now(),
      how: 'outcome of redis.liveness',
      text: detail,
    },
  ];
}

export function tableOf(columns: readonly string[], rows: readonly Row[]): NonNullable<Evidence['table']> {
  return { columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)) };
}

/** The rows of a table as records again; empty where there is no table. */
export function rowsOf(evidence: Evidence | undefined): Row[] {
  const table = evidence?.table;
  if (table === undefined) return [];
  return table.rows.map((row) =>
    Object.fromEntries(table.columns.map((column, index) => [column, row[index] ?? null])),
  );
}

export function find(evidence: readonly Evidence[], target: string, id: string): Evidence | undefined {
  return evidence.find((piece) => piece.id === `${target}.${id}`);
}

export function textOf(value: Scalar | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

export function numberOf(value: Scalar | undefined): number {
  return typeof value === 'number' ? value : 0;
}
