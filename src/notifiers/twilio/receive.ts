/** A key pressed on a call, or an answer to a text. Twilio signs the whole address and every field of the form, sorted, with the auth token. */
import { createHmac } from 'node:crypto';
import type { Callback, CallbackResult, Command } from '../../core/notifier.ts';
import { capped } from '../../core/plain.ts';
import { escapeHtml } from '../../wire/html.ts';
import { isSameText } from '../../wire/same-text.ts';
import type { TwilioConfig } from './config.ts';
import { say } from './speech.ts';

export function signatureOf(token: string, url: string, body: string): string {
  const fields = [...new URLSearchParams(body)].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const text = url + fields.map(([name, value]) => name + value).join('');
  return createHmac('sha1', token).update(text).digest('base64');
}

export async function receive(
  config: TwilioConfig,
  { url, headers, body }: Callback,
): Promise<CallbackResult> {
  if (!isSameText(headers['x-twilio-signature'] ?? '', signatureOf(config.token, url, body)))
    return { kind: 'refused', detail: 'the signature is not Twilio’s' };
  const { searchParams } = new URL(url);
  const form = new URLSearchParams(body);
  // A call has an id, a text another; what is said in the words of the other is no answer to Twilio.
  if (!form.has('CallSid')) {
    const text = 'Nobody reads texts here. To act, follow the link of the message.';
    return { kind: 'accepted', commands: [], reply: () => xml(`<Message>${escapeHtml(text)}</Message>`) };
  }
  const id = searchParams.get('incident') ?? '';
  if (form.get('Digits') !== '1' || id === '')
    return { kind: 'accepted', commands: [], reply: () => xml(say(config, 'That was not 1. Goodbye.')) };
  // Whose line rings where Upkeep did not name a person.
  const number = form.get('To') ?? '';
  const calledAt = searchParams.get('at') ?? '';
  const command: Command = {
    do: 'acknowledge',
    id,
    by: searchParams.get('by') ?? (/^\+\d{7,15}$/.test(number) ? `number …${number.slice(-4)}` : ''),
    ...(number === '' ? {} : { address: number }),
    ...(/^\d{1,14}$/.test(calledAt) ? { at: Number(calledAt) } : {}),
    event: (form.get('CallSid') ?? '').slice(0, 200),
  };
  return {
    kind: 'accepted',
    commands: [command],
    reply: (words) =>
      xml(
        say(
          config,
          words === null
            ? 'Acknowledged. Thank you, goodbye.'
            : `That changed nothing: ${capped(words, 200)}. Goodbye.`,
        ),
      ),
  };
}

function xml(inner: string) {
  return { type: 'text/xml', body: `<Response>${inner}</Response>` };
}
