/**
 * How many copies there should be, by target tracking as AWS and the Kubernetes autoscaler do it: as many as bring the
 * mean load back to the target. Out soon, in late, by bounds, with a pause after each change.
 */

export interface Scaling {
  readonly least: number;
  readonly most: number;
  /** Mean load of a copy that is aimed at, 0 to 1. */
  readonly target: number;
  /** How long the load must be above the target before there is one more, and below before there is one less. */
  readonly outAfterMs: number;
  readonly inAfterMs: number;
  /** Nothing is changed for so long after a change, whoever made it. */
  readonly cooldownMs: number;
}

/** 70 % CPU; out after a minute, in after five. */
export const defaultScaling: Scaling = {
  least: 1,
  most: 4,
  target: 0.7,
  outAfterMs: 60_000,
  inAfterMs: 300_000,
  cooldownMs: 120_000,
};

export interface Load {
  readonly at: number;
  /** Mean over all copies, 0 to 1. */
  readonly load: number;
}

export type ScalingReason =
  | 'below-least'
  | 'above-most'
  | 'cooling-down'
  | 'load-unknown'
  | 'load-above-target'
  | 'load-below-target'
  | 'at-most'
  | 'at-least'
  | 'steady';

export interface ScalingDecision {
  readonly copies: number;
  readonly reason: ScalingReason;
}

/** Within a tenth of the target nothing is changed (the tolerance of the Kubernetes autoscaler). */
const tolerance = 0.1;
/** A span counts as seen when there are samples from its first fifth on. */
const seenShare = 0.8;

/**
 * @param loads oldest first; gaps are unknown, and what is unknown changes nothing
 * @param changedAt when the number was changed last; null where never
 */
export function copiesFor(
  scaling: Scaling,
  copies: number,
  loads: readonly Load[],
  changedAt: number | null,
  now: number,
): ScalingDecision {
  if (copies < scaling.least) return { copies: scaling.least, reason: 'below-least' };
  if (copies > scaling.most) return { copies: scaling.most, reason: 'above-most' };
  const stay = (reason: ScalingReason): ScalingDecision => ({ copies, reason });
  if (changedAt !== null && now - changedAt < scaling.cooldownMs) return stay('cooling-down');
  // Loads of before a change are those of another number of copies.
  const since = loads.filter(({ at }) => at <= now && (changedAt === null || at > changedAt));
  const out = spanOf(since, scaling.outAfterMs, now);
  if (out === undefined) return stay('load-unknown');
  if (out.lowest > scaling.target * (1 + tolerance)) {
    const wanted = Math.ceil((copies * out.mean) / scaling.target);
    const next = Math.min(scaling.most, Math.max(copies + 1, wanted));
    return next > copies ? { copies: next, reason: 'load-above-target' } : stay('at-most');
  }
  const back = spanOf(since, scaling.inAfterMs, now);
  if (back === undefined || copies === 0) return stay('steady');
  // The rest must bear the load of all without being above the target themselves.
  if ((back.highest * copies) / Math.max(1, copies - 1) >= scaling.target * (1 - tolerance))
    return stay('steady');
  return copies > scaling.least ? { copies: copies - 1, reason: 'load-below-target' } : stay('at-least');
}

interface Span {
  readonly lowest: number;
  readonly highest: number;
  readonly mean: number;
}

function spanOf(loads: readonly Load[], overMs: number, now: number): Span | undefined {
  const within = loads.filter(({ at }) => now - at <= overMs);
  const [first] = within;
  if (first === undefined || now - first.at < overMs * seenShare) return undefined;
  const values = within.map(({ load }) => load);
  return {
    lowest: Math.min(...values),
    highest: Math.max(...values),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  };
}
