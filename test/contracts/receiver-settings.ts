/** How every notifier is pointed at a port of this machine, with a secret in each place that may hold one. */
import type { NotifierEntry } from '../../src/core/notifier.ts';
import { secret } from './targets.ts';

export interface ReceiverSettings {
  readonly settings: Readonly<Record<string, unknown>>;
  /** False for a channel that has no receiver. */
  readonly isRemote: boolean;
}

function candidates(port: number): Readonly<Record<string, unknown>>[] {
  const base = `http://127.0.0.1:${port}`;
  const url = `http://upkeep:${secret}@127.0.0.1:${port}/${secret}?token=${secret}`;
  return [
    { url, secret, headers: { 'x-key': secret }, timeout: '60s' },
    // slack
    { url: `${base}/api`, token: secret, channel: 'C1', signingSecret: secret },
    // telegram
    { url: base, token: `1:${secret}`, chat: '1' },
    // pagerduty
    { url: base, routingKey: secret, webhookSecret: secret },
    // opsgenie
    { url: base, apiKey: secret },
    // pushover
    { url: base, token: secret, user: secret },
    // twilio
    {
      url: base,
      account: 'AC00000000000000000000000000000000',
      token: secret,
      from: '+15005550006',
      to: '+15005550009',
    },
    // ntfy
    { url: base, topic: secret, token: secret },
    // e-mail
    {
      ...{ host: '127.0.0.1', port, user: 'upkeep', password: secret },
      ...{ from: 'a@example.test', to: ['b@example.test'] },
    },
    { url, token: secret },
    // discord, teams: the address is the secret
    { url },
    {},
  ];
}

export function settingsFor(notifier: NotifierEntry, port: number): ReceiverSettings {
  const found = candidates(port).find((candidate) => {
    const parsed = notifier.config.safeParse(candidate);
    return parsed.success && Object.keys(candidate).every((key) => key in parsed.data);
  });
  if (!found) throw new Error(`add to test/contracts/receiver-settings.ts how ${notifier.kind} is set up`);
  return { settings: found, isRemote: Object.keys(found).length > 0 };
}
