/**
 * Finds the template behind log lines: masked lines of the same length that agree in most words are one message, the words
 * that differ become `<*>`. After Drain (He et al., ICWS 2017) with its tree cut to length and first word. Bounded memory.
 */
import { masked } from './mask.ts';

/** Share of words that must agree. Source: Drain's evaluation, 0.4 to 0.6 depending on the log. */
const alike = 0.6;
const mostWords = 60;
const wildcard = '<*>';

export interface LogTemplate {
  /** Stays the same while the template grows more general. */
  readonly id: number;
  words: string[];
  /** How many lines came, and when the last did. */
  count: number;
  lastAt: number;
}

/** Plain data: may be stored as JSON. */
export interface LogTemplates {
  /** Templates that are remembered at most; the one seen longest ago makes way. */
  readonly most: number;
  nextId: number;
  /** By length and first word. */
  readonly groups: Record<string, LogTemplate[]>;
  size: number;
}

export interface TemplateMatch {
  readonly id: number;
  /** `connection from <ip> refused for <*>` */
  readonly template: string;
  /** No template fitted: this one was made. */
  readonly isNew: boolean;
}

export function createLogTemplates(most = 1_000): LogTemplates {
  return { most, nextId: 1, groups: {}, size: 0 };
}

/** Finds or makes the template of a line; changes `templates`. */
export function matchTemplate(templates: LogTemplates, line: string, at: number): TemplateMatch {
  const words = masked(line).split(' ').slice(0, mostWords);
  const key = `${words.length} ${words[0]?.includes('<') ? wildcard : words[0]}`;
  templates.groups[key] ??= [];
  const group = templates.groups[key];
  let best: LogTemplate | null = null;
  let bestShare = alike;
  for (const one of group) {
    const share = agreement(one.words, words);
    if (share < bestShare) continue;
    best = one;
    bestShare = share;
  }
  if (best) {
    best.words = best.words.map((word, i) => (word === words[i] ? word : wildcard));
    best.count++;
    best.lastAt = at;
    return { id: best.id, template: best.words.join(' '), isNew: false };
  }
  const made: LogTemplate = { id: templates.nextId++, words, count: 1, lastAt: at };
  group.push(made);
  templates.size++;
  if (templates.size > templates.most) forgetOldest(templates, made);
  return { id: made.id, template: words.join(' '), isNew: true };
}

function agreement(template: readonly string[], words: readonly string[]): number {
  let same = 0;
  for (const [i, word] of template.entries()) if (word === words[i] || word === wildcard) same++;
  return same / template.length;
}

/** A tenth at once, so that a flood of new lines does not search all of them for each. */
function forgetOldest(templates: LogTemplates, keep: LogTemplate): void {
  const all = Object.values(templates.groups).flat();
  const oldest = all.filter((one) => one !== keep).sort((a, b) => a.lastAt - b.lastAt);
  const gone = new Set(oldest.slice(0, Math.max(1, Math.floor(templates.most / 10))));
  for (const [key, group] of Object.entries(templates.groups)) {
    const left = group.filter((one) => !gone.has(one));
    if (left.length === 0) delete templates.groups[key];
    else templates.groups[key] = left;
  }
  templates.size -= gone.size;
}
