import { z } from 'zod';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { describeCommand } from '../../../machine/processes.ts';
import { handledSignals, handlesSignal } from '../../../machine/signals.ts';
import { lastPorts, type ProcessConnection } from '../connection.ts';
import { locate, protectedBecause } from '../locate.ts';
import { isAlive, isSameProcess, plannedFor, signalExactly } from './identity.ts';
import { breaker, broken, end, refusalOf, restart } from './restart.ts';
import { startDeclared } from './start.ts';
import { startSteps, stopSteps } from './steps.ts';

const empty = z.strictObject({});
const signalInput = z.strictObject({
  signal: z
    .enum(handledSignals)
    .describe('What it means is up to the program: SIGHUP mostly reads the configuration anew'),
});

/** The process that a plan was made for, found again. @throws when it is another one or none */
async function same(conn: ProcessConnection, before: Parameters<typeof plannedFor>[0]) {
  const planned = plannedFor(before);
  const located = await locate(conn.config, conn.folder);
  if (planned === undefined || located.kind !== 'found' || !isSameProcess(located.facts, planned))
    throw new Error(`pid ${String(before.pid)} is not the process of the plan any more; nothing was done`);
  return planned;
}

export async function startOnce(conn: ProcessConnection, ctx: ActionContext): Promise<string> {
  const located = await locate(conn.config, conn.folder);
  if (located.kind === 'found') return `pid ${located.facts.pid} runs already; nothing was done`;
  if (located.kind !== 'gone') throw new Error(located.detail);
  const refused = await refusalOf(conn, located);
  if (refused !== undefined) throw new Error(refused);
  conn.restarts.push(ctx.clock.now());
  conn.restarts.splice(0, conn.restarts.length - breaker.most);
  return `started as pid ${await startDeclared(conn, ctx.clock)}`;
}

export const start = defineAction<ProcessConnection, typeof empty>({
  id: 'process.start',
  summary: 'Starts the declared process where it does not run',
  risk: 'safe',
  mends: true,
  input: empty,
  privileges: 'The user that it runs as, or root (CAP_SETUID where `user` is declared)',

  async plan(conn, _, ctx) {
    if (conn.config.start === undefined) return { refused: 'no `start` is declared for it' };
    const recent = conn.restarts.filter((at) => ctx.clock.now() - at < breaker.withinMs);
    if (recent.length >= breaker.most) return broken(recent.length);
    const located = await locate(conn.config, conn.folder);
    if (located.kind === 'found') return { refused: `pid ${located.facts.pid} runs already` };
    if (located.kind !== 'gone') return { refused: located.detail };
    const refused = await refusalOf(conn, located);
    if (refused !== undefined) return { refused };
    return {
      summary: `start ${describeCommand(conn.config.start)}`,
      steps: startSteps(conn.config, conn.folder),
      before: { pid: null, startTicks: null, ports: lastPorts(conn).join(',') },
      expect: 'it runs for at least 2s and serves its ports of before',
      undo: { possible: false, how: 'nothing needs taking back: process.stop ends it' },
      subjects: ['process'],
      verifyWithinMs: 30_000,
      holdMs: 5_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    demandSteps(plan, startSteps(conn.config, conn.folder));
    return startOnce(conn, ctx);
  },

  verify: (conn, plan, ctx) => restart.verify(conn, plan, ctx),
});

export const stop = defineAction<ProcessConnection, typeof empty>({
  id: 'process.stop',
  summary: 'Ends the declared process: SIGTERM, SIGKILL after `stopTimeout`',
  risk: 'risky',
  stops: 'target',
  input: empty,
  privileges: 'The same user as the process, or root (CAP_KILL)',

  async plan(conn) {
    const located = await locate(conn.config, conn.folder);
    if (located.kind !== 'found') return { refused: located.detail };
    const { facts } = located;
    const refused = await protectedBecause(facts);
    if (refused !== undefined) return { refused };
    const canStart = conn.config.start !== undefined;
    return {
      summary: `stop pid ${facts.pid} (${facts.name})`,
      steps: stopSteps(facts.pid, conn.config.stopTimeout),
      before: { pid: facts.pid, startTicks: facts.startTicks, state: facts.state },
      expect: 'it does not run any more',
      undo: {
        possible: canStart,
        how: canStart
          ? 'it is started again; work in progress is lost'
          : 'no `start` is declared, so nothing starts it again',
      },
      subjects: ['process'],
      verifyWithinMs: 25_000,
      holdMs: 3_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const planned = plannedFor(plan.before);
    demandSteps(plan, planned === undefined ? [] : stopSteps(planned.pid, conn.config.stopTimeout));
    if (planned !== undefined && !(await isAlive(planned))) return `pid ${planned.pid} has ended already`;
    return end(await same(conn, plan.before), conn.config.stopTimeout, ctx);
  },

  async verify(conn) {
    const located = await locate(conn.config, conn.folder);
    return located.kind === 'gone'
      ? { good: true, detail: located.detail }
      : { good: false, detail: located.kind === 'found' ? `pid ${located.facts.pid} runs` : located.detail };
  },

  async undo(conn, _, permit, ctx) {
    demandPermit(permit);
    return startOnce(conn, ctx);
  },
});

export const signal = defineAction<ProcessConnection, typeof signalInput>({
  id: 'process.signal',
  summary:
    'Sends the declared process a signal that it handles itself, such as SIGHUP to read its configuration anew',
  risk: 'risky',
  input: signalInput,
  privileges: 'The same user as the process, or root (CAP_KILL)',

  async plan(conn, input) {
    const located = await locate(conn.config, conn.folder);
    if (located.kind !== 'found') return { refused: located.detail };
    const { facts } = located;
    const refused = await protectedBecause(facts);
    if (refused !== undefined) return { refused };
    if (!(await handlesSignal(facts.pid, input.signal)))
      return {
        refused: `pid ${facts.pid} (${facts.name}) does not handle ${input.signal}, which would end it or do nothing`,
      };
    return {
      summary: `send ${input.signal} to pid ${facts.pid} (${facts.name})`,
      steps: [stepOf(input.signal, facts.pid)],
      before: { pid: facts.pid, startTicks: facts.startTicks, state: facts.state },
      expect: 'the same process goes on',
      undo: { possible: false, how: 'what a signal does is up to the program' },
      subjects: ['process'],
      verifyWithinMs: 5_000,
      holdMs: 3_000,
    };
  },

  async apply(conn, plan, permit) {
    demandPermit(permit);
    const input = signalInput.parse(plan.input);
    demandSteps(plan, [stepOf(input.signal, Number(plan.before.pid))]);
    const planned = await same(conn, plan.before);
    if (!(await handlesSignal(planned.pid, input.signal)))
      throw new Error(`pid ${planned.pid} does not handle ${input.signal} any more`);
    if (!(await signalExactly(planned, input.signal))) throw new Error(`pid ${planned.pid} has ended`);
    return `${input.signal} sent to pid ${planned.pid}`;
  },

  async verify(_, plan) {
    const planned = plannedFor(plan.before);
    const good = planned !== undefined && (await isAlive(planned));
    return { good, detail: `pid ${planned?.pid} ${good ? 'goes on' : 'has ended'}` };
  },
});

const stepOf = (name: string, pid: number) => `kill -${name.slice(3)} ${pid}`;
