import { z } from 'zod';
import { defineVerb } from '../context.ts';
import { addressFor } from './create.ts';

export const heartbeatRotate = defineVerb({
  name: 'heartbeat.rotate',
  summary: 'Makes a new secret address for a job; the old one is no longer known at once',
  scope: 'operate',
  changes: true,
  credential: true,
  route: 'POST /heartbeats/:target/rotate',
  positional: ['target'],
  examples: ['upkeep heartbeat rotate backup'],
  input: z.object({ target: z.string().describe('name of the heartbeat in upkeep.yaml') }),
  run: ({ ctx, input, actor }) => addressFor(ctx, input.target, actor.name, true),
});
