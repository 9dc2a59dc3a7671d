import { z } from 'zod';
import type { Message } from '../../core/message.ts';
import { defineNotifier } from '../../core/notifier.ts';
import { exchange, judge, loadClient } from '../../wire/exchange.ts';
import { webAddress } from '../../wire/settings.ts';
import { standsAlone, storyOf } from '../../wire/story.ts';
import { cardOf } from './card.ts';

const config = z.strictObject({
  url: webAddress.describe('Address of a Workflows webhook of the channel; kept secret but for its host'),
});

export const teams = defineNotifier({
  kind: 'teams',
  load: loadClient,
  summary: 'Adaptive cards in a Microsoft Teams channel through a Workflows webhook',
  config,
  takesCause: () => 'anew',
  async send({ url }, message: Message, ctx) {
    if (!standsAlone(message)) return { kind: 'delivered', isFolded: true };
    const answer = await exchange(ctx, { url, json: cardOf(message, storyOf(message, ctx.timezone)) });
    if (answer.kind === 'failure') return answer.delivery;
    return judge(answer, ctx.clock.now(), 'was the workflow removed, or is its owner gone?');
  },
});
