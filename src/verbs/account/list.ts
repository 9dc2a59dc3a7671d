import { z } from 'zod';
import * as accounts from '../../store/accounts.ts';
import { defineVerb } from '../context.ts';

export const accountList = defineVerb({
  name: 'account.list',
  summary: 'Lists the accounts of the dashboard, their roles and since when they exist',
  scope: 'admin',
  changes: false,
  route: 'GET /accounts',
  positional: [],
  examples: ['upkeep account list'],
  input: z.object({}),
  run: ({ ctx }) => accounts.list(ctx.store.db),
});
