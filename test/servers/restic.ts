import type { Binary } from './installed.ts';

export const restic: Binary = { name: 'restic', apt: 'restic' };
