import type { Level } from '../../../src/core/severity.ts';

/** The gravest first. */
export const levels: readonly Level[] = ['critical', 'high', 'medium', 'low'];

export function levelOf(text: string): Level {
  return levels.find((level) => level === text) ?? 'high';
}
