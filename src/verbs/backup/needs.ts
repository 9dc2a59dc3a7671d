import { z } from 'zod';
import type { NeedView } from '../../core/backup/needs.ts';
import { defineVerb } from '../context.ts';

export const backupNeeds = defineVerb({
  name: 'backup.needs',
  summary:
    'What each backup lacks: settings and privileges of the database, its log, room, a disk of its own, keys kept elsewhere; each with the remedy',
  scope: 'read',
  changes: false,
  route: 'GET /backups/needs',
  positional: ['name'],
  examples: ['upkeep backup needs', 'upkeep backup needs shop'],
  input: z.object({
    name: z.string().optional().describe('name under backups:; all of them when left out'),
  }),
  run: ({ ctx, input }): Promise<NeedView[]> => ctx.recovery.needs(input.name),
});
