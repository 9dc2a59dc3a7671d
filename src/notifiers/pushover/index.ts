import { z } from 'zod';
import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { capped, cappedLines } from '../../core/plain.ts';
import { exchange, jsonOf, judge, loadClient } from '../../wire/exchange.ts';
import { plainMarkup, renderMarkdown } from '../../wire/markdown.ts';
import { apiUrl, secretText } from '../../wire/settings.ts';
import { type Story, standsAlone, storyOf, urlOf } from '../../wire/story.ts';
import { hookFor, receive } from './receive.ts';

const config = z.strictObject({
  token: secretText.describe('Token of the application'),
  user: secretText.optional().describe('Key of a user or group; an address of a person goes before it'),
  retry: z.int().min(30).max(10_800).default(60).describe('Seconds between repeats of a critical message'),
  expire: z.int().min(30).max(10_800).default(3_600).describe('Seconds after which it is repeated no more'),
  url: apiUrl('https://api.pushover.net'),
});
type Config = z.output<typeof config>;

export const pushover = defineNotifier({
  kind: 'pushover',
  load: loadClient,
  summary: 'Push messages by Pushover; a critical one repeats until somebody acknowledges',
  config,
  takesCause: () => 'anew',
  send: deliver,
  receive: ({ token }, callback) => receive(token, callback),
});

const priorities: Readonly<Record<Story['tone'], number>> = {
  critical: 2,
  high: 1,
  medium: 0,
  low: -1,
  good: 0,
  neutral: 0,
};

async function deliver(settings: Config, message: Message, ctx: NotifierContext): Promise<Delivery> {
  const isEnd = ['incident.acknowledged', 'incident.resolved', 'incident.mitigated'].includes(message.event);
  if (isEnd && ctx.thread?.receipt) {
    const cancelled = await call(settings, `receipts/${ctx.thread.receipt}/cancel.json`, {}, ctx);
    if (cancelled.kind === 'failure') return cancelled.delivery;
    const delivery = judge(cancelled, ctx.clock.now());
    if (delivery.kind === 'retry') return delivery;
  }
  const user = message.to?.address ?? settings.user;
  if (user === undefined) return { kind: 'refused', detail: 'no user is configured, and nobody is named' };
  if (!standsAlone(message)) return { kind: 'delivered', isFolded: true };
  const story = storyOf(message, ctx.timezone);
  const { incident } = message;
  // -1 makes no sound.
  const priority = message.followUp ? -1 : priorities[story.tone];
  const isUrgent = priority === 2 && incident !== undefined && !message.approval;
  const answer = await call(
    settings,
    'messages.json',
    {
      user,
      title: capped(story.headline, 250),
      message: bodyOf(story),
      priority: String(isUrgent ? 2 : Math.min(priority, 1)),
      ...linkOf(message, story),
      ...(isUrgent ? { retry: String(settings.retry), expire: String(settings.expire) } : {}),
      ...(isUrgent && ctx.hook?.startsWith('https:')
        ? { callback: hookFor(ctx.hook, settings.token, incident.id, message.to?.person ?? '') }
        : {}),
    },
    ctx,
  );
  if (answer.kind === 'failure') return answer.delivery;
  const delivery = judge(answer, ctx.clock.now(), 'are token and user right?');
  const { receipt } = jsonOf(answer.text);
  return delivery.kind === 'delivered' && typeof receipt === 'string' && /^\w{1,64}$/.test(receipt)
    ? { ...delivery, thread: { receipt } }
    : delivery;
}

function call({ url, token }: Config, path: string, form: Record<string, string>, ctx: NotifierContext) {
  return exchange(ctx, { url: `${url.replace(/\/$/, '')}/1/${path}`, form: { token, ...form } });
}

/** Limits: message 1,024, title 250, address 512, its title 100 characters. */
function bodyOf(story: Story): string {
  const lines = story.lines.map(({ label, text }) => `${label}: ${text}`);
  const body = story.markdown === null ? [] : [renderMarkdown(story.markdown, plainMarkup)];
  return cappedLines([...lines, ...body].join('\n') || story.subject, 1_024);
}

function linkOf(message: Message, story: Story): Record<string, string> {
  const acts = urlOf(story, 'acknowledge') ?? urlOf(story, 'approve');
  const [url, title] =
    acts === null ? [message.url, 'Open in Upkeep'] : [acts, story.choices[0]?.label ?? ''];
  return /^https?:/.test(url) && url.length <= 512 ? { url, url_title: title } : {};
}
