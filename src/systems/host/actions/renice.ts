import { readdir } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';
import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { allProcesses, type ProcessFacts, processFacts } from '../../../machine/processes.ts';
import { runProgram } from '../../../machine/run-program.ts';
import type { HostConnection } from '../connection.ts';

const input = z.strictObject({
  name: z.string().min(1).describe('Name of the program as `ps -o comm` shows it'),
  user: z.int().min(0).describe('User id it runs as'),
});

const lowest = 19;

export const renice = defineAction<HostConnection, typeof input>({
  id: 'host.renice',
  summary:
    'Puts declared batch work behind everything else on CPU and disk (nice 19, idle I/O); undone to what it was',
  risk: 'safe',
  input,
  privileges: 'The same user as the processes, or root; CAP_SYS_NICE to undo',

  async plan({ config: { batch } }, { name, user }, ctx) {
    if (!batch.names.includes(name) && !batch.users.includes(user))
      return { refused: `${name} of user ${user} is not declared as work that may wait (\`batch\`)` };
    const group = await groupOf(name, user);
    if (group.length === 0) return { refused: `no process ${name} of user ${user} runs` };
    const before = await Promise.all(group.map((each) => standingOf(each, ctx.signal)));
    if (before.every(({ nice, io }) => nice === lowest && io === 'idle'))
      return { refused: `${name} of user ${user} is behind everything else already` };
    return {
      summary: `Put ${count(group.length, 'process', 'processes')} ${name} of user ${user} behind everything else`,
      steps: stepsOf(before),
      before: { processes: JSON.stringify(before) },
      expect: 'they run with nice 19 and idle I/O: they use only what nobody else wants',
      undo: { possible: true, how: 'nice and I/O class of each are set to what they were' },
      verifyWithinMs: 5_000,
      holdMs: 10_000,
    };
  },

  async apply(_conn, plan, permit, ctx) {
    demandPermit(permit);
    const { name, user } = input.parse(plan.input);
    const planned = standings(plan.before.processes);
    demandSteps(plan, stepsOf(planned));
    const now = await groupOf(name, user);
    const same = planned.filter((each) =>
      now.some(({ pid, startTicks }) => pid === each.pid && startTicks === each.startTicks),
    );
    if (same.length === 0) demandUnchanged(plan, { processes: '' }, name);
    for (const each of same) await change(each, { nice: lowest, io: 'idle' }, ctx.signal);
    return `${count(same.length, 'process', 'processes')} ${name} run with nice ${lowest} and idle I/O`;
  },

  async verify(_conn, plan, ctx) {
    const { name, user } = input.parse(plan.input);
    const now = await Promise.all((await groupOf(name, user)).map((each) => standingOf(each, ctx.signal)));
    const ahead = now.filter(({ nice, io }) => nice !== lowest || io !== 'idle');
    if (now.length === 0) return { good: true, detail: `no process ${name} runs any more` };
    const detail =
      ahead.length === 0
        ? `all ${now.length} are behind everything else`
        : `${ahead.length} of ${now.length} are not`;
    return { good: ahead.length === 0, detail, after: { processes: JSON.stringify(now) } };
  },

  async undo(_conn, plan, permit, ctx) {
    demandPermit(permit);
    let undone = 0;
    for (const each of standings(plan.before.processes)) {
      const facts = await processFacts(each.pid);
      if (facts?.startTicks !== each.startTicks) continue;
      await change(each, each, ctx.signal);
      undone += 1;
    }
    return `${count(undone, 'process', 'processes')} as before`;
  },
});

const standingSchema = z.object({
  pid: z.number(),
  startTicks: z.number(),
  nice: z.number(),
  io: z.string(),
});
type Standing = z.output<typeof standingSchema>;

function standings(text: unknown): Standing[] {
  return z.array(standingSchema).parse(JSON.parse(String(text)));
}

/** Sorted, so that two looks at the same processes are the same. */
async function groupOf(name: string, user: number): Promise<ProcessFacts[]> {
  const found = (await allProcesses()).filter(
    (each) => each.name === name && each.uid === user && each.state !== 'zombie',
  );
  return found.filter(({ pid }) => pid !== process.pid).sort((a, b) => a.pid - b.pid);
}

async function standingOf({ pid, startTicks }: ProcessFacts, signal: AbortSignal): Promise<Standing> {
  const { text } = await runProgram(['ionice', '-p', String(pid)], { signal });
  return { pid, startTicks, nice: getPriority(pid), io: text };
}

function stepsOf(before: readonly Standing[]): string[] {
  const pids = before.map(({ pid }) => pid).join(' ');
  return [`renice -n ${lowest} -p ${pids}`, `ionice -c 3 -p ${pids}`];
}

/** Linux keeps nice for each thread. */
async function change(
  { pid }: Standing,
  to: Pick<Standing, 'nice' | 'io'>,
  signal: AbortSignal,
): Promise<void> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  for (const thread of threads) {
    try {
      setPriority(Number(thread), to.nice);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ERR_SYSTEM_ERROR' && (await processFacts(pid)) === undefined) return;
      throw new Error(
        `nice ${to.nice} for pid ${pid} is not allowed: run Upkeep as root or give it CAP_SYS_NICE`,
      );
    }
  }
  if (threads.length === 0) return;
  const { code, text } = await runProgram(['ionice', ...ioWords(to.io), '-p', ...threads], { signal });
  if (code !== 0) throw new Error(`ionice of pid ${pid}: ${text.slice(-200)}`);
}

/** What `ionice -p` said, as arguments: `best-effort: prio 4`, `idle`, `none: prio 0`. */
function ioWords(said: string): string[] {
  const [, kind = 'none', level] = /^(\S+?)(?:: prio (\d))?$/.exec(said.trim()) ?? [];
  if (kind === 'idle') return ['-c', '3'];
  if (kind === 'none' || level === undefined) return ['-c', '0'];
  return ['-c', kind === 'realtime' ? '1' : '2', '-n', level];
}
