/** A pressed button: Slack posts a form with `payload`, signed over its time and body (signing secrets, v0). */
import type { Callback, CallbackResult } from '../../core/notifier.ts';
import type { Clock } from '../../core/time.ts';
import { jsonOf } from '../../wire/exchange.ts';
import { hmacHex, isSameText } from '../../wire/same-text.ts';
import { answering } from './answer.ts';
import type { SlackConfig } from './config.ts';

/** Slack's own advice: older ones may be played back. */
const mostAgeSeconds = 300;

function isSigned(secret: string, { headers, body }: Callback, now: number): boolean {
  const time = headers['x-slack-request-timestamp'] ?? '';
  const given = headers['x-slack-signature'] ?? '';
  if (!/^\d{1,12}$/.test(time) || Math.abs(now / 1_000 - Number(time)) > mostAgeSeconds) return false;
  return isSameText(given, `v0=${hmacHex(secret, `v0:${time}:${body}`)}`);
}

const purposes = ['acknowledge', 'resolve', 'approve', 'deny'] as const;

export async function receive(
  config: SlackConfig,
  callback: Callback,
  clock: Clock,
): Promise<CallbackResult> {
  const refused = (detail: string): CallbackResult => ({ kind: 'refused', detail });
  if (config.signingSecret === undefined) return refused('no signingSecret is configured for these buttons');
  if (!isSigned(config.signingSecret, callback, clock.now())) return refused('the signature is not Slack’s');
  const payload = jsonOf(new URLSearchParams(callback.body).get('payload') ?? '');
  if (payload.type !== 'block_actions' || !Array.isArray(payload.actions)) {
    return { kind: 'accepted', commands: [] };
  }
  const user = payload.user;
  const by = textIn(user, 'id');
  const name = textIn(user, 'username') || by;
  const action: unknown = payload.actions[0];
  const purpose = purposes.find((one) => textIn(action, 'action_id') === `upkeep_${one}`);
  const tell = answering(config, textIn(payload, 'response_url'), clock);
  const [id = '', digest] = textIn(action, 'value').split(' ');
  if (purpose === undefined || id === '' || by === '') return { kind: 'accepted', commands: [] };
  if ((purpose === 'approve' || purpose === 'deny') && !config.approvers.includes(by)) {
    const words = 'you are not among those who may approve here';
    return { kind: 'accepted', commands: [], words, ...tell };
  }
  const at = Number(callback.headers['x-slack-request-timestamp']) * 1_000;
  const event = textIn(payload, 'trigger_id').slice(0, 200);
  const command = {
    ...{ do: purpose, id, by: name, at },
    ...(digest === undefined ? {} : { digest }),
    ...(event === '' ? {} : { event }),
  };
  return { kind: 'accepted', commands: [command], ...tell };
}

function textIn(holder: unknown, key: string): string {
  if (holder === null || typeof holder !== 'object') return '';
  const value: unknown = Reflect.get(holder, key);
  return typeof value === 'string' ? value : '';
}
