import type { MetricView } from '../../../src/core/view.ts';
import { byWeight, isHeadline } from './metric-order.ts';

export interface MetricGroup {
  readonly name: string;
  readonly metrics: readonly MetricView[];
}

/** So many charts a page bears before it folds. */
const mostUnfolded = 14;
/** Judged ones that stand open on a page that folds. */
const mostLeading = 6;
const others = 'others';

/**
 * What is shown at once and what folds by family. What fires, the headline and the first of what rules judge always
 * stand open.
 */
export function metricGroups(
  metrics: readonly MetricView[],
  firingRules: ReadonlySet<string>,
): { readonly leading: readonly MetricView[]; readonly groups: readonly MetricGroup[] } {
  const isFiring = ({ thresholds }: MetricView) => thresholds.some(({ rule }) => firingRules.has(rule));
  const sorted = [...metrics].sort((a, b) => Number(isFiring(b)) - Number(isFiring(a)) || byWeight(a, b));
  if (sorted.length <= mostUnfolded) return { leading: sorted, groups: [] };
  const judged = sorted.filter(
    (metric) => !isFiring(metric) && !isHeadline(metric) && metric.thresholds.length > 0,
  );
  const open = new Set(judged.slice(0, mostLeading));
  const leads = (metric: MetricView) => isFiring(metric) || isHeadline(metric) || open.has(metric);
  const rest = Map.groupBy(
    sorted.filter((metric) => !leads(metric)),
    ({ metric }) => familyOf(metric),
  );
  const alone = [...rest]
    .filter(([name, own]) => own.length === 1 || name === others)
    .flatMap(([, own]) => own);
  const groups = [...rest]
    .filter(([name, own]) => own.length > 1 && name !== others)
    .map(([name, own]) => ({ name, metrics: own }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    leading: sorted.filter(leads),
    groups: alone.length === 0 ? groups : [...groups, { name: others, metrics: alone }],
  };
}

/** `postgres.wal.bytes` is of `wal`, `postgres.deadlocks` of none. */
function familyOf(metric: string): string {
  const parts = metric.split('.');
  return parts.length < 3 ? others : (parts[1] ?? others).replaceAll(/[_-]/g, ' ');
}
