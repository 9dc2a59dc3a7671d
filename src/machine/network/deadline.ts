import { afterAwake } from '../../core/awake.ts';
import type { DiagnosisContext } from '../../core/system.ts';
import type { Clock } from '../../core/time.ts';
import type { DialContext } from './dial.ts';

/**
 * The work is told to end when the context's own signal aborts or after `ms`, which pass only while this process runs.
 * @param late the reason that the work is given for that as a TimeoutError; an AbortError without one where left out
 */
export async function within<T>(
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock },
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  late?: string,
): Promise<T> {
  const stop = new AbortController();
  const limit = afterAwake(clock, ms, () =>
    stop.abort(late === undefined ? undefined : new DOMException(late, 'TimeoutError')),
  );
  try {
    return await work(AbortSignal.any([signal, stop.signal]));
  } finally {
    limit.cancel();
  }
}

/** Runs one step of an investigation with its own time limit. */
export function withDeadline<T>(
  ctx: DiagnosisContext,
  timeoutMs: number,
  work: (dialContext: DialContext) => Promise<T>,
): Promise<T> {
  return within(ctx, timeoutMs, (signal) => work({ signal, clock: ctx.clock, timeoutMs }));
}
