import { z } from 'zod';
import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { capped, cappedLines } from '../../core/plain.ts';
import { exchange, judge, loadClient } from '../../wire/exchange.ts';
import { plainMarkup, renderMarkdown } from '../../wire/markdown.ts';
import { apiUrl, secretText } from '../../wire/settings.ts';
import { type Story, standsAlone, storyOf } from '../../wire/story.ts';

const config = z.strictObject({
  topic: z.string().regex(/^[-\w]{1,64}$/, { error: 'letters, digits, - and _, at most 64' }),
  url: apiUrl('https://ntfy.sh'),
  token: secretText.optional().describe('Access token (tk_…)'),
});

export const ntfy = defineNotifier({
  kind: 'ntfy',
  load: loadClient,
  summary: 'Push messages by ntfy, with priority by level and buttons',
  config,
  takesCause: () => 'anew',
  send: deliver,
});

const priorities: Readonly<Record<Story['tone'], number>> = {
  critical: 5,
  high: 4,
  medium: 3,
  low: 2,
  good: 3,
  neutral: 3,
};
const tags: Readonly<Record<Story['tone'], string>> = {
  critical: 'rotating_light',
  high: 'orange_circle',
  medium: 'yellow_circle',
  low: 'blue_circle',
  good: 'white_check_mark',
  neutral: 'information_source',
};

/** ntfy turns a message above 4,096 bytes into a file. */
const mostText = 1_200;

async function deliver(
  { topic, url, token }: z.output<typeof config>,
  message: Message,
  ctx: NotifierContext,
): Promise<Delivery> {
  if (!standsAlone(message)) return { kind: 'delivered', isFolded: true };
  const story = storyOf(message, ctx.timezone);
  const answer = await exchange(ctx, {
    url,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    json: {
      topic: message.to?.address ?? topic,
      title: capped(story.headline, 250),
      message: bodyOf(story),
      // 2 makes no sound.
      priority: message.followUp ? 2 : priorities[story.tone],
      tags: [tags[story.tone]],
      ...(/^https?:/.test(message.url) ? { click: message.url } : {}),
      actions: actionsOf(message, story),
    },
  });
  if (answer.kind === 'failure') return answer.delivery;
  return judge(answer, ctx.clock.now(), 'may the token write to the topic?');
}

function bodyOf(story: Story): string {
  const lines = story.lines.map(({ label, text }) => `${label}: ${text}`);
  const body = story.markdown === null ? [] : [renderMarkdown(story.markdown, plainMarkup)];
  return cappedLines([...lines, ...body].join('\n') || story.subject, mostText);
}

/** At most three. The app posts by itself when one is pressed, so no page is in between but for many at once. */
function actionsOf({ storm }: Message, story: Story) {
  return story.choices
    .flatMap(({ label, url }) => {
      if (url === null) return [];
      const way = storm ? { action: 'view' } : { action: 'http', method: 'POST' };
      return [{ ...way, label, url, clear: true }];
    })
    .slice(0, 3);
}
