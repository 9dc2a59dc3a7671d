import type { Message } from '../../core/message.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { standsAlone, storyOf } from '../../wire/story.ts';
import { type EmailConfig, emailConfig } from './config.ts';
import { htmlOf } from './html.ts';
import { loadMailer, submit } from './submit.ts';
import { subjectOf, textOf } from './text.ts';
import { threading } from './threading.ts';

export const email = defineNotifier({
  kind: 'email',
  summary: 'Mail by SMTP in HTML and text, an incident as one thread, with signed links',
  config: emailConfig,
  takesCause: () => 'anew',
  load: loadMailer,
  send: deliver,
});

async function deliver(config: EmailConfig, message: Message, ctx: NotifierContext): Promise<Delivery> {
  if (!config.updates && !standsAlone(message)) return { kind: 'delivered', isFolded: true };
  const to = message.to ? [message.to.address] : [config.to].flat();
  if (to.length === 0) return { kind: 'refused', detail: 'nobody to write to: set `to`, or tell a person' };
  const story = storyOf(message, ctx.timezone);
  const subject = ctx.thread?.subject ?? subjectOf(message, story);
  const { headers, thread } = threading(message, config.from, ctx.thread, subject);
  const isUrgent =
    (message.incident ?? message.storm)?.level === 'critical' && story.tone !== 'good' && !message.followUp;
  const delivery = await submit(
    config,
    {
      from: config.from,
      to,
      subject: ctx.thread && (message.incident ?? message.storm) ? `Re: ${subject}` : subject,
      text: textOf(message, story),
      html: htmlOf(message, story),
      ...headers,
      ...(isUrgent ? { priority: 'high' as const } : {}),
      headers: {
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        ...unsubscribing(message),
      },
    },
    ctx,
  );
  return delivery.kind === 'delivered' && thread ? { ...delivery, thread } : delivery;
}

/** RFC 8058: mail programs show a button and send this by themselves. */
function unsubscribing({ unsubscribe }: Message): Record<string, string> {
  if (unsubscribe === undefined) return {};
  return { 'List-Unsubscribe': `<${unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
}
