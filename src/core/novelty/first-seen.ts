/**
 * Was this pattern ever seen before? For log templates, statement fingerprints, error codes: whatever has a key. Bounded
 * memory, a stated learning period, and no storm when everything is new at once.
 */

export interface FirstSeenSettings {
  /** Nothing counts as new before the source has been watched for so long. */
  readonly learningMs: number;
  /** Keys that are remembered; the one seen longest ago makes way. */
  readonly most: number;
  /** More new keys than this within an hour are one event, a flood: a release, or keys that are no patterns. */
  readonly mostNewPerHour: number;
}

export const defaultFirstSeen: FirstSeenSettings = {
  learningMs: 24 * 3_600_000,
  most: 2_000,
  mostNewPerHour: 10,
};

export interface Seen {
  readonly firstAt: number;
  lastAt: number;
  count: number;
}

/** `seen` in the order of the last sight. `Object.fromEntries`-able; `restoreFirstSeen` takes pairs back. */
export interface FirstSeen {
  readonly settings: FirstSeenSettings;
  readonly seen: Map<string, Seen>;
  /** When watching began, or null. */
  since: number | null;
  /** Times of the new keys of the last hour. */
  recent: number[];
}

export type Sight =
  | { readonly kind: 'learning'; readonly until: number; readonly reason: string }
  | { readonly kind: 'known'; readonly firstAt: number; readonly count: number; readonly reason: string }
  | { readonly kind: 'new'; readonly reason: string }
  /** New, but one of too many; `isFirst` marks the one to tell about. */
  | { readonly kind: 'flood'; readonly isFirst: boolean; readonly reason: string };

export function createFirstSeen(settings: FirstSeenSettings = defaultFirstSeen): FirstSeen {
  return { settings, seen: new Map(), since: null, recent: [] };
}

/** Judges a key by all before it, then remembers it; changes `state`. */
export function see(state: FirstSeen, key: string, at: number): Sight {
  state.since ??= at;
  const { learningMs, most, mostNewPerHour } = state.settings;
  const known = state.seen.get(key);
  if (known) {
    // Taken out and put in again, so that the map stays in the order of the last sight.
    state.seen.delete(key);
    known.lastAt = at;
    known.count++;
    state.seen.set(key, known);
  } else {
    state.seen.set(key, { firstAt: at, lastAt: at, count: 1 });
    if (state.seen.size > most) forgetOne(state);
  }
  const until = state.since + learningMs;
  if (at < until) return { kind: 'learning', until, reason: 'the source is still being learned' };
  if (known)
    return { kind: 'known', firstAt: known.firstAt, count: known.count, reason: `seen ${known.count} times` };
  state.recent = state.recent.filter((one) => one > at - 3_600_000);
  state.recent.push(at);
  if (state.recent.length <= mostNewPerHour) return { kind: 'new', reason: 'never seen before' };
  return {
    kind: 'flood',
    isFirst: state.recent.length === mostNewPerHour + 1,
    reason: `more than ${mostNewPerHour} new patterns within an hour`,
  };
}

function forgetOne({ seen }: FirstSeen): void {
  const oldest = seen.keys().next();
  if (!oldest.done) seen.delete(oldest.value);
}

/** Plain JSON, and back. */
export function saveFirstSeen({ seen, since }: FirstSeen): { since: number | null; seen: [string, Seen][] } {
  return { since, seen: structuredClone([...seen]) };
}

export function restoreFirstSeen(
  saved: ReturnType<typeof saveFirstSeen>,
  settings: FirstSeenSettings = defaultFirstSeen,
): FirstSeen {
  return { settings, seen: new Map(structuredClone(saved.seen)), since: saved.since, recent: [] };
}
