import { z } from 'zod';
import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { exchange, isPassing, jsonOf, judge, loadClient, retryOf } from '../../wire/exchange.ts';
import { webAddress } from '../../wire/settings.ts';
import { isKept, storyOf } from '../../wire/story.ts';
import { bodyOf } from './embed.ts';

const config = z.strictObject({
  url: webAddress.describe('Address of a webhook of the channel; kept secret but for its host'),
});

export const discord = defineNotifier({
  kind: 'discord',
  load: loadClient,
  summary: 'One Discord message for an incident, updated in place through a webhook of the channel',
  config,
  takesCause: () => 'in-place',
  send: deliver,
});

async function deliver(
  { url }: z.output<typeof config>,
  message: Message,
  ctx: NotifierContext,
): Promise<Delivery> {
  const json = bodyOf(message, storyOf(message, ctx.timezone));
  const id = isKept(message) ? ctx.thread?.message : undefined;
  if (id !== undefined) {
    const place = new URL(url);
    place.pathname = `${place.pathname.replace(/\/$/, '')}/messages/${encodeURIComponent(id)}`;
    const updated = await exchange(ctx, { url: place.href, method: 'PATCH', json });
    if (updated.kind === 'failure') return updated.delivery;
    // 404: somebody removed the message. An update makes no sound, so a call is a message of its own.
    const isOver = updated.status !== 404 && message.event !== 'incident.escalated';
    if (isOver) return outcome(updated, ctx);
    if (message.inPlaceOnly) return { kind: 'delivered', isFolded: true };
    if (updated.status !== 404 && updated.status >= 300) return outcome(updated, ctx);
  }
  const place = new URL(url);
  // So that the answer holds the message and its id.
  place.searchParams.set('wait', 'true');
  const answer = await exchange(ctx, { url: place.href, json });
  if (answer.kind === 'failure') return answer.delivery;
  const delivery = outcome(answer, ctx);
  const made = jsonOf(answer.text).id;
  if (delivery.kind !== 'delivered' || !isKept(message) || typeof made !== 'string') return delivery;
  return { ...delivery, thread: { message: made } };
}

/** Discord gives the seconds to wait in the body too, with fractions. */
function outcome(answer: Parameters<typeof judge>[0], ctx: NotifierContext): Delivery {
  const now = ctx.clock.now();
  const seconds = jsonOf(answer.text).retry_after;
  if (answer.status === 429 && typeof seconds === 'number') {
    return { kind: 'retry', detail: answer.said, afterMs: Math.min(Math.ceil(seconds * 1_000), 3_600_000) };
  }
  if (isPassing(answer.status)) return retryOf(answer, now);
  return judge(answer, now, 'was the webhook removed in Discord?');
}
