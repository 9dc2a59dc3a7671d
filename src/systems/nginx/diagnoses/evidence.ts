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

export function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
