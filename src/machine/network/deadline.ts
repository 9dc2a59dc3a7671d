import { afterAwake } from '../../core/awake.ts';
import type { DiagnosisContext } from '../../core/system.ts';
import type { DialContext } from './dial.ts';

/** Runs one step of an investigation with its own time limit, which passes only while this process runs. */
export async function withDeadline<T>(
  ctx: DiagnosisContext,
  timeoutMs: number,
  work: (dialContext: DialContext) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const limit = afterAwake(ctx.clock, timeoutMs, () => controller.abort());
  try {
    const signal = AbortSignal.any([ctx.signal, controller.signal]);
    return await work({ signal, clock: ctx.clock, timeoutMs });
  } finally {
    limit.cancel();
  }
}
