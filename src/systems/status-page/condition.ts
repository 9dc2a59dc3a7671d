/** What a page says, in the five states that status pages know. */
export const states = ['operational', 'maintenance', 'degraded', 'partial', 'major'] as const;
export type State = (typeof states)[number];

export function codeOf(state: State): number {
  return states.indexOf(state);
}

export interface Condition {
  /** Component; null where the page as a whole is meant. */
  readonly component: string | null;
  /** Null where the page uses a word that is not known. */
  readonly state: State | null;
  /** `Elevated error rates: We are investigating …` */
  readonly detail: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface PageReading {
  readonly name: string;
  readonly conditions: readonly Condition[];
  readonly incidents: number;
  /** Components that were asked for and are not on the page. */
  readonly absent: readonly string[];
  /** Names of all components that the page has. */
  readonly offered: readonly string[];
}

/** It is not what was expected; `message` says where. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Text of a page's HTML, in one line. */
export function plainText(html: string, longest = 500): string {
  const text = html
    .replace(/<(script|style)[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<[^>]{0,2000}>/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39|apos|nbsp);/g, (_, name: string) => entities[name] ?? ' ')
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  apos: "'",
  nbsp: ' ',
};
