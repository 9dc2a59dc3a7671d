import { z } from 'zod';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';

export const auditVerify = defineVerb({
  name: 'audit.verify',
  summary: 'Checks the hash chain of the journal from its first entry to its last',
  scope: 'read',
  changes: false,
  route: 'GET /audit/verify',
  positional: [],
  examples: ['upkeep audit verify'],
  input: z.object({}),
  run: ({ ctx }) => journal.verify(ctx.store.db),
});
