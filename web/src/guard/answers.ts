/** The guard's three answers, in words. */
import type { Judgement } from '../../../src/core/guard/judge.ts';
import type { Tone } from '../format/words.ts';

export const answers: Readonly<
  Record<Judgement['kind'], { readonly short: string; readonly long: string; readonly tone: Tone }>
> = {
  allow: { short: 'By itself', long: 'Yes, by itself', tone: 'ok' },
  ask: { short: 'After a yes', long: 'Only after somebody’s yes', tone: 'warning' },
  deny: { short: 'No', long: 'No', tone: 'critical' },
};

/** `policy always: process.restart on api` and `no policy names …` as a sentence. */
export function reasonText(reason: string): string {
  const text = reason
    .split('; ')
    .map((part) =>
      part
        .replace(/^policy always: (.*)$/, 'The policy lets it: $1')
        .replace(/^policy ask: (.*)$/, 'The policy wants a person to decide: $1')
        .replace(/^policy never: (.*)$/, 'The policy forbids it: $1'),
    )
    .join('; ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** No line of the policy is about it. */
export function isUnnamed({ kind, reason }: Judgement): boolean {
  return kind === 'deny' && reason.startsWith('no policy names ');
}
