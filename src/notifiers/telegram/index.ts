import { z } from 'zod';
import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { type Answer, exchange, isPassing, jsonOf, judge, loadClient, retryOf } from '../../wire/exchange.ts';
import { apiUrl } from '../../wire/settings.ts';
import { isKept, storyOf } from '../../wire/story.ts';
import { keyboardOf, textOf } from './text.ts';

const config = z.strictObject({
  token: z
    .string()
    .regex(/^\d+:[\w-]+$/, { error: 'is no token of a bot' })
    .describe('From @BotFather'),
  chat: z
    .string()
    .min(1)
    .optional()
    .describe('Id of the chat (or @name of a channel); an address of a person goes before it'),
  url: apiUrl('https://api.telegram.org'),
});
type Config = z.output<typeof config>;

export const telegram = defineNotifier({
  kind: 'telegram',
  load: loadClient,
  summary: 'One Telegram message for an incident, edited in place, with buttons that are signed links',
  config,
  takesCause: () => 'in-place',
  send: deliver,
});

async function deliver(settings: Config, message: Message, ctx: NotifierContext): Promise<Delivery> {
  const chat = message.to?.address ?? settings.chat;
  if (chat === undefined) return { kind: 'refused', detail: 'no chat is configured, and nobody is named' };
  const story = storyOf(message, ctx.timezone);
  const content = {
    text: textOf(message, story),
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
    reply_markup: keyboardOf(story),
  };
  const known = isKept(message) ? ctx.thread : null;
  if (known?.message !== undefined) {
    const place = { chat_id: known.chat ?? chat, message_id: Number(known.message) };
    const edited = await call(settings, 'editMessageText', { ...place, ...content }, ctx);
    if (edited.kind === 'failure') return edited.delivery;
    const why = String(jsonOf(edited.text).description ?? '');
    const isGone = edited.status === 400 && /not found|can't be edited/.test(why);
    const isSame = edited.status === 400 && /not modified/.test(why);
    if (isSame) return { kind: 'delivered' };
    if (isGone && message.inPlaceOnly) return { kind: 'delivered', isFolded: true };
    // An edit makes no sound, so a call is a message of its own.
    if (!isGone && (edited.status >= 300 || message.event !== 'incident.escalated')) {
      return outcome(edited, ctx);
    }
  }
  const isQuiet = story.tone === 'good' || story.tone === 'neutral' || story.tone === 'low';
  const answer = await call(
    settings,
    'sendMessage',
    { chat_id: chat, disable_notification: isQuiet, ...content },
    ctx,
  );
  if (answer.kind === 'failure') return answer.delivery;
  const delivery = outcome(answer, ctx);
  const { result } = jsonOf(answer.text);
  const id: unknown =
    result !== null && typeof result === 'object' ? Reflect.get(result, 'message_id') : null;
  if (delivery.kind !== 'delivered' || !isKept(message) || typeof id !== 'number') return delivery;
  return { ...delivery, thread: { chat, message: String(id) } };
}

function call(settings: Config, method: string, json: unknown, ctx: NotifierContext) {
  return exchange(ctx, { url: `${settings.url.replace(/\/$/, '')}/bot${settings.token}/${method}`, json });
}

/** Telegram says how long to wait in the body. */
function outcome(answer: Answer, ctx: NotifierContext): Delivery {
  const now = ctx.clock.now();
  const { parameters } = jsonOf(answer.text);
  const seconds: unknown =
    parameters !== null && typeof parameters === 'object'
      ? Reflect.get(parameters, 'retry_after')
      : undefined;
  if (answer.status === 429 && typeof seconds === 'number') {
    return { kind: 'retry', detail: answer.said, afterMs: Math.min(seconds * 1_000, 3_600_000) };
  }
  if (isPassing(answer.status)) return retryOf(answer, now);
  const hint =
    answer.status === 401 ? 'is the token right?' : 'is the bot in the chat, and may it write there?';
  return judge(answer, now, hint);
}
