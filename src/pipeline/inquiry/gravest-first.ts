/** Puts independent troubles in the order of what they hurt now, where nobody asked for one of them. */
import type { Alert } from '../../core/alert.ts';
import type { Finding } from '../../core/evidence.ts';
import { type Hurt, independentTroubles } from '../../core/inquiry/independent.ts';
import { feltKinds, kindOfMetric } from '../../core/inquiry/metric-kind.ts';
import { metricNamed } from '../../core/sample.ts';
import { restsOn, sharedPlace } from '../../core/topology.ts';
import type { Estate, Watched } from '../bound.ts';

export function gravestFirst(
  findings: readonly Finding[],
  alerts: readonly Pick<Alert, 'target' | 'rule' | 'level'>[],
  { targets, topology }: Estate,
): readonly Finding[] {
  const hurts = alerts.map(
    ({ target, rule, level }): Hurt => ({ target, level, isFelt: isFelt(targets.get(target), rule) }),
  );
  const mayCause = (below: string, above: string) =>
    restsOn(topology, above, below) ||
    sharedPlace(topology, below, above) !== null ||
    (targets.get(below)?.bound.isMachine === true && livesHere(targets.get(above)));
  return independentTroubles(findings, hurts, mayCause).flatMap((trouble) => trouble.findings);
}

function isFelt(watched: Watched | undefined, id: string): boolean {
  const rule = watched?.settings.rules.find((one) => one.id === id);
  // A burning budget is made of what users felt.
  if (rule?.kind === 'burn-rate') return true;
  const metric = rule && watched && metricNamed(watched.metrics, rule.metric);
  return metric !== undefined && feltKinds.includes(kindOfMetric(rule?.metric ?? '', metric));
}

/** Hosts that are watched are the machine that Upkeep runs on. */
export function livesHere(watched: Watched | undefined): boolean {
  if (!watched) return false;
  const { settings, bound } = watched;
  return (
    ['process', 'container'].includes(settings.system) ||
    /^(?:unix:|\/)|(?:^|[/@])(?:127\.|localhost\b|\[::1\])/.test(bound.address)
  );
}
