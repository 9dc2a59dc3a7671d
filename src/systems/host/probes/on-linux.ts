import type { Outcome } from '../../../core/sample.ts';

/** Runs where there is a /proc; elsewhere, or where it cannot be read, says so instead of guessing. */
export async function onLinux(read: () => Promise<Outcome>): Promise<Outcome> {
  if (process.platform !== 'linux') {
    const detail = `the host system reads /proc, which ${process.platform} does not have; leave this target out`;
    return { ok: false, why: 'broken-probe', detail };
  }
  try {
    return await read();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, why: 'broken-probe', detail: `this machine does not tell: ${detail}` };
  }
}
