/** RFC 5322, 3.6.4: an incident's mails answer the one before and refer to the first, under one subject, so that clients show one conversation. */
import { createHash } from 'node:crypto';
import type { Message } from '../../core/message.ts';
import type { Thread } from '../../core/notifier.ts';

export function threading(message: Message, from: string, known: Thread | null, subject: string) {
  const domain = /@([^@>]+)>?$/.exec(from)?.[1] ?? 'upkeep.invalid';
  // Of the key, so that a mail sent twice over a lost answer is one for the mail server.
  const digest = createHash('sha256')
    .update(`${message.key} ${message.to?.address ?? ''}`)
    .digest('hex');
  const messageId = `<${digest.slice(0, 32)}@${domain}>`;
  if (!message.incident && !message.storm) return { headers: { messageId }, thread: null };
  const root = known?.root;
  const last = known?.last;
  const references = [...new Set([root, last].filter((id) => id !== undefined))];
  return {
    headers: {
      messageId,
      ...(last === undefined ? {} : { inReplyTo: last, references }),
    },
    thread: { root: root ?? messageId, last: messageId, subject },
  };
}
