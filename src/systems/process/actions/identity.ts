/** Which process a plan was made for, and the signals that may be sent to that one alone. */
import type { Facts } from '../../../core/action.ts';
import { type ProcessFacts, processFacts } from '../../../machine/processes.ts';

/** `undefined` where the plan was made while nothing ran. */
export function plannedFor(before: Facts): { pid: number; startTicks: number } | undefined {
  const { pid, startTicks } = before;
  return typeof pid === 'number' && typeof startTicks === 'number' ? { pid, startTicks } : undefined;
}

export function isSameProcess(
  facts: Pick<ProcessFacts, 'pid' | 'startTicks'>,
  planned: { pid: number; startTicks: number } | undefined,
): boolean {
  return planned !== undefined && facts.pid === planned.pid && facts.startTicks === planned.startTicks;
}

/**
 * Sends a signal when the pid still belongs to the process of the plan; false when that has ended.
 * Throws with the remedy when it is not allowed.
 */
export async function signalExactly(
  planned: { pid: number; startTicks: number },
  signal: NodeJS.Signals,
): Promise<boolean> {
  const facts = await processFacts(planned.pid);
  if (facts === undefined || facts.state === 'zombie' || !isSameProcess(facts, planned)) return false;
  try {
    process.kill(planned.pid, signal);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ESRCH') return false;
    throw new Error(
      `${signal} to pid ${planned.pid} is not allowed (${String(code)}): run Upkeep as the same user or give it CAP_KILL`,
    );
  }
}

export async function isAlive(planned: { pid: number; startTicks: number }): Promise<boolean> {
  const facts = await processFacts(planned.pid);
  return facts !== undefined && facts.state !== 'zombie' && isSameProcess(facts, planned);
}
