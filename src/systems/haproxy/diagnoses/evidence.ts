import type { Evidence, Scalar } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import type { HaproxyConnection } from '../client.ts';
import { failureOf } from '../failure.ts';

export type Row = Readonly<Record<string, Scalar>>;

/** Looks over the runtime API for one piece of evidence; what fails becomes `unseen`. */
export async function look(
  conn: HaproxyConnection,
  target: string,
  ctx: DiagnosisContext,
  about: Pick<Evidence, 'id' | 'title' | 'how'>,
  read: () => Promise<Pick<Evidence, 'facts' | 'table' | 'text' | 'unseen'>>,
): Promise<Evidence> {
  const began = ctx.clock.monotonic();
  const base = { ...about, id: `${target}.${about.id}`, target, at: ctx.clock.now() };
  try {
    return { ...base, ...(await read()) };
  } catch (error) {
    const { why, detail } = failureOf(error, conn.config.socket, ctx.clock.monotonic() - began);
    return { ...base, unseen: detail, facts: { why, answer: detail } };
  }
}

/** `show stat` as people repeat it. */
export function asked(conn: HaproxyConnection, command: string): string {
  return `echo "${command}" | socat stdio ${conn.socket.startsWith('/') ? conn.socket : `tcp:${conn.socket}`}`;
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
