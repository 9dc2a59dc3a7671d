import { z } from 'zod';
import { type Action, defineAction, type Risk } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { type Inspected, inspect, inspectOurs } from '../answers.ts';
import { type ContainerConnection, call } from '../client.ts';

export const containerInput = z.strictObject({
  container: z
    .string()
    .regex(/^[\w][\w.-]*$/)
    .max(200)
    .describe('Name of the container'),
});
const input = containerInput;

interface Way {
  readonly name: 'start' | 'stop' | 'restart' | 'resume';
  readonly summary: string;
  readonly risk: Risk;
  /** In which states it makes sense. */
  readonly from: readonly string[];
  readonly call: string;
  readonly command: string;
  readonly expect: string;
  readonly undo: { readonly possible: boolean; readonly how: string };
  /** What takes it back, as a call. */
  readonly back?: string;
  isDone(now: Inspected, startedAt: string): boolean;
}

/** After three starts in ten minutes a fourth would not help either. */
const breaker = { most: 3, withinMs: 600_000 };
/** A container that cannot run mostly ends within its first seconds. */
const leastUptimeMs = 2_000;
const stopSeconds = 10;
const recent = new WeakMap<ContainerConnection, number[]>();

const ways: readonly Way[] = [
  {
    name: 'start',
    summary: 'Starts a container that does not run',
    risk: 'safe',
    from: ['exited', 'created', 'stopped', 'configured'],
    call: 'start',
    command: 'start',
    expect: 'it runs and stays up',
    undo: { possible: true, how: 'it is stopped again' },
    back: `stop?t=${stopSeconds}`,
    isDone: ({ State }) => State.Status === 'running',
  },
  {
    name: 'stop',
    summary: `Stops a container: SIGTERM, SIGKILL after ${stopSeconds} s`,
    risk: 'risky',
    from: ['running', 'restarting'],
    call: `stop?t=${stopSeconds}`,
    command: `stop -t ${stopSeconds}`,
    expect: 'it does not run any more',
    undo: { possible: true, how: 'it is started again; what it did is interrupted' },
    back: 'start',
    isDone: ({ State }) => ['exited', 'stopped', 'created'].includes(State.Status),
  },
  {
    name: 'restart',
    summary: `Restarts a container: SIGTERM, SIGKILL after ${stopSeconds} s, then a start`,
    risk: 'risky',
    from: ['running', 'exited', 'stopped', 'restarting', 'paused'],
    call: `restart?t=${stopSeconds}`,
    command: `restart -t ${stopSeconds}`,
    expect: 'it was started anew and stays up',
    undo: {
      possible: false,
      how: 'a process that was ended cannot be brought back; the new one is of the same image',
    },
    isDone: ({ State }, before) => State.Status === 'running' && State.StartedAt !== before,
  },
  {
    name: 'resume',
    summary: 'Wakes a container that was paused',
    risk: 'safe',
    from: ['paused'],
    call: 'unpause',
    command: 'unpause',
    expect: 'the same processes run again',
    undo: { possible: false, how: 'nothing needs taking back: it goes on where it was' },
    isDone: ({ State }) => State.Status === 'running',
  },
];

export const lifecycle = ways.map(actionOf);

function actionOf(way: Way): Action<ContainerConnection, typeof input> {
  const stepsOf = (container: string) => [`docker ${way.command} ${container}`];
  const { back } = way;
  return defineAction<ContainerConnection, typeof input>({
    id: `container.${way.name}`,
    summary: way.summary,
    risk: way.risk,
    ...(way.name === 'stop' ? { stops: 'part' as const } : {}),
    ...(way.name === 'start' || way.name === 'resume' ? { mends: true as const } : {}),
    input,
    privileges:
      'The socket of the engine, which is as much as root: setfacl -m u:upkeep:rw /var/run/docker.sock',

    async plan(conn, { container }, ctx) {
      const now = await inspectOurs(conn, container, ctx.signal);
      if ('refused' in now) return now;
      if (!way.from.includes(now.State.Status)) return { refused: `${container} is ${now.State.Status}` };
      const times = (recent.get(conn) ?? []).filter((at) => ctx.clock.now() - at < breaker.withinMs);
      if (isStarting(way) && times.length >= breaker.most)
        return {
          refused: `breaker: ${breaker.most} starts within ten minutes did not help; find out why it ends`,
        };
      return {
        summary: `${way.name} ${container} (${now.State.Status})`,
        steps: stepsOf(container),
        before: {
          id: now.Id,
          status: now.State.Status,
          startedAt: now.State.StartedAt,
          exitCode: now.State.ExitCode,
        },
        expect: way.expect,
        undo: way.undo,
        subjects: [`container ${container}`],
        verifyWithinMs: 30_000,
        holdMs: 5_000,
        ...(way.name === 'restart' || way.name === 'stop' ? { downtimeMs: stopSeconds * 1_000 } : {}),
      };
    },

    async apply(conn, plan, permit, ctx) {
      demandPermit(permit);
      const { container } = input.parse(plan.input);
      demandSteps(plan, stepsOf(container));
      const now = await inspect(conn, container, ctx.signal);
      demandUnchanged(plan, { id: now.Id }, container);
      if (way.isDone(now, String(plan.before.startedAt)))
        return `${container} is ${now.State.Status} already`;
      if (isStarting(way))
        recent.set(conn, [...(recent.get(conn) ?? []), ctx.clock.now()].slice(-breaker.most));
      await call(conn, 'POST', `/containers/${now.Id}/${way.call}`, ctx.signal);
      return `docker ${way.command} ${container} was done`;
    },

    async verify(conn, plan, ctx) {
      const { container } = input.parse(plan.input);
      const now = await inspect(conn, container, ctx.signal);
      const after = {
        status: now.State.Status,
        exitCode: now.State.ExitCode,
        startedAt: now.State.StartedAt,
      };
      const isDone = way.isDone(now, String(plan.before.startedAt));
      // The engine writes nanoseconds, which Date.parse takes.
      const isYoung =
        isStarting(way) && isDone && ctx.clock.now() - Date.parse(now.State.StartedAt) < leastUptimeMs;
      const isIll = now.State.Health?.Status === 'unhealthy';
      const told = isYoung ? ', only just' : isIll ? ', and its health check fails' : '';
      return {
        good: isDone && !isYoung && !isIll,
        detail: `${container} is ${now.State.Status}${told}`,
        after,
      };
    },

    ...(back === undefined
      ? {}
      : {
          async undo(conn, plan, permit, ctx) {
            demandPermit(permit);
            const { container } = input.parse(plan.input);
            await call(conn, 'POST', `/containers/${String(plan.before.id)}/${back}`, ctx.signal);
            return `${container} is as before: ${back.split('?')[0]}`;
          },
        }),
  });
}

function isStarting({ name }: Way): boolean {
  return name === 'start' || name === 'restart';
}
