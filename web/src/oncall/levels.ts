import type { Level } from '../../../src/core/severity.ts';

/** The gravest first. */
export const levels: readonly Level[] = ['critical', 'high', 'medium', 'low'];
