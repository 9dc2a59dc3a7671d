/** What the figures of incidents stand on, in words. Pure. */
import { count } from '../count.ts';
import type { IncidentStatistics } from './statistics.ts';

export type Measure = 'detect' | 'acknowledge' | 'mitigate' | 'resolve';

const missing: Readonly<Record<Measure, (amount: number) => string>> = {
  detect: (amount) => `${amount} ${amount === 1 ? 'has' : 'have'} no known start`,
  acknowledge: (amount) => `nobody acknowledged ${amount}`,
  mitigate: (amount) => `of ${amount} no mitigation is known`,
  resolve: (amount) => `${amount} ${amount === 1 ? 'is' : 'are'} still open`,
};

/** Why they are left out of all times. */
export function noOutageWords(noOutages: number): string {
  return `${noOutages} that told how something is set up or what comes due`;
}

/** `over 4 of 7 incidents; 3 have no known start`, for each time: a mean over few is no mean of all. */
export function basisOf(
  found: Pick<IncidentStatistics, Measure | 'incidents' | 'noOutages'>,
): Readonly<Record<Measure, string>> {
  const all = found.incidents - found.noOutages;
  const of = (measure: Measure) => {
    if (all === 0) return 'no incident';
    const { count: amount } = found[measure];
    const first = `over ${amount} of ${count(all, 'incident')}`;
    return amount === all ? first : `${first}; ${missing[measure](all - amount)}`;
  };
  return {
    detect: of('detect'),
    acknowledge: of('acknowledge'),
    mitigate: of('mitigate'),
    resolve: of('resolve'),
  };
}
