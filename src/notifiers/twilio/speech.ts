/** TwiML of a call: says it, asks for a key, says it again. At most 4,000 characters. */
import type { Message } from '../../core/message.ts';
import type { NotifierContext } from '../../core/notifier.ts';
import { capped } from '../../core/plain.ts';
import { escapeHtml } from '../../wire/html.ts';
import { storyOf } from '../../wire/story.ts';
import type { TwilioConfig } from './config.ts';

export function spoken(
  config: TwilioConfig,
  message: Message,
  { hook, timezone, clock }: Pick<NotifierContext, 'hook' | 'timezone' | 'clock'>,
): string {
  const story = storyOf(message, timezone);
  const lines = story.lines.filter(({ label }) => ['Impact', 'Cause', 'Alert', 'Why asked'].includes(label));
  const text = [
    `This is Upkeep of ${message.source}.`,
    `${story.headline.replaceAll(' · ', ', ')}.`,
    ...lines.slice(0, 2).map((line) => `${line.label}: ${capped(line.text, 200)}.`),
  ].join(' ');
  const { incident, approval, to } = message;
  const twice = `${say(config, capped(text, 900))}<Pause length="1"/>${say(config, capped(text, 900))}`;
  if (!incident || approval || incident.status !== 'open' || !hook?.startsWith('https:')) {
    return `<Response>${twice}</Response>`;
  }
  const url = new URL(hook);
  url.searchParams.set('incident', incident.id);
  if (to) url.searchParams.set('by', to.person);
  // A key that is pressed tells no time of its own.
  url.searchParams.set('at', String(clock.now()));
  const ask = say(config, 'Press 1 to acknowledge.');
  return `<Response><Gather numDigits="1" timeout="10" action="${escapeHtml(url.href)}" method="POST">${say(config, capped(text, 900))}${ask}${say(config, capped(text, 900))}${ask}</Gather>${say(config, 'Nobody has acknowledged. Goodbye.')}</Response>`;
}

export function say({ voice, language }: Pick<TwilioConfig, 'voice' | 'language'>, text: string): string {
  return `<Say voice="${escapeHtml(voice)}" language="${escapeHtml(language)}">${escapeHtml(text)}</Say>`;
}
