/** A key pressed on a call. Twilio signs the whole address and every field of the form, sorted, with the auth token. */
import { createHmac } from 'node:crypto';
import type { Callback, CallbackResult } from '../../core/notifier.ts';
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
  const id = searchParams.get('incident') ?? '';
  const by = searchParams.get('by') ?? 'phone';
  const isYes = new URLSearchParams(body).get('Digits') === '1' && id !== '';
  const text = isYes ? 'Acknowledged. Thank you, goodbye.' : 'That was not 1. Goodbye.';
  return {
    kind: 'accepted',
    commands: isYes ? [{ do: 'acknowledge', id, by }] : [],
    reply: { status: 200, type: 'text/xml', body: `<Response>${say(config, text)}</Response>` },
  };
}
