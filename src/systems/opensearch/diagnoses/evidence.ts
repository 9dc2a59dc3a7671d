/** How evidence of a cluster is taken and read again; what cannot be seen says so. */
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { address, failureOf, type OpensearchConnection } from '../client.ts';

export type Row = Readonly<Record<string, Scalar>>;

export interface Looking {
  readonly conn: OpensearchConnection;
  readonly target: string;
  readonly ctx: DiagnosisContext;
}

/** Looks for one piece of evidence; what fails becomes `unseen`. */
export async function look(
  { conn, target, ctx }: Looking,
  about: { readonly id: string; readonly title: string; readonly path: string },
  read: () => Promise<Pick<Evidence, 'facts' | 'table'>>,
): Promise<Evidence> {
  const began = ctx.clock.monotonic();
  const base = {
    id: `${target}.${about.id}`,
    title: about.title,
    how: `GET ${address(conn.config)}/${about.path}`,
    target,
    at: ctx.clock.now(),
  };
  try {
    return { ...base, ...(await read()) };
  } catch (error) {
    return { ...base, unseen: failureOf(error, conn, ctx.clock.monotonic() - began).detail };
  }
}

export function tableOf(rows: readonly Row[]): NonNullable<Evidence['table']> {
  const columns = Object.keys(rows[0] ?? {});
  return { columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)) };
}

/** The rows of a table as records again; empty where there is no table. */
export function rowsOf(evidence: readonly Evidence[], target: string, id: string): Row[] {
  const table = evidence.find((piece) => piece.id === `${target}.${id}`)?.table;
  if (table === undefined) return [];
  return table.rows.map((row) =>
    Object.fromEntries(table.columns.map((column, index) => [column, row[index] ?? null])),
  );
}

export function factsOf(evidence: readonly Evidence[], target: string, id: string): Row {
  return evidence.find((piece) => piece.id === `${target}.${id}`)?.facts ?? {};
}

export function numberOf(value: Scalar | undefined): number {
  return typeof value === 'number' ? value : 0;
}

export function textOf(value: Scalar | undefined): string {
  return typeof value === 'string' ? value : '';
}

export function seenIds(evidence: readonly Evidence[]): string[] {
  return evidence.filter((piece) => piece.unseen === undefined).map((piece) => piece.id);
}

export function unseenOf(evidence: readonly Evidence[]): string[] {
  return evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [`${piece.title}: ${piece.unseen}`]));
}

/** When the alert about this target began; the evidence itself tells no time. */
export function onsetEvidence({ target, ctx }: Looking, explains: readonly string[]): Evidence[] {
  const since = ctx.alerts
    .filter((alert) => alert.target === target && explains.includes(alert.rule))
    .map((alert) => alert.since);
  if (since.length === 0) return [];
  const facts = { since: Math.min(...since) };
  return [
    { id: `${target}.onset`, target, title: 'Since when', at: ctx.clock.now(), how: 'the alerts', facts },
  ];
}

export function onsetOf(evidence: readonly Evidence[], target: string): { onset?: number } {
  const { since } = factsOf(evidence, target, 'onset');
  return typeof since === 'number' ? { onset: since } : {};
}

/** `95.2 GB`, decimal. */
export function bytesInWords(bytes: number): string {
  const steps = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let [value, step] = [bytes, 0];
  while (value >= 1_000 && step < steps.length - 1) [value, step] = [value / 1_000, step + 1];
  return `${Number(value.toFixed(1))} ${steps[step]}`;
}

export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
