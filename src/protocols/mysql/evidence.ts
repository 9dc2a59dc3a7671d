import type { Evidence } from '../../core/evidence.ts';
import type { Row } from '../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../core/system.ts';
import { failureOf, type ServerFailure } from './failure.ts';
import type { Session } from './session.ts';

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
