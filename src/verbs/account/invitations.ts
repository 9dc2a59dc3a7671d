import { z } from 'zod';
import * as invitations from '../../store/invitations.ts';
import { defineVerb } from '../context.ts';

export const accountInvitations = defineVerb({
  name: 'account.invitations',
  summary: 'Lists the invitations that wait, without their links',
  scope: 'admin',
  changes: false,
  route: 'GET /accounts/invitations',
  positional: [],
  examples: ['upkeep account invitations'],
  input: z.object({}),
  run: ({ ctx }) => invitations.list(ctx.store.db, ctx.clock.now()),
});
