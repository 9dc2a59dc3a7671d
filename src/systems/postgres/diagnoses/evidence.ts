import type { Evidence } from '../../../core/evidence.ts';
import type { Row } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { failureOf, type ServerFailure } from '../failure.ts';
import type { Query, Session } from '../session.ts';

/** Untrusted text from the server is cut; a statement can be megabytes long. */
export const longestText = 300;

type Look = Omit<Evidence, 'target' | 'at' | 'unseen'>;

/**
 * Looks at the server for one piece of evidence; what fails becomes `unseen`, with the server's answer
 * and its code among the facts.
 */
export async function look(
  session: Session,
  target: string,
  ctx: DiagnosisContext,
  about: Pick<Evidence, 'id' | 'title' | 'how'>,
  read: (query: Query) => Promise<Partial<Pick<Look, 'facts' | 'table' | 'text'>> & { unseen?: string }>,
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
