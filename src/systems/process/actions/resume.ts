import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { GuardRefusal, Permit } from '../../../core/guard.ts';
import type { ProcessConnection } from '../connection.ts';
import { locate, protectedBecause } from '../locate.ts';
import { isSameProcess, plannedFor, signalExactly } from './identity.ts';

export const resume = defineAction<ProcessConnection, z.ZodObject>({
  id: 'process.resume',
  summary: 'Wakes the declared process when a signal has stopped it (SIGCONT)',
  risk: 'safe',
  mends: true,
  input: z.strictObject({}),
  privileges: 'The same user as the process, or root (CAP_KILL)',

  async plan(conn) {
    const located = await locate(conn.config, conn.folder);
    if (located.kind !== 'found') return { refused: located.detail };
    const { facts } = located;
    const who = `pid ${facts.pid} (${facts.name})`;
    if (facts.letter === 't') return { refused: `${who} is held by a debugger, which alone can let it go` };
    if (facts.state !== 'stopped') return { refused: `${who} is not stopped` };
    const isProtected = await protectedBecause(facts);
    if (isProtected !== undefined) return { refused: isProtected };
    return {
      summary: `wake ${who}`,
      steps: [`kill -CONT ${facts.pid}`],
      before: { pid: facts.pid, startTicks: facts.startTicks, state: facts.state },
      expect: 'the same process runs again',
      undo: { possible: false, how: 'nothing needs taking back: it goes on where it was' },
      subjects: ['process'],
      verifyWithinMs: 5_000,
      holdMs: 3_000,
    };
  },

  async apply(conn, plan, permit) {
    if (!Permit.isGenuine(permit)) throw new GuardRefusal('this permit was not issued by the guard');
    const planned = plannedFor(plan.before);
    const located = await locate(conn.config, conn.folder);
    if (planned === undefined || located.kind !== 'found' || !isSameProcess(located.facts, planned)) {
      throw new Error(`pid ${String(plan.before.pid)} is not the process that was to be woken any more`);
    }
    if (located.facts.state !== 'stopped') return `pid ${planned.pid} runs already; nothing was done`;
    const isSent = await signalExactly(planned, 'SIGCONT');
    if (!isSent) throw new Error(`pid ${planned.pid} has ended`);
    return `SIGCONT sent to pid ${planned.pid}`;
  },

  async verify(conn) {
    const located = await locate(conn.config, conn.folder);
    if (located.kind !== 'found') return { good: false, detail: located.detail };
    const { facts } = located;
    const after = { pid: facts.pid, startTicks: facts.startTicks, state: facts.state };
    if (facts.state === 'stopped') return { good: false, detail: `pid ${facts.pid} is still stopped`, after };
    return { good: true, detail: `pid ${facts.pid} (${facts.name}) runs`, after };
  },
});
