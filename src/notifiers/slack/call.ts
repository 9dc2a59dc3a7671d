/** One call of Slack's Web API. It says `ok: false` with a code under status 200. */
import type { Delivery, NotifierContext } from '../../core/notifier.ts';
import { code, exchange, isPassing, jsonOf, judge, retryOf } from '../../wire/exchange.ts';
import type { SlackConfig } from './config.ts';

export type Called =
  | { readonly ok: true; readonly channel: string; readonly ts: string }
  | { readonly ok: false; readonly error: string; readonly delivery: Delivery };

/** Trouble of Slack, not of the message. */
const passing = new Set([
  'ratelimited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);

const remedies: Readonly<Record<string, string>> = {
  not_in_channel: 'invite the app into the channel',
  channel_not_found: 'write the id of the channel and invite the app',
  missing_scope: 'the app needs the scope chat:write',
  invalid_auth: 'the token is wrong',
  token_revoked: 'the token was revoked',
  account_inactive: 'the app or its workspace was removed',
};

export async function call(
  config: SlackConfig,
  method: string,
  body: Readonly<Record<string, unknown>>,
  ctx: NotifierContext,
): Promise<Called> {
  const answer = await exchange(ctx, {
    url: `${config.url.replace(/\/$/, '')}/${method}`,
    headers: { authorization: `Bearer ${config.token ?? ''}` },
    json: body,
  });
  if (answer.kind === 'failure') return { ok: false, error: 'unreachable', delivery: answer.delivery };
  const now = ctx.clock.now();
  if (answer.status !== 200) return { ok: false, error: 'status', delivery: judge(answer, now) };
  const said = jsonOf(answer.text);
  if (said.ok === true) return { ok: true, channel: String(said.channel ?? ''), ts: String(said.ts ?? '') };
  const error = code(said.error);
  const remedy = remedies[error];
  const detail = `Slack says ${error}${remedy === undefined ? '' : `: ${remedy}`}`;
  const delivery: Delivery =
    passing.has(error) || isPassing(answer.status)
      ? retryOf(answer, now, detail)
      : { kind: 'refused', detail };
  return { ok: false, error, delivery };
}
