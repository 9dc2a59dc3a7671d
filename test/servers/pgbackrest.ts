import type { Binary } from './installed.ts';

export const pgbackrestProgram: Binary = { name: 'pgbackrest', apt: 'pgbackrest' };
