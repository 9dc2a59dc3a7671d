/** Patterns never seen before: statements, messages, error codes, whatever has a label of its own. */
import { createFirstSeen, defaultFirstSeen, type Sight, see } from '../novelty/first-seen.ts';
import { plain } from '../plain.ts';
import type { NewRule } from '../rule.ts';
import type { Memory, Seen } from './memory.ts';

/** By then what never reached the least is no news any more. */
const youngMs = 24 * 3_600_000;

/** The text of a statement or a line of a log may be a page. */
const longestName = 160;

/** `error "card_declined": never seen before`; the name is text of the watched system. */
function newsWords(label: string, key: string, { reason }: Sight): string {
  return `${label} "${plain(key, longestName)}": ${reason}`;
}

export function createNewMemory(rule: NewRule): Memory {
  const known = createFirstSeen({ ...defaultFirstSeen, learningMs: rule.learnMs });
  /** When what is told of was first told, and why. */
  const told = new Map<string, { readonly at: number; readonly reason: string }>();
  /** New, but little so far. */
  const young = new Map<string, { readonly at: number; readonly reason: string }>();
  const level = rule.critical ? 'critical' : 'warning';
  const least = rule.least ?? 0;

  function keyOf({ labels, value }: Seen): string | null {
    const key = labels[rule.label];
    return key === undefined || !(value > 0) ? null : key;
  }

  function grow(key: string, { at, value }: Seen) {
    const news = young.get(key);
    if (!news) return;
    if (at - news.at >= youngMs) young.delete(key);
    else if (value >= least) {
      young.delete(key);
      told.set(key, { at, reason: news.reason });
    }
  }

  return {
    learn(seen) {
      const key = keyOf(seen);
      if (key !== null) see(known, key, seen.at);
    },
    take(seen) {
      const key = keyOf(seen);
      const calm = { level: null, threshold: null } as const;
      if (key === null) return { ...calm, reason: `it has no ${rule.label}, or nothing came of it` };
      const sight = see(known, key, seen.at);
      if (sight.kind === 'learning') return { unknown: sight.reason };
      if (sight.kind === 'new' || (sight.kind === 'flood' && sight.isFirst)) {
        for (const [old, { at }] of young) if (seen.at - at >= youngMs) young.delete(old);
        young.set(key, { at: seen.at, reason: newsWords(rule.label, key, sight) });
      }
      grow(key, seen);
      const news = told.get(key);
      if (news && seen.at - news.at < rule.holdMs) return { level, threshold: null, reason: news.reason };
      told.delete(key);
      return { ...calm, reason: sight.reason };
    },
  };
}
