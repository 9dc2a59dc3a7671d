import { z } from 'zod';
import type { EvidenceCheck } from '../../practices/recovery/evidence.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';

export interface Audit extends journal.Verification {
  readonly proofs: EvidenceCheck;
}

export const auditVerify = defineVerb({
  name: 'audit.verify',
  summary:
    'Checks the hash chain of the journal from its first entry to its last, and the signed evidence of every proof of a backup',
  scope: 'read',
  changes: false,
  route: 'GET /audit/verify',
  positional: [],
  examples: ['upkeep audit verify'],
  input: z.object({}),
  async run({ ctx }): Promise<Audit> {
    const chain = await journal.verify(ctx.store.db);
    const proofs = await ctx.recovery.checkEvidence();
    return { ...chain, ok: chain.ok && proofs.wrong.length === 0, proofs };
  },
});
