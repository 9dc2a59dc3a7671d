import { z } from 'zod';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';

export const journalList = defineVerb({
  name: 'journal.list',
  summary: 'Reads the journal, newest first',
  scope: 'read',
  changes: false,
  route: 'GET /journal',
  positional: [],
  examples: ['upkeep journal list --limit 20', 'upkeep journal list --subject target:db'],
  input: z.object({
    limit: z.coerce.number().int().min(1).max(500).default(100).describe('at most this many'),
    before: z.coerce.number().int().optional().describe('only entries with a smaller number'),
    subject: z.string().optional().describe('target:NAME, incident:ID or action:ID'),
  }),
  run: ({ ctx, input }) => journal.list(ctx.store.db, input),
});
