import { z } from 'zod';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import type { PostgresConnection } from '../client.ts';
import { placeNow, type Reads, sendTo, switchStep, unfitBecause } from '../reads.ts';

const input = z.strictObject({
  to: z.string().min(1).describe('The place that shall get the readers; one of `reads.places`'),
});

export const moveReads = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.move-reads',
  summary:
    'Sends readers from this server to another that is up, in step and has room, by the declared programs',
  risk: 'risky',
  input,
  privileges:
    'Whatever the declared programs need; run Upkeep as a user that may run them, or declare sudo with one fixed command',

  async plan(conn, { to }, ctx) {
    const { reads } = conn.config;
    if (reads === undefined) return { refused: 'no `reads` are declared for it' };
    if (!reads.places.includes(to))
      return { refused: `${to} is not among \`reads.places\`: ${reads.places.join(', ')}` };
    const from = await placeNow(conn, reads, ctx.signal);
    if (from !== reads.here) return { refused: `readers are sent to ${from}, not to ${reads.here}` };
    const unfit = unfitBecause(to, ctx);
    if (unfit !== undefined) return { refused: unfit };
    return {
      summary: `Send readers from ${from} to ${to}`,
      steps: [switchStep(reads, to)],
      before: { place: from },
      expect: `readers are sent to ${to}, and ${to} stays up, in step and has connections left`,
      undo: { possible: true, how: switchStep(reads, from) },
      touches: ['production-change'],
      subjects: ['readers'],
      verifyWithinMs: 30_000,
      holdMs: 30_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { to } = input.parse(plan.input);
    const reads = declared(conn);
    demandSteps(plan, [switchStep(reads, to)]);
    const unfit = unfitBecause(to, ctx);
    if (unfit !== undefined) throw new Error(`${unfit}; nothing was done`);
    return move(conn, reads, String(plan.before.place), to, ctx);
  },

  async verify(conn, plan, ctx) {
    const { to } = input.parse(plan.input);
    const place = await placeNow(conn, declared(conn), ctx.signal);
    const after = { place };
    if (place !== to) return { good: false, detail: `readers are sent to ${place}`, after };
    const unfit = unfitBecause(to, ctx);
    return { good: unfit === undefined, detail: unfit ?? `readers are sent to ${to}, which is well`, after };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { to } = input.parse(plan.input);
    const reads = declared(conn);
    return move(conn, reads, to, String(plan.before.place), ctx);
  },
});

function declared({ config }: PostgresConnection): Reads {
  if (config.reads === undefined) throw new Error('no `reads` are declared any more');
  return config.reads;
}

async function move(
  conn: PostgresConnection,
  reads: Reads,
  from: string,
  to: string,
  { signal }: ActionContext,
): Promise<string> {
  const now = await placeNow(conn, reads, signal);
  if (now === to) return `readers are sent to ${to} already; nothing was done`;
  if (now !== from) throw new Error(`somebody sent readers to ${now} meanwhile; make a new plan`);
  await sendTo(conn, reads, to, signal);
  return `readers are sent to ${to}, it was ${from}`;
}
