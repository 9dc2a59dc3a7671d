import type { Evidence } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { codeOf } from '../client.ts';

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

export function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
