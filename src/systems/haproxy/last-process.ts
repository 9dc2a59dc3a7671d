/** Which process answered last: others of its name may run on this machine, and say nothing of this one. */
import type { ProcessFacts } from '../../machine/processes.ts';

export interface LastProcess {
  readonly pid: number;
  readonly startTicks: number;
  /** When it answered last, epoch milliseconds. */
  readonly answeredAt: number;
}

type Running = Pick<ProcessFacts, 'pid' | 'startTicks' | 'startedAt' | 'name' | 'state'>;

export interface LastProcesses {
  /** @param pid as its runtime API says; that of a container's own count is none of this machine */
  note(pid: number, now: number, look: (pid: number) => Promise<Running | undefined>): Promise<void>;
  last(): LastProcess | undefined;
}

export function rememberProcess(): LastProcesses {
  let known: LastProcess | undefined;
  return {
    async note(pid, now, look) {
      const facts = pid === known?.pid ? known : await look(pid);
      if (facts === undefined || ('name' in facts && facts.name !== 'haproxy')) known = undefined;
      else known = { pid, startTicks: facts.startTicks, answeredAt: now };
    },
    last: () => known,
  };
}

export type Fate = 'unknown' | 'runs' | 'ended' | 'another-began';

/** What became of it. One that began after it had answered may be the same with its socket elsewhere. */
export function fateOf(last: LastProcess | undefined, running: readonly Running[]): Fate {
  if (last === undefined) return 'unknown';
  const { pid, startTicks, answeredAt } = last;
  const alive = running.filter(({ name, state }) => name === 'haproxy' && state !== 'zombie');
  if (alive.some((one) => one.pid === pid && one.startTicks === startTicks)) return 'runs';
  return alive.some(({ startedAt }) => startedAt > answeredAt) ? 'another-began' : 'ended';
}
