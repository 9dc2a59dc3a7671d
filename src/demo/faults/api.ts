import { readFileSync } from 'node:fs';
import type { Fault, Handles } from '../fault.ts';
import { until } from '../until.ts';

export function apiKilled({ api, clock }: Handles): Fault {
  return {
    name: 'api-killed',
    key: 'k',
    title: 'API process killed',
    does: 'kill -KILL <pid of the API>',
    expect: {
      target: 'api',
      rule: 'http.down',
      diagnosis: 'http.backend-down',
      deeper: { target: 'api-process', diagnosis: 'process.gone' },
      // A restart where the endpoint is seen as refused before the process is seen as gone.
      actions: ['process.start', 'process.restart'],
    },
    healedByUpkeep: true,
    async inject() {
      const pid = api.pid();
      api.signal('SIGKILL');
      // Upkeep may be as quick: another pid is as good a proof as none.
      await until(clock, 'the end of the API', 5_000, () => api.pid() !== pid, { everyMs: 10 });
    },
    heal: () => api.ensure(),
    isPresent: async () => api.pid() === undefined,
  };
}

export function apiFrozen({ api, clock }: Handles): Fault {
  const isPresent = async () => {
    const pid = api.pid();
    return pid !== undefined && isStopped(pid);
  };
  return {
    name: 'api-frozen',
    key: 'f',
    title: 'API frozen',
    does: 'kill -STOP <pid of the API>',
    expect: {
      target: 'api',
      rule: 'http.down',
      diagnosis: 'http.backend-frozen',
      deeper: { target: 'api-process', diagnosis: 'process.frozen' },
      actions: ['process.resume'],
    },
    healedByUpkeep: true,
    async inject() {
      if (!api.signal('SIGSTOP')) throw new Error('the API does not run, so it cannot be frozen');
      await until(clock, 'the stop of the API', 5_000, isPresent, { everyMs: 10 });
    },
    async heal() {
      api.signal('SIGCONT');
      await api.ensure();
    },
    isPresent,
  };
}

/** State `T` of /proc/PID/stat; where there is no /proc it cannot be told from running. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^[Tt]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
