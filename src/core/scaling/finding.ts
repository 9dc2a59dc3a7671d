/** What a decision about copies means, in a finding that recommends the change. Pure over its evidence. */
import { count } from '../count.ts';
import type { Evidence, Finding } from '../evidence.ts';

export function scalingFinding(
  evidence: readonly Evidence[],
  target: string,
  of: {
    readonly id: string;
    /** Id of the piece with the facts running, wanted, reason and because. */
    readonly evidence: string;
    readonly action: string;
    readonly input: (copies: number) => Readonly<Record<string, unknown>>;
    /** What is copied, where a target has several such: `web`. */
    readonly what?: string;
  },
): Finding[] {
  const facts = evidence.find(({ id }) => id === of.evidence)?.facts;
  const { running, wanted, reason, because } = facts ?? {};
  if (typeof running !== 'number' || typeof wanted !== 'number') return [];
  const isFull = reason === 'at-most';
  if (wanted === running && !isFull) return [];
  const who = of.what === undefined ? '' : ` of ${of.what}`;
  const run = `${count(running, 'copy', 'copies')}${who} ${running === 1 ? 'runs' : 'run'}`;
  const why = String(because);
  return [
    {
      id: of.id,
      target,
      summary: isFull
        ? `${run}, as many as may, and the load calls for more`
        : `${run}, ${wanted} are called for`,
      explanation: `${run}: ${why}.${isFull ? ' Raise `max` where the machine can bear it, or find out what makes the load.' : ''}`,
      confidence: 0.9,
      // A copy that is missing is none that was never needed.
      nature: reason === 'below-least' ? 'fault' : 'capacity',
      evidence: [of.evidence],
      unseen: [],
      recommendations: isFull ? [] : [{ action: of.action, target, input: of.input(wanted), why }],
    },
  ];
}
