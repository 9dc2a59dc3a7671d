import { z } from 'zod';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { deadLettersOf, nameOf, type Queue } from '../answers.ts';
import { ask, type RabbitmqConnection } from '../client.ts';
import { catchMessage, catchWithinMs, onChannel, printOf } from '../messages.ts';
import { askQueues } from '../rates.ts';

const input = z.strictObject({
  queue: z.string().min(1).max(300).describe('Queue, with its virtual host before it where that is not /'),
});

/** Below this it is no message that goes round. */
const leastRedeliveries = 1;

export const movePoisonMessage = defineAction<RabbitmqConnection, typeof input>({
  id: 'rabbitmq.move-poison-message',
  summary: 'Moves one message that goes round without end to where the queue sends its dead letters',
  risk: 'risky',
  input,
  privileges: 'rabbitmqctl set_permissions -p / upkeep "" "" "^(jobs)$" (read on that queue), tag monitoring',

  async plan(conn, { queue: name }, ctx) {
    const queue = await queueNamed(conn, name, ctx);
    if (queue === undefined) return { refused: `there is no queue ${name}` };
    const redelivered = queue.message_stats?.redeliver_details.rate ?? 0;
    if (redelivered < leastRedeliveries) return { refused: `nothing goes round in ${name} now` };
    const goesTo = await whereDeadLettersGo(conn, queue, ctx);
    if ('refused' in goesTo) return goesTo;
    const print = await onChannel(conn, queue.vhost, ctx.signal, async (channel) => {
      const seen = await catchMessage(channel, queue.name, ({ fields }) => fields.redelivered, ctx);
      return seen && printOf(seen);
    });
    if (print === undefined)
      return { refused: `no redelivered message of ${name} could be seen within ${catchWithinMs / 1_000} s` };
    return {
      summary: `move one message of ${name} to ${goesTo.place}`,
      steps: stepsOf(name, print),
      before: { message: print, messages: queue.messages, redelivered, goesTo: goesTo.place },
      expect: `what is redelivered in ${name} falls below half of ${redelivered}/s`,
      undo: {
        possible: false,
        how: `nothing is lost: the message lies in ${goesTo.place} and can be published again from there when its consumer is mended`,
      },
      verifyWithinMs: 30_000,
      holdMs: 15_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { queue: name } = input.parse(plan.input);
    const print = String(plan.before.message);
    demandSteps(plan, stepsOf(name, print));
    const queue = await queueNamed(conn, name, ctx);
    if (queue === undefined) throw new Error(`there is no queue ${name} any more`);
    const goesTo = await whereDeadLettersGo(conn, queue, ctx);
    if ('refused' in goesTo) throw new Error(goesTo.refused);
    return onChannel(conn, queue.vhost, ctx.signal, async (channel) => {
      const message = await catchMessage(channel, queue.name, (one) => printOf(one) === print, ctx);
      if (message === undefined) return `the message ${print} is not in ${name} any more; nothing was moved`;
      // The broker itself moves it: at no moment is it nowhere.
      channel.nack(message, false, false);
      return `one message of ${name} was moved to ${goesTo.place}`;
    });
  },

  async verify(conn, plan, ctx) {
    const { queue: name } = input.parse(plan.input);
    const queue = await queueNamed(conn, name, ctx);
    const redelivered = queue?.message_stats?.redeliver_details.rate ?? 0;
    const before = Number(plan.before.redelivered);
    return {
      good: queue !== undefined && redelivered < before / 2,
      detail: `${redelivered}/s are redelivered in ${name}, ${before}/s before`,
      after: { messages: queue?.messages ?? null, redelivered },
    };
  },
});

function stepsOf(queue: string, print: string): string[] {
  return [
    `consume ${queue} before all others until the message ${print} is there, the others go back`,
    `basic.reject ${print} requeue=false`,
  ];
}

async function queueNamed(
  conn: RabbitmqConnection,
  name: string,
  ctx: ActionContext,
): Promise<Queue | undefined> {
  return (await askQueues(conn, ctx.signal, ctx.clock)).find((queue) => nameOf(queue) === name);
}

/** A queue whose dead letters would be dropped loses the message, so it is refused. */
async function whereDeadLettersGo(
  conn: RabbitmqConnection,
  queue: Queue,
  ctx: ActionContext,
): Promise<{ place: string } | { refused: string }> {
  const to = deadLettersOf(queue);
  if (to === undefined)
    return {
      refused: `${nameOf(queue)} names no dead-letter exchange, so the message would be lost: rabbitmqctl set_policy dead "^${queue.name}$" '{"dead-letter-exchange":"","dead-letter-routing-key":"${queue.name}.dead"}' --apply-to queues`,
    };
  if (to.exchange === '') {
    const key = to.key ?? queue.name;
    const all = await askQueues(conn, ctx.signal, ctx.clock);
    const isThere = key !== queue.name && all.some((one) => one.vhost === queue.vhost && one.name === key);
    return isThere
      ? { place: key }
      : { refused: `its dead letters go to the queue ${key}, which does not keep them` };
  }
  const path = `exchanges/${encodeURIComponent(queue.vhost)}/${encodeURIComponent(to.exchange)}/bindings/source`;
  const bound = await ask(conn, path, z.array(z.object({ destination: z.string() })), ctx.signal);
  return bound.length === 0
    ? { refused: `nothing is bound to its dead-letter exchange ${to.exchange}, so the message would be lost` }
    : { place: bound.map(({ destination }) => destination).join(', ') };
}
