/** What Slack posts when somebody presses a button, signed with the channel's secret. */
import { createHmac } from 'node:crypto';

/**
 * @param payload of the interaction, as Slack names its fields
 * @param time epoch seconds
 */
export function slackPress(payload: object, secret: string, time = Math.floor(Date.now() / 1_000)) {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const mac = createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(time),
    'x-slack-signature': `v0=${mac}`,
  };
  return { headers, body };
}
