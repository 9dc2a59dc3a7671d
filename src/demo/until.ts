import type { Clock } from '../core/time.ts';

/**
 * Asks again and again until `holds` answers true; a throw counts as not yet.
 * Rejects after `withinMs` with what was awaited and why the last try failed, or as soon as `hasFailed` says why.
 */
export async function until(
  clock: Clock,
  what: string,
  withinMs: number,
  holds: () => boolean | Promise<boolean>,
  options: { everyMs?: number; hasFailed?: () => string | undefined } = {},
): Promise<void> {
  const { everyMs = 50, hasFailed } = options;
  const start = clock.monotonic();
  let last = '';
  for (;;) {
    try {
      if (await holds()) return;
      last = '';
    } catch (error) {
      last = `: ${messageOf(error)}`;
    }
    const failure = hasFailed?.();
    if (failure !== undefined) throw new Error(`${what} failed: ${failure}`);
    if (clock.monotonic() - start > withinMs) {
      throw new Error(`${what} did not happen within ${withinMs / 1000} s${last}`);
    }
    await clock.sleep(everyMs);
  }
}

/** An error's text with its code in front, the way servers name it (`53300 sorry, too many clients`). */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A refused connection to a name with two addresses comes as an AggregateError with an empty message.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return code === undefined || error.message.includes(code) ? error.message : `${code} ${error.message}`;
}
