/** What an ACL refused Upkeep itself, so that the counters of a server can be read without it. */
import { isNotPermitted, messageOf } from './failure.ts';

export interface OwnRefusals {
  /** Of a command that is about to be sent; what is returned takes its error. */
  sending(command: string): (error: unknown) => void;
  /** How many commands were sent so far: a connection answers in that order. */
  sent(): number;
  /** Commands that were refused, of those sent after the first `from` and among the first `to`: `get`, `config|get`. */
  between(from: number, to: number): readonly string[];
}

/** More than all looks send while one diagnosis watches (J). */
const mostKept = 2_000;

export function createOwnRefusals(): OwnRefusals {
  let sent = 0;
  const refused: { readonly place: number; readonly command: string }[] = [];
  return {
    sending(command) {
      const place = ++sent;
      return (error) => {
        if (!isNotPermitted(error)) return;
        // Redis 7 names the subcommand, and counts it so.
        const named = /the '([^']+)' command/.exec(messageOf(error))?.[1] ?? command;
        refused.push({ place, command: named.toLowerCase() });
        if (refused.length > mostKept) refused.shift();
      };
    },
    sent: () => sent,
    between: (from, to) =>
      refused.filter(({ place }) => place > from && place <= to).map(({ command }) => command),
  };
}
