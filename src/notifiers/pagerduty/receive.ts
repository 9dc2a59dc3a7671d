/** Webhooks v3: what people do in PagerDuty counts here. Signed with HMAC-SHA256 over the body; keys rotate, so a list. */
import { z } from 'zod';
import type { Callback, CallbackResult } from '../../core/notifier.ts';
import { plain } from '../../core/plain.ts';
import { jsonOf } from '../../wire/exchange.ts';
import { hmacHex, isSameText } from '../../wire/same-text.ts';

const body = z.object({
  event: z.object({
    id: z.string().min(1).max(200),
    event_type: z.string(),
    occurred_at: z.iso.datetime({ offset: true }),
    agent: z.object({ summary: z.string().default('') }).nullish(),
    data: z.object({ incident_key: z.string().nullish() }),
  }),
});

const commands = { 'incident.acknowledged': 'acknowledge', 'incident.resolved': 'resolve' } as const;

export async function receive(secret: string | undefined, callback: Callback): Promise<CallbackResult> {
  if (secret === undefined) return { kind: 'refused', detail: 'no webhookSecret is configured' };
  const expected = `v1=${hmacHex(secret, callback.body)}`;
  const given = (callback.headers['x-pagerduty-signature'] ?? '').split(',').map((one) => one.trim());
  if (!given.some((one) => isSameText(one, expected)))
    return { kind: 'refused', detail: 'the signature is not that of the webhook' };
  const parsed = body.safeParse(jsonOf(callback.body));
  if (!parsed.success) return { kind: 'accepted', commands: [], words: 'it is no event of an incident' };
  const { id: event, event_type: type, occurred_at: occurredAt, agent, data } = parsed.data.event;
  const what = type === 'incident.acknowledged' || type === 'incident.resolved' ? commands[type] : null;
  // What we did ourselves comes back without an agent, and changes nothing.
  if (what === null || !data.incident_key) return { kind: 'accepted', commands: [] };
  const by = plain(agent?.summary ?? '', 100);
  const at = Date.parse(occurredAt);
  return { kind: 'accepted', commands: [{ do: what, id: data.incident_key, by, at, event }] };
}
