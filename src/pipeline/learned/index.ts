/**
 * The memories of rules that learn. Each is made anew from the sample store when its series is first seen after a start:
 * one at a time, in the background, while what comes meanwhile waits and is unknown.
 */
import type { LearnedRule } from '../../core/rule.ts';
import type { Held, Judged } from '../../core/rule-kinds/judged.ts';
import { isSharedByTarget, type Memory, memoryFor, type Seen } from '../../core/rule-kinds/memory.ts';
import { memorySpan } from '../../core/rule-kinds/memory-span.ts';
import { labelKey } from '../../core/sample.ts';
import type { History } from './history.ts';

export interface Learning {
  /** Null while it cannot be told. */
  judge(rule: LearnedRule, target: string, seen: Seen, held: Held): Judged | null;
  /** Why a series is unknown; null when it is judged, or was never seen. */
  unknown(rule: LearnedRule, target: string, labels: Seen['labels']): string | null;
  /** Forgets what no rule asks for any more. */
  retain(isAsked: (rule: LearnedRule, target: string) => boolean): void;
  /** Resolves when nothing waits to be learned. */
  settled(): Promise<void>;
}

interface Entry {
  readonly rule: LearnedRule;
  readonly target: string;
  readonly memory: Memory;
  /** Null once learned. */
  waiting: Seen[] | null;
  unknown: string | null;
}

/** Some 40 KB each; a label with ever new values must not fill the heap. */
const mostMemories = 2_000;
const mostWaiting = 1_000;
const tooMany = `more than ${mostMemories} series are learned already`;

export function createLearning(options: {
  readonly history: History;
  readonly now: () => number;
  readonly warn?: (message: string) => void;
}): Learning {
  const entries = new Map<string, Entry>();
  let work: Promise<void> = Promise.resolve();

  function entryOf(rule: LearnedRule, target: string, labels: Seen['labels']): Entry | null {
    const key = keyOf(rule, target, labels);
    const known = entries.get(key);
    if (known && isSame(known.rule, rule)) return known;
    if (!known && entries.size >= mostMemories) return null;
    const entry: Entry = { rule, target, memory: memoryFor(rule), waiting: [], unknown: 'being learned' };
    entries.set(key, entry);
    work = work.then(() => learn(entry, labels));
    return entry;
  }

  async function learn(entry: Entry, labels: Seen['labels']): Promise<void> {
    const { rule, target, memory } = entry;
    try {
      const to = (entry.waiting?.[0]?.at ?? options.now()) - 1;
      for (const seen of await kept(rule, target, labels, to)) memory.learn(seen);
    } catch (error) {
      options.warn?.(`the history of ${rule.metric} of ${target} could not be read: ${String(error)}`);
    }
    const waiting = entry.waiting ?? [];
    entry.waiting = null;
    // What came meanwhile is known now; the next value is judged.
    for (const seen of waiting) memory.take(seen, { phase: 'ok', level: null });
  }

  async function kept(
    rule: LearnedRule,
    target: string,
    labels: Seen['labels'],
    to: number,
  ): Promise<Seen[]> {
    const { spanMs, stepMs } = memorySpan(rule);
    const span = { target, from: to - spanMs, to, stepMs };
    const pick =
      rule.kind === 'forecast' ? ({ pick: rule.direction === 'rising' ? 'max' : 'min' } as const) : {};
    const counter = 'isCounter' in rule && rule.isCounter;
    const found = await options.history({ ...span, metric: rule.metric, counter, ...pick });
    if (rule.kind === 'new')
      return found
        .flatMap((one) => one.points.map((point) => ({ ...point, labels: one.labels, of: null })))
        .sort((a, b) => a.at - b.at);
    const mine = found.find((one) => labelKey(one.labels) === labelKey(labels))?.points ?? [];
    const limits =
      rule.kind === 'forecast' && rule.of !== undefined ? await limitsOf(rule.of, span, labels) : null;
    return mine.map((point) => ({ ...point, labels, of: limits?.(point.at) ?? null }));
  }

  /** The limit at a time, of the same labels or of the whole target. */
  async function limitsOf(
    metric: string,
    span: { target: string; from: number; to: number; stepMs: number },
    labels: Seen['labels'],
  ) {
    const found = await options.history({ ...span, metric, counter: false });
    const series =
      found.find((one) => labelKey(one.labels) === labelKey(labels)) ??
      found.find((one) => labelKey(one.labels) === '');
    const byTime = new Map(series?.points.map(({ at, value }) => [at, value]));
    const newest = series?.points.at(-1)?.value ?? null;
    return (at: number) => byTime.get(at) ?? newest;
  }

  return {
    judge(rule, target, seen, held) {
      const entry = entryOf(rule, target, seen.labels);
      if (entry === null) return null;
      if (entry.waiting !== null) {
        if (entry.waiting.length < mostWaiting) entry.waiting.push(seen);
        return null;
      }
      const judged = entry.memory.take(seen, held);
      entry.unknown = 'unknown' in judged ? judged.unknown : null;
      return 'unknown' in judged ? null : judged;
    },
    unknown(rule, target, labels) {
      const entry = entries.get(keyOf(rule, target, labels));
      return entry ? entry.unknown : entries.size >= mostMemories ? tooMany : null;
    },
    retain(isAsked) {
      for (const [key, { rule, target }] of entries) if (!isAsked(rule, target)) entries.delete(key);
    },
    settled: () => work,
  };
}

function keyOf(rule: LearnedRule, target: string, labels: Seen['labels']): string {
  return isSharedByTarget(rule) ? `${rule.id}|${target}` : `${rule.id}|${target}|${labelKey(labels)}`;
}

/** Where it stands in the file changes nothing of it. */
function isSame(a: LearnedRule, b: LearnedRule): boolean {
  return a === b || JSON.stringify({ ...a, origins: [] }) === JSON.stringify({ ...b, origins: [] });
}
