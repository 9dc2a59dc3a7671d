/** A target that discovery merely saw is a guess until it answers once: its silence is a hint and no outage. */
import type { Rule } from './rule.ts';
import type { About, Outcome } from './sample.ts';

/** What its first answers say of a guess; null from the moment that somebody is known to be there. */
export function hintOf(outcome: Outcome): string | null {
  if (outcome.ok) return null;
  if (outcome.why === 'denied') return 'was seen by discovery, does not let Upkeep in';
  // `refused` is also what a server says that is there and turns us away: too many connections.
  const isThere = outcome.why === 'refused' && !/ECONNREFUSED|ENOENT/.test(outcome.detail);
  return isThere ? null : 'was seen by discovery, never answered';
}

/** The same of a guess that runs in a terminal, whatever it said before; null while it is there. */
export function hintOfPassing(outcome: Outcome): string | null {
  return outcome.ok ? null : 'ran in a terminal when discovery saw it, and is gone';
}

/** The same alert as a hint: it has the lowest level, whatever its rule says, and calls nobody. */
export function asHint<Alarm extends { readonly rule: Rule; readonly about?: About }>(
  alarm: Alarm,
  hint: string,
): Alarm {
  return {
    ...alarm,
    rule: { ...alarm.rule, levels: { warning: 'low', critical: 'low' } },
    about: { ...alarm.about, summary: hint },
  };
}
