import type { Evidence, Scalar } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { codeOf } from '../client.ts';

export type Row = Readonly<Record<string, Scalar>>;

export type Part = Partial<Pick<Evidence, 'facts' | 'table' | 'text' | 'unseen'>>;

/** Looks for one piece of evidence; what fails becomes `unseen`. */
export async function look(
  target: string,
  ctx: DiagnosisContext,
  about: Pick<Evidence, 'id' | 'title' | 'how'>,
  read: () => Promise<Part>,
): Promise<Evidence> {
  const base = { ...about, id: `${target}.${about.id}`, target, at: ctx.clock.now() };
  try {
    return { ...base, ...(await read()) };
  } catch (error) {
    return { ...base, unseen: codeOf(error) };
  }
}

/** What was changed in this nginx lately, newest first. */
export function changesOf(target: string, ctx: DiagnosisContext): Evidence[] {
  const own = ctx.changes.filter((change) => change.target === target).slice(0, 20);
  if (own.length === 0) return [];
  return [
    {
      id: `${target}.changes`,
      target,
      title: 'What was changed in it',
      at: ctx.clock.now(),
      how: `upkeep change list --target ${target}`,
      table: {
        columns: ['id', 'summary', 'source', 'after', 'at'],
        rows: own.map(({ id, summary, source, after, at }) => [id, summary, source, after, at]),
      },
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
  return evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [`${piece.title}: ${piece.unseen}`]));
}

export function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
