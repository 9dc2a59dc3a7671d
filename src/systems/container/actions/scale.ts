import { z } from 'zod';
import { type ActionContext, defineAction, type Facts } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { mostCopies } from '../../../core/scaling/settings.ts';
import { dial } from '../../../machine/network/dial.ts';
import { inspectOurs } from '../answers.ts';
import { type ContainerConnection, destination } from '../client.ts';
import {
  type Copy,
  copiesOf,
  endCopy,
  isRunning,
  portOf,
  startCopy,
  stopSeconds,
  uncopied,
} from '../copies.ts';
import { containerInput } from './lifecycle.ts';

const input = containerInput.extend({
  copies: z
    .number()
    .int()
    .min(1)
    .max(mostCopies)
    .describe('How many shall run; within `min` and `max` of the container'),
});

/** One that cannot run mostly ends within its first seconds. */
const leastUptimeMs = 2_000;
const answerTimeoutMs = 1_000;

/** The lowest that are free are started, the highest that run are ended; the declared one last. */
function changesFor(copies: readonly Copy[], wanted: number) {
  const running = copies.filter(isRunning);
  return {
    starts: copies.filter((copy) => !isRunning(copy)).slice(0, Math.max(0, wanted - running.length)),
    ends: running.slice(Math.min(running.length, wanted)).toReversed(),
  };
}

function stepsFor(container: string, copies: readonly Copy[], wanted: number): string[] {
  const { starts, ends } = changesFor(copies, wanted);
  const image = copies[0]?.seen?.Image ?? '';
  return [
    ...starts.flatMap(({ index, name, seen }) => [
      ...(index === 0 || seen?.Image === image
        ? []
        : [`docker create --name ${name} with the settings of ${container} and its image ${image}`]),
      `docker start ${name}`,
    ]),
    ...ends.flatMap(({ index, name }) => [
      `docker stop -t ${stopSeconds} ${name}`,
      ...(index === 0 ? [] : [`docker rm ${name}`]),
    ]),
  ];
}

function stateOf(copies: readonly Copy[]): Facts {
  const running = copies.filter(isRunning);
  return {
    copies: running.length,
    running: running.map(({ name, seen }) => `${name}=${seen?.Id.slice(0, 12)}`).join(' '),
    image: copies[0]?.seen?.Image ?? null,
  };
}

export const scale = defineAction<ContainerConnection, typeof input>({
  id: 'container.scale',
  summary: 'Makes and starts, or ends and removes, copies of a declared container until so many run',
  risk: 'risky',
  input,
  privileges:
    'The socket of the engine, which is as much as root: setfacl -m u:upkeep:rw /var/run/docker.sock',

  async plan(conn, { container, copies: wanted }, ctx) {
    const bounds = conn.config.scale[container];
    if (bounds === undefined) return { refused: `no \`scale\` is declared for ${container}` };
    if (wanted < bounds.min || wanted > bounds.max)
      return {
        refused: `between ${bounds.min} and ${bounds.max} copies of ${container} may run (\`scale\`)`,
      };
    const first = await inspectOurs(conn, container, ctx.signal);
    if ('refused' in first) return first;
    const copies = await copiesOf(conn, container, ctx.signal);
    const running = copies.filter(isRunning).length;
    if (running === wanted) return { refused: `${count(wanted, 'copy runs', 'copies run')} already` };
    const refused = wanted > running ? await uncopied(conn, container, ctx.signal) : undefined;
    if (refused !== undefined) return { refused };
    return {
      summary: `${container} ${wanted > running ? 'out' : 'in'} from ${running} to ${count(wanted, 'copy', 'copies')}`,
      steps: stepsFor(container, copies, wanted),
      before: stateOf(copies),
      expect: `${count(wanted, 'copy runs', 'copies run')}${bounds.port === undefined ? '' : ', each answering on its port'}`,
      undo: {
        possible: running >= bounds.min,
        how:
          wanted > running
            ? 'as many copies are ended and removed, the last first'
            : 'as many copies are made anew; what the ended ones had in hand and wrote inside is lost',
      },
      subjects: [`container ${container}`],
      verifyWithinMs: 30_000,
      holdMs: 5_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { container, copies: wanted } = input.parse(plan.input);
    const copies = await copiesOf(conn, container, ctx.signal);
    if (copies.filter(isRunning).length === wanted)
      return `${count(wanted, 'copy runs', 'copies run')} already; nothing was done`;
    demandUnchanged(plan, stateOf(copies), 'what runs');
    demandSteps(plan, stepsFor(container, copies, wanted));
    return bring(conn, container, copies, wanted, ctx);
  },

  async verify(conn, plan, ctx) {
    const { container, copies: wanted } = input.parse(plan.input);
    const copies = await copiesOf(conn, container, ctx.signal);
    const after = stateOf(copies);
    const running = copies.filter(isRunning);
    if (running.length !== wanted)
      return { good: false, detail: `${running.length} of ${count(wanted, 'copy', 'copies')} run`, after };
    for (const copy of running) {
      const ill = await illBecause(conn, container, copy, ctx);
      if (ill !== undefined) return { good: false, detail: `${copy.name} ${ill}`, after };
    }
    return { good: true, detail: `${count(wanted, 'copy runs', 'copies run')}`, after };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { container } = input.parse(plan.input);
    const before = Number(plan.before.copies);
    const bounds = conn.config.scale[container];
    if (bounds === undefined || !(before >= bounds.min && before <= bounds.max))
      throw new Error(`${before} is not within the bounds of \`scale\``);
    const copies = await copiesOf(conn, container, ctx.signal);
    if (copies.filter(isRunning).length === before)
      return `${count(before, 'copy runs', 'copies run')} already`;
    return bring(conn, container, copies, before, ctx);
  },
});

/** A start that fails takes the others of this plan back: half a change is none that anybody planned. */
async function bring(
  conn: ContainerConnection,
  container: string,
  copies: readonly Copy[],
  wanted: number,
  ctx: ActionContext,
): Promise<string> {
  const { starts, ends } = changesFor(copies, wanted);
  const begun: Copy[] = [];
  try {
    for (const copy of starts) {
      begun.push(copy);
      await startCopy(conn, container, copy, ctx.signal);
    }
  } catch (error) {
    for (const copy of begun) await endCopy(conn, container, copy, ctx.signal).catch(() => {});
    throw error;
  }
  await Promise.all(ends.map((copy) => endCopy(conn, container, copy, ctx.signal)));
  return [
    ...starts.map(({ name }) => `${name} was started`),
    ...ends.map(({ name, index }) => `${name} was ended${index === 0 ? '' : ' and removed'}`),
  ].join('; ');
}

async function illBecause(
  conn: ContainerConnection,
  container: string,
  { index, seen }: Copy,
  ctx: ActionContext,
): Promise<string | undefined> {
  if (seen === undefined) return 'is gone';
  // The engine writes nanoseconds, which Date.parse takes.
  if (ctx.clock.now() - Date.parse(seen.State.StartedAt) < leastUptimeMs) return 'runs only just';
  const health = seen.State.Health?.Status ?? '';
  if (health === 'unhealthy' || health === 'starting') return `is ${health}`;
  const port = portOf(conn, container, index);
  if (port === undefined) return undefined;
  const host = destination(conn)?.host ?? 'localhost';
  return (await answers({ host, port }, ctx)) ? undefined : `does not answer on port ${port}`;
}

async function answers(
  to: { readonly host: string; readonly port: number },
  { clock, signal }: ActionContext,
): Promise<boolean> {
  const late = new AbortController();
  const cancel = clock.after(answerTimeoutMs, () => late.abort());
  try {
    const within = { signal: AbortSignal.any([signal, late.signal]), clock, timeoutMs: answerTimeoutMs };
    (await dial(to, within)).socket.destroy();
    return true;
  } catch {
    return false;
  } finally {
    cancel();
  }
}
