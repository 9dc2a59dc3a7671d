import { z } from 'zod';
import { underWay } from '../../core/action-states.ts';
import * as actionRows from '../../store/actions.ts';
import { defineVerb } from '../context.ts';

const groups = {
  waiting: ['awaiting-approval'],
  running: underWay,
  ended: ['done', 'failed', 'undone', 'refused', 'denied', 'expired', 'withdrawn', 'interrupted'],
} as const;

export const actionList = defineVerb({
  name: 'action.list',
  summary: 'Lists actions: those that wait for approval, that run, or that ended',
  scope: 'read',
  changes: false,
  route: 'GET /actions',
  positional: [],
  examples: ['upkeep action list', 'upkeep action list --state waiting --json'],
  input: z.object({
    state: z.enum(['waiting', 'running', 'ended', 'all']).default('all').describe('which actions'),
    limit: z.coerce.number().int().min(1).max(500).default(100).describe('at most this many'),
  }),
  run({ ctx, input }) {
    const states = input.state === 'all' ? undefined : groups[input.state];
    return actionRows.list(ctx.store.db, { limit: input.limit, ...(states ? { states } : {}) });
  },
});
