import { z } from 'zod';
import { type ActionContext, defineAction, type Facts } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { mostCopies } from '../../../core/scaling/settings.ts';
import { formatDuration } from '../../../core/time.ts';
import { processListeningOn } from '../../../machine/listeners.ts';
import { readMemory } from '../../../machine/memory.ts';
import { dial } from '../../../machine/network/dial.ts';
import type { ProcessFacts } from '../../../machine/processes.ts';
import type { ProcessConnection } from '../connection.ts';
import { locate, protectedBecause } from '../locate.ts';
import { startOnce } from './lifecycle.ts';
import { breaker, end, refusalOf } from './restart.ts';
import { startSteps, stopSteps } from './steps.ts';

const input = z.strictObject({
  copies: z
    .number()
    .int()
    .min(1)
    .max(mostCopies)
    .describe('How many shall run; within `min` and `max` of the target'),
});

/** One that cannot run mostly ends within its first seconds. */
const leastUptimeMs = 2_000;
const answerTimeoutMs = 1_000;

interface Copy {
  readonly index: number;
  readonly conn: ProcessConnection;
  /** Undefined where it does not run. */
  readonly facts: ProcessFacts | undefined;
}

/** @throws for a copy of which nobody knows whether it runs */
async function look(conn: ProcessConnection): Promise<Copy[]> {
  return Promise.all(
    conn.copies.map(async (copy, index) => {
      const located = await locate(copy.config, copy.folder);
      if (located.kind === 'several' || located.kind === 'unseen') throw new Error(located.detail);
      return { index, conn: copy, facts: located.kind === 'found' ? located.facts : undefined };
    }),
  );
}

const runningOf = (copies: readonly Copy[]) => copies.filter(({ facts }) => facts !== undefined);

/** The lowest that are free are started, the highest that run are ended. */
function changesFor(copies: readonly Copy[], wanted: number) {
  const running = runningOf(copies);
  return {
    starts: copies.filter(({ facts }) => facts === undefined).slice(0, Math.max(0, wanted - running.length)),
    ends: running.slice(Math.min(running.length, wanted)).toReversed(),
  };
}

function stepsFor(copies: readonly Copy[], wanted: number): string[] {
  const { starts, ends } = changesFor(copies, wanted);
  return [
    ...starts.flatMap(({ conn }) => startSteps(conn.config, conn.folder)),
    ...ends.flatMap(({ conn, facts }) => stopSteps(facts?.pid ?? 0, conn.config.stopTimeout)),
  ];
}

/** Each copy by pid and start: another process in its place is another state. */
function stateOf(copies: readonly Copy[]): Facts {
  const running = runningOf(copies);
  return {
    copies: running.length,
    running: running.map(({ index, facts }) => `${index}=${facts?.pid}/${facts?.startTicks}`).join(' '),
  };
}

export const scale = defineAction<ProcessConnection, typeof input>({
  id: 'process.scale',
  summary: 'Starts or ends copies of the declared process until so many run',
  risk: 'risky',
  input,
  privileges: 'The user that it runs as, or root (CAP_KILL, CAP_SETUID where `user` is declared)',

  async plan(conn, { copies: wanted }, ctx) {
    const { scale: bounds } = conn.config;
    if (bounds === undefined) return { refused: 'no `scale` is declared for it' };
    if (wanted < bounds.min || wanted > bounds.max)
      return { refused: `between ${bounds.min} and ${bounds.max} copies may run (\`scale\`)` };
    const copies = await look(conn);
    const running = runningOf(copies).length;
    if (running === wanted) return { refused: `${count(wanted, 'copy runs', 'copies run')} already` };
    const refused = await refusedFor(copies, wanted, ctx);
    if (refused !== undefined) return { refused };
    const isOut = wanted > running;
    return {
      summary: `${isOut ? 'out' : 'in'} from ${running} to ${count(wanted, 'copy', 'copies')}`,
      steps: stepsFor(copies, wanted),
      before: stateOf(copies),
      expect: `${count(wanted, 'copy runs', 'copies run')} for at least ${formatDuration(leastUptimeMs)}${bounds.port === undefined ? '' : ', each answering on its port'}`,
      undo: {
        possible: running >= bounds.min,
        how: isOut
          ? 'as many copies are ended again, the last first'
          : 'as many copies are started again; what the ended ones had in hand is lost',
      },
      subjects: ['process'],
      verifyWithinMs: 30_000,
      holdMs: 5_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { copies: wanted } = input.parse(plan.input);
    const copies = await look(conn);
    if (runningOf(copies).length === wanted) {
      return `${count(wanted, 'copy runs', 'copies run')} already; nothing was done`;
    }
    demandUnchanged(plan, stateOf(copies), 'what runs');
    demandSteps(plan, stepsFor(copies, wanted));
    return bring(copies, wanted, ctx);
  },

  async verify(conn, plan, ctx) {
    const { copies: wanted } = input.parse(plan.input);
    const copies = await look(conn);
    const after = stateOf(copies);
    const running = runningOf(copies);
    if (running.length !== wanted)
      return { good: false, detail: `${running.length} of ${count(wanted, 'copy', 'copies')} run`, after };
    for (const copy of running) {
      const ill = await illBecause(copy, ctx);
      if (ill !== undefined) return { good: false, detail: `copy ${copy.index} ${ill}`, after };
    }
    return {
      good: true,
      detail: `${count(wanted, 'copy runs', 'copies run')} and ${wanted === 1 ? 'answers' : 'answer'}`,
      after,
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const before = Number(plan.before.copies);
    const { scale: bounds } = conn.config;
    if (bounds === undefined || !(before >= bounds.min && before <= bounds.max))
      throw new Error(`${before} is not within the bounds of \`scale\``);
    const copies = await look(conn);
    if (runningOf(copies).length === before) return `${count(before, 'copy runs', 'copies run')} already`;
    return bring(copies, before, ctx);
  },
});

/** What began and did not come to its end is ended again: half a change is none that anybody planned. */
async function bring(copies: readonly Copy[], wanted: number, ctx: ActionContext): Promise<string> {
  const { starts, ends } = changesFor(copies, wanted);
  const begun = await Promise.allSettled(
    starts.map(async ({ index, conn }) => `copy ${index} ${await startOnce(conn, ctx)}`),
  );
  const failed = begun.find((one) => one.status === 'rejected');
  if (failed) {
    await Promise.allSettled(starts.map(({ conn }) => endStarted(conn, ctx)));
    throw failed.reason;
  }
  const ended = await Promise.all(
    ends.map(async ({ index, conn, facts }) =>
      facts === undefined ? '' : `copy ${index}: ${await end(facts, conn.config.stopTimeout, ctx)}`,
    ),
  );
  return [...begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])), ...ended].join('; ');
}

async function endStarted(conn: ProcessConnection, ctx: ActionContext): Promise<void> {
  const located = await locate(conn.config, conn.folder);
  if (located.kind === 'found' && located.facts.pid === conn.lastStart?.pid)
    await end(located.facts, conn.config.stopTimeout, ctx);
}

async function refusedFor(
  copies: readonly Copy[],
  wanted: number,
  ctx: ActionContext,
): Promise<string | undefined> {
  const { starts, ends } = changesFor(copies, wanted);
  for (const { facts } of ends) {
    const refused = facts && (await protectedBecause(facts));
    if (refused !== undefined) return refused;
  }
  for (const { index, conn } of starts) {
    const recent = conn.restarts.filter((at) => ctx.clock.now() - at < breaker.withinMs);
    if (recent.length >= breaker.most)
      return `breaker: copy ${index} was started ${recent.length} times within ${formatDuration(breaker.withinMs)} and did not stay; find out why it ends`;
    const refused = await refusalOf(conn, { kind: 'gone', detail: '' });
    if (refused !== undefined) return refused;
    const port = portOf({ index, conn });
    const holder = port === undefined ? undefined : await processListeningOn('localhost', port);
    if (holder) return `port ${port} of copy ${index} is held by pid ${holder.pid} (${holder.name})`;
  }
  return starts.length === 0 ? undefined : withoutMemory(runningOf(copies), starts.length);
}

/** Copies that the kernel would have to kill somebody for are worse than a load that is too high. */
async function withoutMemory(running: readonly Copy[], more: number): Promise<string | undefined> {
  const memory = await readMemory().catch(() => undefined);
  const largest = Math.max(0, ...running.map(({ facts }) => facts?.resident ?? 0));
  if (memory === undefined || largest * more <= memory.available) return undefined;
  const mib = (bytes: number) => `${Math.round(bytes / 1_048_576)} MiB`;
  return `${count(more, 'more copy', 'more copies')} of ${mib(largest)} would not fit into the ${mib(memory.available)} of memory that can be had`;
}

function portOf({ index, conn }: Pick<Copy, 'index' | 'conn'>): number | undefined {
  const first = conn.config.scale?.port;
  return first === undefined ? undefined : first + index;
}

async function illBecause(copy: Copy, ctx: ActionContext): Promise<string | undefined> {
  const { facts } = copy;
  if (facts === undefined) return 'does not run';
  if (facts.state === 'stopped') return 'is stopped';
  const uptimeMs = ctx.clock.now() - facts.startedAt;
  if (uptimeMs < leastUptimeMs) return `has run for ${formatDuration(uptimeMs)} only`;
  const port = portOf(copy);
  if (port === undefined) return undefined;
  return (await answers(port, ctx)) ? undefined : `does not answer on port ${port}`;
}

async function answers(port: number, { clock, signal }: ActionContext): Promise<boolean> {
  const late = new AbortController();
  const cancel = clock.after(answerTimeoutMs, () => late.abort());
  try {
    const within = { signal: AbortSignal.any([signal, late.signal]), clock, timeoutMs: answerTimeoutMs };
    const { socket } = await dial({ host: 'localhost', port }, within);
    socket.destroy();
    return true;
  } catch {
    return false;
  } finally {
    cancel();
  }
}
