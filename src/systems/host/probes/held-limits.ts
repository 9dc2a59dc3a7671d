import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { limitedCgroups } from '../../../machine/cgroup-pids.ts';
import { descriptorUse } from '../../../machine/descriptor-use.ts';
import { remedyHere } from '../../../machine/privilege.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const heldLimits: Probe<HostConnection> = {
  id: 'host.held-limits',
  summary: 'The process nearest to its limit of open files, the cgroup nearest to its limit of processes',
  atMostEveryMs: 60_000,
  metrics: {
    'host.files.process-used': {
      summary: 'Open files of the process that is nearest to its own limit, of that limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'host.pids.cgroup-used': {
      summary: 'Processes and threads of the cgroup that is nearest to its limit, of that limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  run: () =>
    onLinux(async () => {
      const [{ seen, hidden }, [cgroup]] = await Promise.all([descriptorUse(), limitedCgroups()]);
      const [worst] = seen;
      const readings: Reading[] = [
        ...(worst ? [{ metric: 'host.files.process-used', value: worst.open / worst.limit }] : []),
        // Without a limit there is nothing to run out of.
        ...(cgroup ? [{ metric: 'host.pids.cgroup-used', value: cgroup.used / cgroup.limit }] : []),
      ];
      const missing: Missing[] =
        hidden === 0
          ? []
          : [
              {
                metrics: ['host.files.process-used'],
                reason: `the open files of ${hidden} processes of other users cannot be seen`,
                remedy: remedyHere('CAP_SYS_PTRACE', 'run Upkeep as root or with CAP_SYS_PTRACE'),
              },
            ];
      const detail =
        worst && `${worst.facts.name} (pid ${worst.facts.pid}): ${worst.open} of ${worst.limit} files`;
      return { ok: true, readings, missing, ...(detail ? { detail } : {}) };
    }),
};
