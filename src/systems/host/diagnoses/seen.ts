import type { Evidence } from '../../../core/evidence.ts';
import type { DiagnosisContext } from '../../../core/system.ts';

export type Part = Pick<Evidence, 'facts' | 'table' | 'unseen'>;

/** One piece of evidence of this machine; what cannot be read becomes `unseen`, with why. */
export async function seen(
  target: string,
  topic: string,
  title: string,
  how: string,
  ctx: DiagnosisContext,
  read: (ctx: DiagnosisContext) => Promise<Part>,
): Promise<Evidence> {
  const piece = { id: `${target}.${topic}`, target, title, how, at: ctx.clock.now() };
  try {
    return { ...piece, ...(await read(ctx)) };
  } catch (error) {
    return { ...piece, unseen: error instanceof Error ? error.message : String(error) };
  }
}
