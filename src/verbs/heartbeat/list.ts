import { z } from 'zod';
import { defineVerb } from '../context.ts';

export const heartbeatList = defineVerb({
  name: 'heartbeat.list',
  summary: 'Lists the jobs that report their runs, with the last one of each',
  scope: 'read',
  changes: false,
  route: 'GET /heartbeats',
  positional: [],
  examples: ['upkeep heartbeat list'],
  input: z.object({}),
  run: async ({ ctx }) =>
    ctx.intake.heartbeats.list().map(({ target, createdAt, createdBy, heartbeat }) => ({
      target,
      hasAddress: createdAt !== null,
      createdAt,
      createdBy,
      lastAt: heartbeat?.lastAt ?? null,
      outcome: heartbeat?.outcome ?? null,
      reason: heartbeat?.reason ?? null,
      durationMs: heartbeat?.durationMs ?? null,
      runs: heartbeat?.runs ?? 0,
      output: heartbeat?.output ?? null,
    })),
});
