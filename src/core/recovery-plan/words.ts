/** The recovery plan in short, the same words on the page, in Markdown and in the PDF. Pure. */
import { count } from '../count.ts';
import type { RecoveryPlan } from './plan.ts';

export interface RecoverySummary {
  /** `3 of 5 ways back rehearsed lately, 2 gaps` */
  readonly headline: string;
  readonly lead: string;
}

export function recoverySummary({ procedures }: Pick<RecoveryPlan, 'procedures'>): RecoverySummary {
  const ways = procedures.flatMap((procedure) => procedure.ways);
  const gaps = procedures.flatMap((procedure) => procedure.gaps).length;
  const good = ways.filter(({ state }) => state === 'rehearsed').length;
  const never = ways.filter(({ rehearsedAt }) => rehearsedAt === null).length;
  const lacking = gaps === 0 ? '' : `, ${count(gaps, 'gap')}`;
  return {
    headline:
      ways.length === 0
        ? `There is no way back from anything${lacking}`
        : `${good} of ${count(ways.length, 'way')} back rehearsed lately${lacking}`,
    lead:
      never === 0
        ? 'Times are those of the last rehearsal, not promises.'
        : `${count(never, 'way')} back ${never === 1 ? 'was' : 'were'} never rehearsed: nobody knows whether ${never === 1 ? 'it works, or how long it takes' : 'they work, or how long they take'}.`,
  };
}

/** Of a procedure that has neither a way back nor a gap. */
export const nothingDeclared = 'Nothing is declared that could be lost so.';
