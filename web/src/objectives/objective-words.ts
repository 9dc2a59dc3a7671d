import type { ObjectiveView } from '../api/objectives.ts';
import { formatAvailability, formatSeconds } from '../format/numbers.ts';

type Part = Pick<ObjectiveView, 'objective' | 'target' | 'latencyBelowMs'>;

/** `99.9 % available`, `95 % below 400 ms` */
export function objectiveWords({ target, latencyBelowMs }: Part): string {
  return latencyBelowMs === null
    ? `${formatAvailability(target)} available`
    : `${formatAvailability(target)} below ${formatSeconds(latencyBelowMs / 1_000)}`;
}

const counted: Record<ObjectiveView['by'], string> = {
  requests: 'the first requests were counted',
  time: 'a check of its targets has answered',
  checks: 'a check of its targets has measured how long it took',
};

/** What is lacking before there is a budget, and when there will be one. */
export function missingWords({ by }: Pick<ObjectiveView, 'by'>): string {
  return `No events yet, so nothing is known of the budget. The first one stands here about a minute after ${counted[by]}.`;
}

const little = 0.25;

/** At this burn 2 % of a budget of 30 days are gone in an hour, and somebody is paged (SRE workbook, chapter 5). */
const fastBurn = 14.4;

export function toneOf({
  left,
  burn,
}: Pick<ObjectiveView, 'left' | 'burn'>): 'unknown' | 'critical' | 'warning' | 'ok' {
  if (left === null) return 'unknown';
  if (left <= 0 || isFast({ burn })) return 'critical';
  return left < little ? 'warning' : 'ok';
}

function isFast({ burn }: Pick<ObjectiveView, 'burn'>): boolean {
  return burn !== null && burn >= fastBurn;
}

const leastMeasuredMs = 86_400_000;

/** Less than a day was measured, and it does not burn fast: how it burns now does not tell when the budget ends. */
export function isYoung({ measuredMs, burn }: Pick<ObjectiveView, 'measuredMs' | 'burn'>): boolean {
  return measuredMs < leastMeasuredMs && !isFast({ burn });
}
