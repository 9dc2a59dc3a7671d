import { z } from 'zod';
import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { exchange, judge, loadClient } from '../../wire/exchange.ts';
import { apiUrl, secretText } from '../../wire/settings.ts';
import { eventsOf } from './events.ts';
import { receive } from './receive.ts';

const config = z.strictObject({
  routingKey: secretText.describe('Integration key of an Events API v2 integration'),
  webhookSecret: secretText
    .optional()
    .describe('Of a webhook subscription (v3), so that acknowledging and resolving there counts here'),
  url: apiUrl('https://events.pagerduty.com').describe('https://events.eu.pagerduty.com for Europe'),
});

export const pagerduty = defineNotifier({
  kind: 'pagerduty',
  isPager: true,
  tracksIncidents: () => true,
  load: loadClient,
  summary: 'Triggers, acknowledges and resolves one PagerDuty alert for an incident, both ways',
  config,
  send: deliver,
  receive: ({ webhookSecret }, callback) => receive(webhookSecret, callback),
});

async function deliver(
  { url, routingKey }: z.output<typeof config>,
  message: Message,
  ctx: NotifierContext,
): Promise<Delivery> {
  const events = eventsOf(message, ctx.timezone);
  if (events.length === 0) return { kind: 'delivered', isFolded: true };
  for (const event of events) {
    const answer = await exchange(ctx, {
      url: `${url.replace(/\/$/, '')}/v2/enqueue`,
      json: { routing_key: routingKey, ...event },
    });
    if (answer.kind === 'failure') return answer.delivery;
    const delivery = judge(
      answer,
      ctx.clock.now(),
      'is the routing key that of an Events API v2 integration?',
    );
    if (delivery.kind !== 'delivered') return delivery;
  }
  return { kind: 'delivered' };
}
