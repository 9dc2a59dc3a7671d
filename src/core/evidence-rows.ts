/** Evidence as a diagnosis writes it and reads it again: records become a table, a table becomes records. */
import type { Evidence, Scalar } from './evidence.ts';

export type Row = Readonly<Record<string, Scalar>>;

/** Cells that a row lacks are null. */
export function tableOf(columns: readonly string[], rows: readonly Row[]): NonNullable<Evidence['table']> {
  return { columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)) };
}

/** Empty where there is no table. */
export function rowsOf(evidence: Evidence | undefined): Row[] {
  const table = evidence?.table;
  if (table === undefined) return [];
  return table.rows.map((row) =>
    Object.fromEntries(table.columns.map((column, index) => [column, row[index] ?? null])),
  );
}

/** The piece that was gathered about this target as `id`. */
export function find(evidence: readonly Evidence[], target: string, id: string): Evidence | undefined {
  return evidence.find((piece) => piece.id === `${target}.${id}`);
}

/** Empty where nothing is known. */
export function textOf(value: Scalar | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

/** 0 for what is no number. */
export function numberOf(value: Scalar | undefined): number {
  return typeof value === 'number' ? value : 0;
}

/** What could not be seen, each with the name of its piece. */
export function unseenOf(evidence: readonly Evidence[]): string[] {
  return evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [`${piece.title}: ${piece.unseen}`]));
}
