import { resolve } from 'node:path';
import { z } from 'zod';
import { timestamp } from '../../../clock.ts';
import {
  type ActionContext,
  defineAction,
  type Facts,
  type NoPlan,
  type Plan,
} from '../../../core/action.ts';
import { GuardRefusal, Permit } from '../../../core/guard.ts';
import { formatDuration } from '../../../core/time.ts';
import { portsOf, processListeningOn } from '../../../machine/listeners.ts';
import { describeCommand, type ProcessFacts } from '../../../machine/processes.ts';
import { lastPorts, type ProcessConnection } from '../connection.ts';
import { type Located, locate, protectedBecause, runsUnnamed, wrongPidFile } from '../locate.ts';
import { isAlive, isSameProcess, plannedFor, signalExactly } from './identity.ts';
import { startDeclared, startUid } from './start.ts';
import { startSteps, stopSteps } from './steps.ts';

/** After three starts in ten minutes a fourth would not help either. */
export const breaker = { most: 3, withinMs: 600_000 };
/** A process that cannot run mostly ends within its first seconds. */
const leastUptimeMs = 2_000;
const killWaitMs = 3_000;

export const restart = defineAction<ProcessConnection, z.ZodObject>({
  id: 'process.restart',
  summary: 'Ends the declared process where it still runs and starts it again',
  risk: 'risky',
  input: z.strictObject({}),
  privileges: 'The same user as the process, or root (CAP_KILL, CAP_SETUID where `user` is declared)',

  async plan(conn, _input, ctx) {
    const { config } = conn;
    if (config.start === undefined)
      return { refused: 'no `start` is declared for it, so it cannot be started again' };
    const recent = conn.restarts.filter((at) => ctx.clock.now() - at < breaker.withinMs);
    if (recent.length >= breaker.most) return broken(recent.length);
    const located = await locate(config, conn.folder);
    if (located.kind === 'several' || located.kind === 'unseen') return { refused: located.detail };
    const refused = await refusalOf(conn, located);
    if (refused !== undefined) return { refused };
    const facts = located.kind === 'found' ? located.facts : undefined;
    const ports = facts ? await portsOf(facts.pid) : [];
    return planOf(conn, located, ports.length > 0 ? ports : lastPorts(conn));
  },

  async apply(conn, plan, permit, ctx) {
    if (!Permit.isGenuine(permit)) throw new GuardRefusal('this permit was not issued by the guard');
    const planned = plannedFor(plan.before);
    const now = await locate(conn.config, conn.folder);
    if (now.kind === 'several' || now.kind === 'unseen') throw new Error(now.detail);
    if (now.kind === 'found' && !isSameProcess(now.facts, planned)) {
      return `pid ${now.facts.pid} runs already; nothing was done`;
    }
    const refused = await refusalOf(conn, now);
    if (refused !== undefined) throw new Error(refused);
    conn.restarts.push(ctx.clock.now());
    conn.restarts.splice(0, conn.restarts.length - breaker.most);
    const ended =
      planned && now.kind === 'found' ? await end(planned, conn.config.stopTimeout, ctx) : undefined;
    const pid = await startDeclared(conn, ctx.clock);
    const trouble = conn.lastStart?.withoutPidFile;
    return `${ended === undefined ? '' : `${ended}; `}started as pid ${pid}${trouble === undefined ? '' : `; ${trouble}`}`;
  },

  async verify(conn, plan, ctx) {
    const located = await locate(conn.config, conn.folder);
    if (located.kind !== 'found') {
      const end = conn.lastStart?.ended;
      return {
        good: false,
        detail: `${located.detail}${end === undefined ? '' : `; the start ended with ${end}`}`,
      };
    }
    const { facts } = located;
    const after: Facts = { pid: facts.pid, startTicks: facts.startTicks, state: facts.state };
    const verdict = (good: boolean, detail: string) => ({ good, detail, after });
    if (isSameProcess(facts, plannedFor(plan.before)))
      return verdict(false, `pid ${facts.pid} is still the old process`);
    if (facts.state === 'stopped') return verdict(false, `pid ${facts.pid} is stopped`);
    const uptimeMs = ctx.clock.now() - facts.startedAt;
    if (uptimeMs < leastUptimeMs)
      return verdict(false, `pid ${facts.pid} has run for ${formatDuration(uptimeMs)} only`);
    const silent = await silentPorts(plan.before, facts.pid);
    if (silent.length > 0)
      return verdict(false, `pid ${facts.pid} does not listen on ${silent.join(', ')} yet`);
    return verdict(
      true,
      `pid ${facts.pid} (${facts.name}) runs${plan.before.ports ? ` and listens on ${plan.before.ports}` : ''}`,
    );
  },
});

export function broken(count: number): NoPlan {
  return {
    refused: `breaker: ${count} restarts within ${formatDuration(breaker.withinMs)} did not help; find out why it ends`,
  };
}

/** What speaks against touching this process or starting another, whatever the policy allows. */
export async function refusalOf(conn: ProcessConnection, located: Located): Promise<string | undefined> {
  const { config } = conn;
  const facts = located.kind === 'found' ? located.facts : undefined;
  const isProtected = facts && (await protectedBecause(facts));
  if (isProtected !== undefined) return isProtected;
  const uid = facts?.uid ?? conn.lastSeen?.uid;
  const nextUid = startUid(config.user);
  if (uid !== undefined && nextUid !== undefined && uid !== nextUid) {
    return `it runs as user ${uid} and would be started as user ${nextUid}: declare \`user\``;
  }
  if (facts !== undefined) return undefined;
  const unnamed = await runsUnnamed(config, conn.folder);
  if (unnamed !== undefined) return wrongPidFile(resolve(conn.folder, config.pidFile ?? ''), unnamed);
  for (const port of lastPorts(conn)) {
    const holder = await processListeningOn('localhost', port);
    if (holder) return `its port ${port} is held by pid ${holder.pid} (${holder.name}); a start would fail`;
  }
  return undefined;
}

function planOf(
  conn: ProcessConnection,
  located: Exclude<Located, { kind: 'several' | 'unseen' }>,
  ports: readonly number[],
): Omit<Plan, 'action' | 'target' | 'input' | 'risk'> {
  const { config, folder } = conn;
  const facts: ProcessFacts | undefined = located.kind === 'found' ? located.facts : undefined;
  const command = describeCommand(config.start ?? []);
  const served = ports.length === 0 ? '' : `, listening on ${ports.join(', ')}`;
  return {
    summary: facts ? `restart pid ${facts.pid} (${facts.name})` : `start ${command}`,
    steps: [...(facts ? stopSteps(facts.pid, config.stopTimeout) : []), ...startSteps(config, folder)],
    before: {
      pid: facts?.pid ?? null,
      startTicks: facts?.startTicks ?? null,
      state: facts?.state ?? 'gone',
      detail: located.kind === 'gone' ? located.detail : `up since ${timestamp(facts?.startedAt ?? 0)}`,
      ports: ports.join(','),
    },
    expect: `another process runs for at least ${formatDuration(leastUptimeMs)}${served}`,
    undo: {
      possible: false,
      how: facts
        ? 'a process that was ended cannot be brought back; the new one is the same program'
        : 'nothing needs taking back: nothing is ended, and process.stop ends what is started',
    },
    subjects: ['process'],
    verifyWithinMs: 30_000,
    holdMs: 5_000,
  };
}

/** SIGTERM, then SIGKILL after the time it was given. SIGCONT lets a stopped process hear the SIGTERM. */
export async function end(
  planned: { pid: number; startTicks: number },
  stopTimeoutMs: number,
  ctx: ActionContext,
): Promise<string> {
  const startedAt = ctx.clock.monotonic();
  await signalExactly(planned, 'SIGTERM');
  await signalExactly(planned, 'SIGCONT');
  if (await endsWithin(planned, stopTimeoutMs, ctx)) {
    return `pid ${planned.pid} ended after ${formatDuration(ctx.clock.monotonic() - startedAt)}`;
  }
  await signalExactly(planned, 'SIGKILL');
  if (await endsWithin(planned, killWaitMs, ctx))
    return `pid ${planned.pid} did not end by itself and was killed`;
  throw new Error(
    `pid ${planned.pid} does not end even by SIGKILL: it waits in the kernel for a device (state D)`,
  );
}

async function endsWithin(
  planned: { pid: number; startTicks: number },
  ms: number,
  ctx: ActionContext,
): Promise<boolean> {
  const until = ctx.clock.monotonic() + ms;
  while (await isAlive(planned)) {
    if (ctx.clock.monotonic() >= until) return false;
    await ctx.clock.sleep(50, ctx.signal);
  }
  return true;
}

/** Ports of before that the new process, or a child of it, does not serve yet. */
async function silentPorts(before: Facts, pid: number): Promise<number[]> {
  const ports = String(before.ports ?? '')
    .split(',')
    .filter(Boolean)
    .map(Number);
  if (ports.length === 0) return [];
  const own = new Set(await portsOf(pid));
  const missing: number[] = [];
  for (const port of ports) {
    if (!own.has(port) && (await processListeningOn('localhost', port)) === undefined) missing.push(port);
  }
  return missing;
}
