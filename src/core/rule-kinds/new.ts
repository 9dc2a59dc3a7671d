/** Patterns never seen before: statements, messages, error codes, whatever has a label of its own. */
import { createFirstSeen, defaultFirstSeen, see } from '../novelty/first-seen.ts';
import type { NewRule } from '../rule.ts';
import type { Memory, Seen } from './memory.ts';

export function createNewMemory(rule: NewRule): Memory {
  const known = createFirstSeen({ ...defaultFirstSeen, learningMs: rule.learnMs });
  /** When what is told of was first seen, and why it is told. */
  const told = new Map<string, { readonly at: number; readonly reason: string }>();
  const level = rule.critical ? 'critical' : 'warning';

  function keyOf({ labels, value }: Seen): string | null {
    const key = labels[rule.label];
    return key === undefined || !(value > 0) ? null : key;
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
      if (sight.kind === 'new' || (sight.kind === 'flood' && sight.isFirst))
        told.set(key, { at: seen.at, reason: sight.reason });
      const news = told.get(key);
      if (news && seen.at - news.at < rule.holdMs) return { level, threshold: null, reason: news.reason };
      told.delete(key);
      return { ...calm, reason: sight.reason };
    },
  };
}
