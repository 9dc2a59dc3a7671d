/** Reads what was usual of what is told as slow: whoever is called wants to know how much worse it is. */
import type { Alert } from '../core/alert.ts';
import { metricOf } from '../core/burn-rate/readings.ts';
import type { Clock } from '../core/time.ts';
import { isOfPace, usualInWords, usualWithinMs } from '../core/usual-pace.ts';
import type { SampleStore } from '../store/samples/index.ts';
import { atMost } from './at-most.ts';
import type { Watched } from './bound.ts';

/** A page does not wait for what only explains it. */
const patienceMs = 100;
/** Alerts of one incident and more; the oldest are forgotten, and read again where they are told once more. */
const mostKept = 500;

type Told = Pick<Alert, 'id' | 'rule' | 'target' | 'labels' | 'since' | 'state'>;

/** `2 ms`; null where the rule judges no pace, too little was measured before, or the store of samples is busy. */
export type UsualPace = (alert: Told) => Promise<string | null>;

export function createUsualPace(options: {
  readonly clock: Clock;
  readonly targets: () => ReadonlyMap<string, Watched>;
  readonly range: SampleStore['range'];
}): UsualPace {
  /** By the id of the alert: what was before it does not change. */
  const kept = new Map<string, string | null>();
  return async (alert) => {
    const { id, target, labels, since } = alert;
    const known = kept.get(id);
    if (known !== undefined || alert.state !== 'firing') return known ?? null;
    const of = options.targets().get(target);
    const rule = of?.settings.rules.find((one) => one.id === alert.rule);
    if (!of || !rule || !isOfPace(rule, metricOf(of.metrics, rule.metric)?.unit)) return null;
    const span = { target, metric: rule.metric, labels, from: since - usualWithinMs, to: since };
    const work = options.range(span).then((series) => {
      kept.set(id, usualInWords(series.flatMap(({ values }) => values)));
      const [oldest] = kept.keys();
      if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
    });
    await atMost(options.clock, patienceMs, work);
    return kept.get(id) ?? null;
  };
}
