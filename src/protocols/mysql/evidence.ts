import type { Evidence, Scalar } from '../../core/evidence.ts';
import type { DiagnosisContext } from '../../core/system.ts';
import { failureOf, type ServerFailure } from './failure.ts';
import type { Session } from './session.ts';

export type Row = Readonly<Record<string, Scalar>>;
export type Part = Partial<Pick<Evidence, 'facts' | 'table' | 'text' | 'unseen'>>;

/**
 * Looks at the server for one piece of evidence; what fails becomes `unseen`, with the server's answer
 * and its number among the facts.
 */
export async function look<Db>(
  session: Session<Db>,
  target: string,
  ctx: DiagnosisContext,
  about: Pick<Evidence, 'id' | 'title' | 'how'>,
  read: (db: Db) => Promise<Part>,
): Promise<Evidence> {
  const started = ctx.clock.monotonic();
  const base = { ...about, id: `${target}.${about.id}`, target, at: ctx.clock.now() };
  try {
    return { ...base, ...(await session.use(ctx.signal, read)) };
  } catch (error) {
    const failure = failureOf(error, ctx.clock.monotonic() - started);
    return { ...base, unseen: failure.detail, facts: factsOf(failure) };
  }
}

function factsOf({ why, code, detail }: ServerFailure): Row {
  return { why, code: code ?? null, answer: detail };
}

/** What the liveness probe heard last. */
export function lastAnswer(target: string, ctx: DiagnosisContext, probe: string): Evidence[] {
  const detail = ctx.detail(target);
  if (detail === undefined) return [];
  return [
    {
      id: `${target}.last-answer`,
      target,
      title: 'Last answer to a login',
      at: ctx.clock.now(),
      how: `outcome of ${probe}`,
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

export function unseenOf(evidence: readonly Evidence[]): string[] {
  return evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [piece.unseen]));
}
