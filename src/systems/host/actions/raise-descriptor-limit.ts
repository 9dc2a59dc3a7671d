import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { defineAction, type Facts } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { allProcesses, descriptors, processFacts } from '../../../machine/processes.ts';
import { commandLine, runProgram } from '../../../machine/run-program.ts';
import type { HostConnection } from '../connection.ts';

const input = z.strictObject({
  pid: z.int().min(2).describe('The process that runs out of descriptors'),
  limit: z.int().min(256).max(1_048_576).describe('The new soft limit'),
});

/** As the rule process.files: from here on it is short. */
const short = 0.7;

export const raiseDescriptorLimit = defineAction<HostConnection, typeof input>({
  id: 'host.raise-descriptor-limit',
  summary:
    'Raises how many files a declared process may hold open, while it runs (prlimit); undone to what it was',
  risk: 'safe',
  input,
  privileges: 'The same user as the process; root or CAP_SYS_RESOURCE above its hard limit',

  async plan({ config }, { pid, limit }) {
    const process = (await allProcesses()).find((each) => each.pid === pid);
    if (process === undefined) return { refused: `no process ${pid} runs` };
    const declared = config.descriptors.find(({ name }) => name === process.name);
    if (declared === undefined)
      return { refused: `${process.name} is not among \`descriptors\` of this target` };
    if (limit > declared.most) return { refused: `${process.name} may be given ${declared.most} at most` };
    const [use, now] = [await descriptors(pid), await limitOf(pid)];
    if (use === undefined || now === undefined)
      return { refused: `the descriptors of pid ${pid} cannot be seen` };
    if (limit <= now.soft) return { refused: `its limit is ${now.soft} already` };
    if (use.open < now.soft * short)
      return { refused: `it holds ${use.open} of ${now.soft}: it is not short` };
    return {
      summary: `Raise the limit of open files of ${process.name} (pid ${pid}) from ${now.soft} to ${limit}`,
      steps: [step(pid, limit, Math.max(limit, now.hard))],
      before: { startTicks: process.startTicks, soft: now.soft, hard: now.hard, open: use.open },
      expect: `less than ${short * 100} % of the limit is used`,
      undo: { possible: true, how: `${step(pid, now.soft, now.hard)}, unless more are open by then` },
      verifyWithinMs: 5_000,
      holdMs: 10_000,
    };
  },

  async apply(_conn, plan, permit, ctx) {
    demandPermit(permit);
    const { pid, limit } = input.parse(plan.input);
    const hard = Math.max(limit, Number(plan.before.hard));
    demandSteps(plan, [step(pid, limit, hard)]);
    await demandSame(pid, plan.before);
    const now = await limitOf(pid);
    if (now?.soft === limit) return `its limit is ${limit} already; nothing was done`;
    if (now?.soft !== plan.before.soft)
      throw new Error(`the limit of pid ${pid} has changed since it was planned`);
    await setLimit(pid, limit, hard, ctx.signal);
    return `pid ${pid} may hold ${limit} files open`;
  },

  async verify(_conn, plan) {
    const { pid, limit } = input.parse(plan.input);
    await demandSame(pid, plan.before);
    const use = await descriptors(pid);
    if (use === undefined) return { good: false, detail: `the descriptors of pid ${pid} cannot be seen` };
    const good = use.limit === limit && use.open < limit * short;
    return {
      good,
      detail: `${use.open} of ${use.limit} are open`,
      after: { soft: use.limit, open: use.open },
    };
  },

  async undo(_conn, plan, permit, ctx) {
    demandPermit(permit);
    const { pid } = input.parse(plan.input);
    await demandSame(pid, plan.before);
    const [soft, hard] = [Number(plan.before.soft), Number(plan.before.hard)];
    const use = await descriptors(pid);
    if (use !== undefined && use.open >= soft)
      throw new Error(`pid ${pid} holds ${use.open} open by now: with ${soft} it could open no more`);
    await setLimit(pid, soft, hard, ctx.signal);
    return `pid ${pid} may hold ${soft} files open, as before`;
  },
});

function step(pid: number, soft: number, hard: number): string {
  return commandLine(words(pid, soft, hard));
}

function words(pid: number, soft: number, hard: number): string[] {
  const text = (limit: number) => (Number.isFinite(limit) ? String(limit) : 'unlimited');
  return ['prlimit', '--pid', String(pid), `--nofile=${text(soft)}:${text(hard)}`];
}

async function setLimit(pid: number, soft: number, hard: number, signal: AbortSignal): Promise<void> {
  const { code, text } = await runProgram(words(pid, soft, hard), { signal });
  if (code !== 0)
    throw new Error(`${text.slice(-300)}; a hard limit is raised by root or CAP_SYS_RESOURCE alone`);
}

/** Pids are used again. */
async function demandSame(pid: number, before: Facts): Promise<void> {
  const facts = await processFacts(pid);
  if (facts === undefined || facts.startTicks !== before.startTicks)
    throw new Error(`pid ${pid} is another process than was planned for, or has ended; nothing was done`);
}

async function limitOf(pid: number): Promise<{ soft: number; hard: number } | undefined> {
  const text = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => '');
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text) ?? [];
  if (soft === undefined || hard === undefined) return undefined;
  const number = (word: string) => (word === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(word));
  return { soft: number(soft), hard: number(hard) };
}
