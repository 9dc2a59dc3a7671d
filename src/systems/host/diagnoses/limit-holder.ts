/** Who holds the files, processes and threads of a machine or of a limit that runs out. */

import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Recommendation, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { limitedCgroups } from '../../../machine/cgroup-pids.ts';
import { descriptorUse, kindsHeld } from '../../../machine/descriptor-use.ts';
import { readLimits } from '../../../machine/limits.ts';
import { remedyHere } from '../../../machine/privilege.ts';
import { allProcesses } from '../../../machine/processes.ts';
import type { HostConnection } from '../connection.ts';
import { type Part, seen } from './seen.ts';

const id = 'host.limit-holder';
/** As the rules host.files, host.process-files and host.cgroup-pids warn. */
const shortFrom = 0.7;
const blamedFrom = 0.4;
const rowsShown = 8;

export const limitHolder: Diagnosis<HostConnection> = {
  id,
  title: 'a process uses up its open files or threads',
  summary: 'Which process holds the open files or threads that run out, of its own limit or of the machine',
  explains: ['host.files', 'host.process-files', 'host.threads', 'host.cgroup-pids'],
  async gather({ config }, target, ctx) {
    const most = new Map(config.descriptors.map((each) => [each.name, each.most]));
    return [
      await seen(
        target,
        'descriptors',
        'Open files against the limit of each process',
        'ls /proc/PID/fd | wc -l; prlimit -n -p PID',
        ctx,
        () => descriptorTable(most),
      ),
      await seen(
        target,
        'threads',
        'Threads by process',
        'ps -eo nlwp,pid,comm --sort -nlwp | head',
        ctx,
        threadTable,
      ),
      await seen(
        target,
        'cgroup-pids',
        'Processes and threads against the limit of each cgroup',
        'grep . /sys/fs/cgroup/*/pids.{current,max}',
        ctx,
        cgroupTable,
      ),
    ];
  },
  conclude(evidence, target) {
    const of = (topic: string) => evidence.find((each) => each.id === `${target}.${topic}`);
    return [
      ...ownLimit(of('descriptors'), target),
      ...ofMachine(of('descriptors'), 'open files', 3, target),
      ...ofMachine(of('threads'), 'threads', 2, target),
      ...ofCgroup(of('cgroup-pids'), target),
    ];
  },
};

async function descriptorTable(most: ReadonlyMap<string, number>): Promise<Part> {
  const [{ seen: all, hidden }, { files }] = await Promise.all([descriptorUse(), readLimits()]);
  const byCount = [...all].sort((a, b) => b.open - a.open).slice(0, rowsShown);
  const shown = [...new Set([...all.slice(0, rowsShown), ...byCount])];
  const rows = await Promise.all(
    shown.map(async ({ facts, open, limit }): Promise<Scalar[]> => {
      const kinds =
        open >= limit * shortFrom || facts === byCount[0]?.facts ? await kindsHeld(facts.pid) : '';
      return [
        facts.name,
        facts.pid,
        facts.uid ?? null,
        open,
        Number.isFinite(limit) ? limit : null,
        kinds,
        most.get(facts.name) ?? null,
      ];
    }),
  );
  return {
    facts: { used: files?.used ?? null, limit: files?.limit ?? null },
    table: { columns: ['process', 'pid', 'user id', 'open', 'limit', 'kinds', 'may be raised to'], rows },
    ...(hidden > 0
      ? {
          unseen: `the open files of ${hidden} processes of other users: ${remedyHere('CAP_SYS_PTRACE', 'run Upkeep as root or with CAP_SYS_PTRACE')}`,
        }
      : {}),
  };
}

async function threadTable(): Promise<Part> {
  const [all, { threads }] = [await allProcesses(), await readLimits()];
  const groups = Map.groupBy(all, ({ name, uid }) => `${name}:${uid}`);
  const rows = [...groups.values()].map((group): Scalar[] => [
    group[0]?.name ?? null,
    group[0]?.pid ?? null,
    group.reduce((sum, each) => sum + each.threads, 0),
    group.length,
    group.filter(({ state }) => state === 'zombie').length,
  ]);
  return {
    facts: { used: threads?.used ?? null, limit: threads?.limit ?? null },
    table: {
      columns: ['process', 'pid', 'threads', 'processes', 'zombies'],
      rows: rows.sort((a, b) => Number(b[2]) - Number(a[2])).slice(0, rowsShown),
    },
  };
}

async function cgroupTable(): Promise<Part> {
  const rows = (await limitedCgroups())
    .slice(0, rowsShown)
    .map(({ cgroup, used, limit }) => [cgroup, used, limit]);
  return { table: { columns: ['cgroup', 'used', 'limit'], rows } };
}

function ownLimit(piece: Evidence | undefined, target: string): Finding[] {
  const short = (piece?.table?.rows ?? []).filter(
    ([, , , open, limit]) => typeof limit === 'number' && Number(open) >= limit * shortFrom,
  );
  return short.slice(0, 3).map(([name, pid, user, open, limit, kinds, most]) => ({
    id,
    target,
    summary: `${name} (pid ${pid}, user ${user ?? 'unknown'}) holds ${open} of the ${limit} files it may`,
    explanation: `At its limit it opens no file and takes no connection ("Too many open files", EMFILE), although the machine has plenty. It holds ${kinds || 'what cannot be seen'}. ${
      String(kinds).startsWith('sockets')
        ? 'Mostly connections: more clients than its limit was made for, or connections that it does not close.'
        : 'If the number only grows, it does not close what it opens.'
    }`,
    confidence: 0.93,
    evidence: [`${target}.descriptors`],
    unseen: piece?.unseen === undefined ? [] : [piece.unseen],
    decides: [`whether it grows: ls /proc/${pid}/fd | wc -l, twice`],
    recommendations: raise(target, pid, limit, most),
  }));
}

function raise(
  target: string,
  pid: Scalar | undefined,
  limit: Scalar | undefined,
  most: Scalar | undefined,
): Recommendation[] {
  const wanted = Math.min(Number(limit) * 2, Number(most ?? 0));
  if (!(wanted > Number(limit))) return [];
  const input = { pid: Number(pid), limit: wanted };
  return [
    {
      action: 'host.raise-descriptor-limit',
      target,
      input,
      why: 'its limit is declared as one that may be raised',
    },
  ];
}

function ofMachine(piece: Evidence | undefined, what: string, column: number, target: string): Finding[] {
  const { used, limit } = piece?.facts ?? {};
  if (piece === undefined || !(Number(used) >= Number(limit) * shortFrom) || !(Number(limit) > 0)) return [];
  const [top] = [...(piece.table?.rows ?? [])].sort((a, b) => Number(b[column]) - Number(a[column]));
  const share = Number(top?.[column]) / Number(used);
  if (top === undefined || !(share >= blamedFrom)) return [];
  const zombies = what === 'threads' && Number(top[4]) > Number(top[3]) / 2;
  return [
    {
      id,
      target,
      summary: `${top[0]} (pid ${top[1]}${what === 'threads' && Number(top[3]) > 1 ? ` and ${count(Number(top[3]) - 1, 'other')}` : ''}) has ${top[column]} of the ${used} ${what} in use; the machine allows ${limit}`,
      explanation: `${Math.round(share * 100)} % of all ${what} are its own.${zombies ? ' Most of them are zombies: their parent does not collect those that ended.' : ''}`,
      confidence: Math.min(0.93, 0.5 + share / 2),
      evidence: [piece.id],
      unseen: piece.unseen === undefined ? [] : [piece.unseen],
      recommendations: [],
    },
  ];
}

function ofCgroup(piece: Evidence | undefined, target: string): Finding[] {
  return (piece?.table?.rows ?? [])
    .filter(([, used, limit]) => Number(used) >= Number(limit) * shortFrom)
    .slice(0, 2)
    .map(([cgroup, used, limit]) => ({
      id,
      target,
      summary: `cgroup ${cgroup} has ${used} of the ${limit} processes and threads it may`,
      explanation:
        'At its limit nothing in it can start a process or a thread ("Resource temporarily unavailable", EAGAIN), although the machine has plenty: TasksMax of a unit, or --pids-limit of a container.',
      confidence: 0.93,
      evidence: [`${target}.cgroup-pids`],
      unseen: [],
      decides: [`which of its processes has the threads: cat the tasks of ${cgroup}`],
      recommendations: [],
    }));
}
