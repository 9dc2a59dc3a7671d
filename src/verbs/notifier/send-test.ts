import { z } from 'zod';
import { timestamp } from '../../clock.ts';
import type { Message } from '../../core/message.ts';
import { unknownName } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb, type VerbContext } from '../context.ts';

export const notifierTest = defineVerb({
  name: 'notifier.test',
  summary: 'Sends a test message by one channel at once and says what became of it',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /notifiers/:name/test',
  positional: ['name'],
  examples: ['upkeep notifier test team', 'upkeep notifier test mail --to ann'],
  input: z.object({
    name: z.string().describe('as it is called in upkeep.yaml'),
    to: z.string().default('').describe('a person of oncall.people; the channel as a whole where left out'),
  }),
  async run({ ctx, input: { name, to }, actor }) {
    const known = ctx.configuration().notifiers.map((one) => one.name);
    if (!known.includes(name)) {
      throw new UpkeepError('not-found', unknownName('notifier', name, known));
    }
    const began = ctx.clock.monotonic();
    const delivery = await ctx.notifications.sendNow(
      name,
      messageOf(ctx, actor.name, receiverOf(ctx, name, to)),
    );
    const ms = Math.round(ctx.clock.monotonic() - began);
    const ok = delivery?.kind === 'delivered';
    const detail = delivery !== null && 'detail' in delivery ? delivery.detail : 'delivered';
    await ctx.store.transaction((tx) =>
      journal.append(tx, {
        at: ctx.clock.now(),
        actor: actor.name,
        kind: 'notifier.tested',
        subject: `notifier:${name}`,
        payload: { notifier: name, ok, detail, ...(to === '' ? {} : { to }) },
      }),
    );
    ctx.changed();
    return { ok, notifier: name, to: to === '' ? null : to, detail, ms };
  },
});

function receiverOf(ctx: VerbContext, name: string, to: string): Message['to'] {
  if (to === '') return undefined;
  const { people } = ctx.configuration().oncall;
  const person = people.find(({ id }) => id === to);
  if (!person) {
    const all = people.map(({ id }) => id).join(', ') || 'nobody';
    throw new UpkeepError('not-found', `nobody is called ${to}; oncall.people has ${all}`);
  }
  const address = person.reach[name];
  if (address === undefined)
    throw new UpkeepError('bad-input', `${to} has no address for ${name}; write it into reach`);
  return { person: to, address };
}

function messageOf(ctx: VerbContext, by: string, to: Message['to']): Message {
  const { name } = ctx.configuration();
  return {
    version: 1,
    event: 'test',
    key: `test:${ctx.newId()}`,
    at: timestamp(ctx.clock.now()),
    source: name,
    notice: {
      title: `Upkeep of ${name} can reach you here`,
      markdown: `This is a test, sent by ${by}. Incidents, approvals and reports arrive the same way.`,
    },
    ...(to ? { to } : {}),
    url: ctx.baseUrl(),
  };
}
