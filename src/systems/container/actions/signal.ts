import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { type HandledSignal, handledSignals, handlesSignal } from '../../../machine/signals.ts';
import { type Inspected, inspect, inspectOurs } from '../answers.ts';
import { type ContainerConnection, call, destination } from '../client.ts';
import { containerInput } from './lifecycle.ts';

const input = containerInput.extend({
  signal: z
    .enum(handledSignals)
    .describe('What it means is up to the program: SIGHUP mostly reads the configuration anew'),
});

const stepOf = (container: string, signal: HandledSignal) => `docker kill --signal ${signal} ${container}`;

export const signal = defineAction<ContainerConnection, typeof input>({
  id: 'container.signal',
  summary: 'Sends the first process of a container a signal that it handles itself, such as SIGHUP',
  risk: 'risky',
  input,
  privileges:
    'The socket of the engine, which is as much as root: setfacl -m u:upkeep:rw /var/run/docker.sock',

  async plan(conn, { container, signal: name }, ctx) {
    const now = await inspectOurs(conn, container, ctx.signal);
    if ('refused' in now) return now;
    if (now.State.Status !== 'running') return { refused: `${container} is ${now.State.Status}` };
    const refused = await refusedFor(conn, now, name);
    if (refused !== undefined) return { refused };
    return {
      summary: `send ${name} to ${container}`,
      steps: [stepOf(container, name)],
      before: { id: now.Id, startedAt: now.State.StartedAt },
      expect: 'the same process goes on',
      undo: { possible: false, how: 'what a signal does is up to the program' },
      subjects: [`container ${container}`],
      verifyWithinMs: 5_000,
      holdMs: 3_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { container, signal: name } = input.parse(plan.input);
    demandSteps(plan, [stepOf(container, name)]);
    const now = await inspect(conn, container, ctx.signal);
    demandUnchanged(plan, { id: now.Id, startedAt: now.State.StartedAt }, container);
    const refused = await refusedFor(conn, now, name);
    if (refused !== undefined) throw new Error(refused);
    await call(conn, 'POST', `/containers/${now.Id}/kill?signal=${name}`, ctx.signal);
    return `${name} was sent to ${container}`;
  },

  async verify(conn, plan, ctx) {
    const { container } = input.parse(plan.input);
    const { State } = await inspect(conn, container, ctx.signal);
    const good = State.Status === 'running' && State.StartedAt === plan.before.startedAt;
    const detail = good
      ? `${container} goes on`
      : `${container} is ${State.Status}, started ${State.StartedAt}`;
    return { good, detail, after: { status: State.Status, startedAt: State.StartedAt } };
  },
});

/** The pid of another machine's engine is none of this one: there the program cannot be asked. */
async function refusedFor(
  conn: ContainerConnection,
  { Name, State }: Inspected,
  name: HandledSignal,
): Promise<string | undefined> {
  if (destination(conn) !== undefined)
    return `${Name} runs on another machine, where it cannot be seen whether it handles ${name}`;
  return (await handlesSignal(State.Pid, name))
    ? undefined
    : `the first process of ${Name} does not handle ${name}, or Upkeep may not see it (pid ${State.Pid})`;
}
