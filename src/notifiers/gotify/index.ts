import { z } from 'zod';
import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { capped, cappedLines } from '../../core/plain.ts';
import { exchange, judge, loadClient } from '../../wire/exchange.ts';
import { plainMarkup, renderMarkdown } from '../../wire/markdown.ts';
import { secretText, webAddress } from '../../wire/settings.ts';
import { type Story, standsAlone, storyOf } from '../../wire/story.ts';

const config = z.strictObject({
  url: webAddress.describe('Address of the Gotify server'),
  token: secretText.describe('Token of an application'),
});

export const gotify = defineNotifier({
  kind: 'gotify',
  load: loadClient,
  summary: 'Push messages by a Gotify server, with priority by level',
  config,
  takesCause: () => 'anew',
  send: deliver,
});

/** Gotify's apps: from 8 on loud, from 4 on a sound, below silent. */
const priorities: Readonly<Record<Story['tone'], number>> = {
  critical: 10,
  high: 8,
  medium: 5,
  low: 3,
  good: 4,
  neutral: 3,
};

async function deliver(
  { url, token }: z.output<typeof config>,
  message: Message,
  ctx: NotifierContext,
): Promise<Delivery> {
  if (!standsAlone(message)) return { kind: 'delivered', isFolded: true };
  const story = storyOf(message, ctx.timezone);
  const place = new URL(url);
  place.pathname = `${place.pathname.replace(/\/$/, '')}/message`;
  const answer = await exchange(ctx, {
    url: place.href,
    headers: { 'x-gotify-key': token },
    json: {
      title: capped(story.headline, 250),
      message: bodyOf(story),
      priority: message.followUp ? priorities.neutral : priorities[story.tone],
      extras: {
        'client::display': { contentType: 'text/plain' },
        ...(/^https?:/.test(message.url) ? { 'client::notification': { click: { url: message.url } } } : {}),
      },
    },
  });
  if (answer.kind === 'failure') return answer.delivery;
  return judge(answer, ctx.clock.now(), 'is the token that of an application?');
}

function bodyOf(story: Story): string {
  const lines = story.lines.map(({ label, text }) => `${label}: ${text}`);
  const body = story.markdown === null ? [] : [renderMarkdown(story.markdown, plainMarkup)];
  const links = story.choices.flatMap(({ label, url }) => (url === null ? [] : [`${label}: ${url}`]));
  return cappedLines([...lines, ...body, '', ...links].join('\n').trim() || story.subject, 8_000);
}
