/**
 * Tells who pressed a button what came of it, and nobody else. Slack ignores what it is answered itself; it hands out
 * an address for each press that takes words for half an hour.
 */
import type { CallbackResult } from '../../core/notifier.ts';
import { plain } from '../../core/plain.ts';
import type { Clock } from '../../core/time.ts';
import { exchange, judge } from '../../wire/exchange.ts';
import { apiOfSlack, type SlackConfig } from './config.ts';
import { escapeMrkdwn } from './mrkdwn.ts';

type Tell = Pick<Extract<CallbackResult, { kind: 'accepted' }>, 'tell'>;

/** Slack waits this long for an answer of ours; it may take no longer for its own. */
const timeoutMs = 3_000;

/** Nothing where the address is not Slack's: a request must not make us call whatever it names. */
export function answering({ url }: Pick<SlackConfig, 'url'>, address: string, clock: Clock): Tell {
  if (!isSlacks(url, address)) return {};
  return {
    async tell(words) {
      const text = `That changed nothing: ${escapeMrkdwn(plain(words, 500))}.`;
      const { signal } = new AbortController();
      const out = {
        url: address,
        json: { response_type: 'ephemeral', replace_original: false, text },
        timeoutMs,
      };
      const given = await exchange({ signal, clock }, out);
      return given.kind === 'failure' ? given.delivery : judge(given, clock.now());
    },
  };
}

/** Where the API has an address of its own (a proxy, a stand-in), what it hands out may lie there too. */
function isSlacks(api: string, address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { origin, username, password } = new URL(address);
  if (username !== '' || password !== '') return false;
  if (origin === 'https://hooks.slack.com') return true;
  return api !== apiOfSlack && origin === new URL(api).origin;
}
