/**
 * Pushover posts to the callback when somebody acknowledges a critical message, without a signature. So the address
 * that we hand out holds one: only Pushover knows it.
 */
import type { Callback, CallbackResult, Command } from '../../core/notifier.ts';
import { hmacHex, isSameText } from '../../wire/same-text.ts';

export function hookFor(hook: string, token: string, incident: string, person: string): string {
  const url = new URL(hook);
  url.searchParams.set('incident', incident);
  if (person !== '') url.searchParams.set('person', person);
  url.searchParams.set('code', codeFor(token, incident, person));
  return url.href;
}

function codeFor(token: string, incident: string, person: string): string {
  return hmacHex(token, `pushover ${incident} ${person}`).slice(0, 40);
}

export async function receive(token: string, { url, body }: Callback): Promise<CallbackResult> {
  const { searchParams } = new URL(url);
  const incident = searchParams.get('incident') ?? '';
  const person = searchParams.get('person') ?? '';
  if (!isSameText(searchParams.get('code') ?? '', codeFor(token, incident, person)))
    return { kind: 'refused', detail: 'the code of this address is not ours' };
  const form = new URLSearchParams(body);
  if (form.get('acknowledged') !== '1') return { kind: 'accepted', commands: [] };
  const user = form.get('acknowledged_by') ?? '';
  const seconds = form.get('acknowledged_at') ?? '';
  const command: Command = {
    do: 'acknowledge',
    id: incident,
    by: person || nameOf(user, form.get('acknowledged_by_device') ?? ''),
    ...(user === '' ? {} : { address: user }),
    ...(/^\d{1,11}$/.test(seconds) ? { at: Number(seconds) * 1_000 } : {}),
  };
  return { kind: 'accepted', commands: [command] };
}

/** The key of a user is theirs alone; its end tells a team who it is: `user …Rsg1 on pixel`. */
function nameOf(user: string, device: string): string {
  if (!/^\w{12,64}$/.test(user)) return '';
  return `user …${user.slice(-4)}${/^[\w-]{1,25}$/.test(device) ? ` on ${device}` : ''}`;
}
