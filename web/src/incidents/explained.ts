import type { Finding } from '../../../src/core/evidence.ts';

/** The paragraph, and the commands at its end for a box of their own, one a line; null where it names none. */
export function explained({ explanation, next }: Pick<Finding, 'explanation' | 'next'>): {
  readonly text: string;
  readonly commands: string | null;
} {
  if (next === undefined || !explanation.endsWith(next)) return { text: explanation, commands: null };
  return { text: explanation.slice(0, -next.length).trimEnd(), commands: next.replaceAll('; ', '\n') };
}
