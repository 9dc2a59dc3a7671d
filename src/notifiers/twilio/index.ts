import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { cappedLines } from '../../core/plain.ts';
import { basic, exchange, judge, loadClient } from '../../wire/exchange.ts';
import { standsAlone, storyOf, urlOf } from '../../wire/story.ts';
import { type TwilioConfig, twilioConfig } from './config.ts';
import { partsOf, transliterated } from './gsm.ts';
import { receive } from './receive.ts';
import { spoken } from './speech.ts';

export const twilio = defineNotifier({
  kind: 'twilio',
  isPager: true,
  load: loadClient,
  summary: 'A text or a phone call by Twilio; on a call, 1 acknowledges',
  config: twilioConfig,
  send: deliver,
  receive,
});

/** A text costs money and a call wakes: only what calls for somebody, and by text its end. */
function isWanted({ mode }: TwilioConfig, message: Message): boolean {
  if (mode === 'sms') return standsAlone(message) && message.event !== 'report.ready';
  return ['incident.opened', 'incident.escalated', 'approval.requested', 'test'].includes(message.event);
}

/** A call takes about so long, with the way to a screen. */
const callMs = 120_000;

/** Whoever is being called for the incident finds its plan where they look next; a second line would ring into that. */
function ringsAlready({ approval, incident }: Message, { thread, clock }: NotifierContext): boolean {
  if (!approval || !incident || incident.acknowledgedBy !== undefined) return false;
  return thread?.calledAt !== undefined && Math.abs(clock.now() - Number(thread.calledAt)) < callMs;
}

async function deliver(config: TwilioConfig, message: Message, ctx: NotifierContext): Promise<Delivery> {
  const isCall = config.mode === 'voice';
  if (!isWanted(config, message) || (isCall && ringsAlready(message, ctx)))
    return { kind: 'delivered', isFolded: true };
  const to = message.to?.address ?? config.to;
  if (to === undefined) return { kind: 'refused', detail: 'no number is configured, and nobody is named' };
  const { url, account, key, keySecret, token } = config;
  const answer = await exchange(ctx, {
    url: `${url.replace(/\/$/, '')}/2010-04-01/Accounts/${account}/${isCall ? 'Calls' : 'Messages'}.json`,
    headers: { authorization: key && keySecret ? basic(key, keySecret) : basic(account, token) },
    form: {
      To: to,
      From: config.from,
      ...(isCall ? { Twiml: spoken(config, message, ctx) } : { Body: textOf(message, ctx.timezone) }),
    },
  });
  if (answer.kind === 'failure') return answer.delivery;
  const now = ctx.clock.now();
  const delivery = judge(answer, now, 'are account, token and numbers right?');
  return isCall && delivery.kind === 'delivered' && message.incident
    ? { ...delivery, thread: { calledAt: String(now) } }
    : delivery;
}

const mostParts = 2;
/** Whatever the address takes: level and what is broken. */
const leastWords = 60;

/** Each part costs; one address and what fits beside it are enough to know whether to get up. */
function textOf(message: Message, timezone: string | undefined): string {
  const story = storyOf(message, timezone);
  const acts = urlOf(story, 'acknowledge') ?? urlOf(story, 'approve');
  const link = acts === null ? message.url : `${story.choices[0]?.label}: ${acts}`;
  const lines = [story.headline, ...story.lines.slice(0, 2).map(({ label, text }) => `${label}: ${text}`)];
  const words = transliterated(lines.join('\n'));
  for (let most = 300; ; most -= 5) {
    const text = `${transliterated(cappedLines(words, most))}\n${link}`;
    if (most <= leastWords || partsOf(text) <= mostParts) return text;
  }
}
