import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext, type Thread } from '../../core/notifier.ts';
import { exchange, judge, loadClient } from '../../wire/exchange.ts';
import { standsAlone, storyOf } from '../../wire/story.ts';
import { bodyOf, replyOf } from './blocks.ts';
import { call } from './call.ts';
import { type SlackConfig, slackConfig } from './config.ts';
import { receive } from './receive.ts';
import { rememberTold, timelineOf } from './timeline.ts';

export const slack = defineNotifier({
  kind: 'slack',
  load: loadClient,
  summary: 'One Slack message for an incident, updated in place, its timeline in the thread, with buttons',
  config: slackConfig,
  takesCause: ({ webhook }) => (webhook === undefined ? 'in-place' : 'anew'),
  send: (config, message, ctx) =>
    config.webhook === undefined ? speak(config, message, ctx) : post(config.webhook, message, ctx),
  receive,
});

async function post(url: string, message: Message, ctx: NotifierContext): Promise<Delivery> {
  if (!standsAlone(message)) return { kind: 'delivered', isFolded: true };
  const note =
    message.incident || message.storm ? 'as it was when sent; this webhook cannot update' : undefined;
  const answer = await exchange(ctx, {
    url,
    json: bodyOf(message, storyOf(message, ctx.timezone), false, note),
  });
  if (answer.kind === 'failure') return answer.delivery;
  return judge(answer, ctx.clock.now(), 'was the webhook removed in Slack?');
}

async function speak(config: SlackConfig, message: Message, ctx: NotifierContext): Promise<Delivery> {
  const hasButtons = config.signingSecret !== undefined;
  const story = storyOf(message, ctx.timezone);
  const body = bodyOf(message, story, hasButtons);
  const to = message.to?.address ?? config.channel;
  const known = ctx.thread;
  const isKept = message.incident !== undefined || message.storm !== undefined;
  if (!isKept || known?.ts === undefined) {
    const sent = await call(config, 'chat.postMessage', { channel: to, ...body }, ctx);
    if (!sent.ok) return sent.delivery;
    if (!isKept) return { kind: 'delivered' };
    const { channel, ts } = sent;
    // A question stays a message of its own; what follows of the incident begins another.
    const own = message.approval ? approvalPart(message, ts) : { ts, ...rememberTold(message, story) };
    return { kind: 'delivered', thread: { ...known, channel, ...own } };
  }
  const { channel = '', ts } = known;
  const place = { channel, thread_ts: ts };
  if (message.approval) {
    // Waits for somebody, so it is shown in the channel too.
    const sent = await call(config, 'chat.postMessage', { ...place, reply_broadcast: true, ...body }, ctx);
    return sent.ok
      ? { kind: 'delivered', thread: { ...known, ...approvalPart(message, sent.ts) } }
      : sent.delivery;
  }
  const updated = await call(config, 'chat.update', { channel, ts, ...body }, ctx);
  if (!updated.ok) {
    if (!['message_not_found', 'cant_update_message', 'edit_window_closed'].includes(updated.error)) {
      return updated.delivery;
    }
    if (message.inPlaceOnly) return { kind: 'delivered', isFolded: true };
    return speak(config, message, { ...ctx, thread: null });
  }
  const isCall = message.event === 'incident.escalated';
  const lines = timelineOf(message, story, known);
  for (const [index, line] of lines.entries()) {
    const isHeard = isCall && index === lines.length - 1;
    const reply = { ...place, ...replyOf(line), ...(isHeard ? { reply_broadcast: true } : {}) };
    const told = await call(config, 'chat.postMessage', reply, ctx);
    if (!told.ok) return told.delivery;
  }
  const kept = { ...known, ...rememberTold(message, story) };
  return { kind: 'delivered', thread: await endApprovals(config, message, kept, ctx) };
}

const approvalKey = 'approval:';

function approvalPart({ approval }: Message, ts: string): Thread {
  return approval ? { [`${approvalKey}${approval.actionId}`]: ts } : {};
}

/** What was decided loses its buttons; a failure of this alone holds nothing up. */
async function endApprovals(
  config: SlackConfig,
  message: Message,
  known: Thread,
  ctx: NotifierContext,
): Promise<Thread> {
  const kept: Record<string, string> = { ...known };
  for (const [key, ts] of Object.entries(known)) {
    if (!key.startsWith(approvalKey)) continue;
    const id = key.slice(approvalKey.length);
    const action = message.incident?.actions.find((one) => one.id === id);
    if (!action || action.state === 'awaiting-approval') continue;
    const { approval: _, ...rest } = message;
    const decided = {
      ...storyOf(rest, ctx.timezone),
      headline: `${action.state}: ${action.summary}`,
      lines: [],
      choices: [],
    };
    const text = bodyOf(message, decided, false);
    await call(config, 'chat.update', { channel: known.channel ?? '', ts, ...text }, ctx);
    delete kept[key];
  }
  return kept;
}
