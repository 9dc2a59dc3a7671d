/** Who uses the CPU or the memory when the machine is short of it. */
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { cpuShares, readCpu } from '../../../machine/cpu.ts';
import { readMemory } from '../../../machine/memory.ts';
import {
  allProcesses,
  describeCommand,
  type ProcessFacts,
  processTimes,
} from '../../../machine/processes.ts';
import type { HostConnection } from '../connection.ts';

const id = 'host.busy-process';
const lookMs = 1_000;
const rowsShown = 10;

/** Below these the machine is not short of it, whoever uses most. */
const busyFrom = 0.7;
const scarceBelow = 0.15;
/** A group is named when it uses at least this much of what is used. */
const blamedFrom = 0.4;

/** Processes of one name and user: the workers of one program count together. */
export interface ProcessGroup {
  readonly name: string;
  readonly uid: number | null;
  readonly pids: readonly number[];
  readonly command: string;
  /** Cores in use. */
  readonly cores: number;
  readonly resident: number;
}

export const busyProcess: Diagnosis<HostConnection> = {
  id,
  title: 'processes use up processors or memory',
  summary: 'Which processes use the CPU or the memory',
  explains: [
    'host.cpu',
    'host.load',
    'host.cpu-pressure',
    'host.pressure',
    'host.memory',
    'host.swapping',
    'host.oom-kill',
  ],
  async gather({ config }, target, ctx) {
    const base = {
      id: `${target}.processes`,
      target,
      title: 'Processes by CPU and memory',
      how: 'top -b -n 1',
      at: ctx.clock.now(),
    };
    try {
      const { names, users } = config.batch;
      const declared: Evidence = {
        ...base,
        id: `${target}.batch`,
        title: 'Work that is declared to wait',
        how: 'batch of the target in upkeep.yaml',
        facts: { names: names.join(' '), users: users.join(' ') },
      };
      return [...(await look(target, ctx)), declared];
    } catch (error) {
      return [
        {
          ...base,
          unseen: `the processes cannot be read: ${error instanceof Error ? error.message : error}`,
        },
      ];
    }
  },
  conclude(evidence, target) {
    const machine = evidence.find((each) => each.id === `${target}.machine`)?.facts;
    const groups = rowsOf(evidence, target);
    if (machine === undefined || groups.length === 0) return [];
    const number = (name: string) => Number(machine[name] ?? Number.NaN);
    return [
      ...cpuFinding(target, groups, number('cpuUsed'), number('cores'), batchIn(evidence, target)),
      ...memoryFinding(target, groups, number('memoryAvailable'), number('memoryTotal')),
    ];
  },
};

async function look(target: string, ctx: DiagnosisContext): Promise<Evidence[]> {
  const at = ctx.clock.now();
  const startedAt = ctx.clock.monotonic();
  const [before, ticksBefore] = [await processTimes(), await readCpu()];
  await ctx.clock.sleep(lookMs, ctx.signal);
  const [after, ticksAfter, memory] = [await allProcesses(), await readCpu(), await readMemory()];
  const seconds = (ctx.clock.monotonic() - startedAt) / 1_000;
  const groups = groupProcesses(before, after, seconds);
  const shares = ticksBefore && ticksAfter ? cpuShares(ticksBefore.ticks, ticksAfter.ticks) : undefined;
  return [
    {
      id: `${target}.machine`,
      target,
      title: 'CPU and memory of the machine',
      at,
      how: 'top -b -n 1 | head -5',
      facts: {
        cores: ticksAfter?.cores ?? null,
        cpuUsed: shares?.busy ?? null,
        iowait: shares?.iowait ?? null,
        steal: shares?.steal ?? null,
        memoryTotal: memory?.total ?? null,
        memoryAvailable: memory?.available ?? null,
      },
    },
    {
      ...table(
        `${target}.processes-by-cpu`,
        'Processes by CPU',
        'top -b -n 1 -o %CPU',
        most(groups, 'cores'),
      ),
      target,
      at,
    },
    {
      ...table(
        `${target}.processes-by-memory`,
        'Processes by memory',
        'top -b -n 1 -o %MEM',
        most(groups, 'resident'),
      ),
      target,
      at,
    },
  ];
}

/** Increase of CPU time between two looks; a process that was not there before counts from its start. */
export function groupProcesses(
  before: readonly Pick<ProcessFacts, 'pid' | 'startTicks' | 'cpuSeconds'>[],
  after: readonly ProcessFacts[],
  seconds: number,
): ProcessGroup[] {
  const used = new Map(before.map((facts) => [`${facts.pid}:${facts.startTicks}`, facts.cpuSeconds]));
  const groups = new Map<string, ProcessGroup>();
  for (const facts of after) {
    const key = `${facts.name}:${facts.uid}`;
    const group = groups.get(key);
    const increase = Math.max(0, facts.cpuSeconds - (used.get(`${facts.pid}:${facts.startTicks}`) ?? 0));
    groups.set(key, {
      name: facts.name,
      uid: facts.uid ?? null,
      pids: [...(group?.pids ?? []), facts.pid],
      command: group?.command ?? describeCommand(facts.command),
      cores: (group?.cores ?? 0) + increase / seconds,
      resident: (group?.resident ?? 0) + facts.resident,
    });
  }
  return [...groups.values()];
}

function most(groups: readonly ProcessGroup[], by: 'cores' | 'resident'): ProcessGroup[] {
  return [...groups].sort((a, b) => b[by] - a[by]).slice(0, rowsShown);
}

const columns = ['process', 'user id', 'pids', 'count', 'cores', 'resident bytes', 'command'];
const pidsShown = 5;

function table(evidenceId: string, title: string, how: string, groups: readonly ProcessGroup[]) {
  const rows = groups.map((group): Scalar[] => [
    group.name,
    group.uid,
    group.pids.slice(0, pidsShown).join(' '),
    group.pids.length,
    Number(group.cores.toFixed(2)),
    group.resident,
    group.command,
  ]);
  return { id: evidenceId, title, how, table: { columns, rows } };
}

interface Batch {
  readonly names: readonly string[];
  readonly users: readonly string[];
}

function batchIn(evidence: readonly Evidence[], target: string): Batch {
  const facts = evidence.find((each) => each.id === `${target}.batch`)?.facts;
  const words = (name: string) =>
    String(facts?.[name] ?? '')
      .split(' ')
      .filter(Boolean);
  return { names: words('names'), users: words('users') };
}

interface Row {
  readonly name: string;
  readonly user: number | undefined;
  readonly who: string;
  readonly cores: number;
  readonly resident: number;
}

function rowsOf(evidence: readonly Evidence[], target: string): Row[] {
  const tables = ['processes-by-cpu', 'processes-by-memory'].map(
    (topic) => evidence.find((each) => each.id === `${target}.${topic}`)?.table?.rows ?? [],
  );
  return tables.flat().map(([name, uid, pids, count, cores, resident]) => {
    const which =
      Number(count) === 1
        ? `pid ${pids}`
        : `${count} processes: ${pids}${Number(count) > pidsShown ? ' …' : ''}`;
    return {
      name: String(name),
      user: typeof uid === 'number' ? uid : undefined,
      who: `${name} (user ${uid ?? 'unknown'}, ${which})`,
      cores: Number(cores),
      resident: Number(resident),
    };
  });
}

function cpuFinding(
  target: string,
  rows: readonly Row[],
  used: number,
  cores: number,
  batch: Batch,
): Finding[] {
  const [top] = [...rows].sort((a, b) => b.cores - a.cores);
  if (!(used >= busyFrom) || top === undefined) return [];
  const share = top.cores / (used * cores);
  if (share < blamedFrom) return [];
  const { name, user } = top;
  const mayWait = batch.names.includes(name) || batch.users.includes(String(user));
  return [
    {
      id,
      target,
      summary: `${top.who} uses ${top.cores.toFixed(1)} of ${cores} cores`,
      explanation: `The CPU is ${percent(used)} in use, and ${percent(Math.min(1, share))} of that is ${top.name}.${mayWait ? ' It is declared as work that may wait.' : ''}`,
      confidence: Math.min(0.95, 0.5 + share / 2),
      evidence: [`${target}.machine`, `${target}.processes-by-cpu`],
      unseen: ['whether this work is wanted: a batch job or a backup is, at its time'],
      recommendations:
        mayWait && user !== undefined
          ? [
              {
                action: 'host.renice',
                target,
                input: { name, user },
                why: 'it is declared as work that may wait',
              },
            ]
          : [],
    },
  ];
}

function memoryFinding(target: string, rows: readonly Row[], available: number, total: number): Finding[] {
  const [top] = [...rows].sort((a, b) => b.resident - a.resident);
  if (!(available / total < scarceBelow) || top === undefined) return [];
  const share = top.resident / (total - available);
  if (share < blamedFrom) return [];
  return [
    {
      id,
      target,
      summary: `${top.who} holds ${(top.resident / 2 ** 30).toFixed(1)} GiB of memory`,
      explanation: `Only ${percent(available / total)} of the memory can be had, and ${percent(Math.min(1, share))} of what is used is ${top.name}.`,
      confidence: Math.min(0.9, 0.5 + share / 2),
      evidence: [`${target}.machine`, `${target}.processes-by-memory`],
      unseen: [
        'whether it grows: compare with its curve',
        'shared pages are counted for each process that maps them',
      ],
      recommendations: [],
    },
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
