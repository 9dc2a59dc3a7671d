/** Which alerts may leave an incident for one of their own. Pure. */
import type { Alert } from '../alert.ts';
import { count } from '../count.ts';

export interface Choice {
  /** Ids of alerts, or their beginnings. */
  readonly alerts: readonly string[];
  /** Everything of these targets, also what has ended: it is their story. */
  readonly targets: readonly string[];
}

export type Leaving<One> =
  | { readonly kind: 'leave'; readonly alerts: readonly One[] }
  | { readonly kind: 'refused'; readonly why: string };

type Seen = Pick<Alert, 'id' | 'rule' | 'target' | 'state'>;

/** What is over is no trouble that goes on by itself, so at least one that leaves must fire; and one must stay. */
export function leavingOf<One extends Seen>(all: readonly One[], choice: Choice): Leaving<One> {
  const firing = all.filter(({ state }) => state === 'firing');
  const refuse = (why: string): Leaving<One> => ({ kind: 'refused', why: `${why}; ${offer(firing)}` });
  if (choice.alerts.length === 0 && choice.targets.length === 0) return refuse('name what leaves');
  for (const given of choice.alerts) {
    const found = all.filter(({ id }) => id.startsWith(given));
    const [one, ...others] = found;
    if (!one) return refuse(`no alert of this incident is called ${given}`);
    if (others.length > 0) return refuse(`${given} is the beginning of ${count(found.length, 'alert')}`);
    if (one.state !== 'firing') return refuse(`${one.rule} on ${one.target} (${given}) has ended`);
  }
  for (const target of choice.targets) {
    const own = all.filter((one) => one.target === target);
    if (own.length === 0) return refuse(`no alert of this incident is of ${target}`);
    if (own.every(({ state }) => state !== 'firing')) return refuse(`nothing of ${target} fires any more`);
  }
  const alerts = all.filter(
    ({ id, target }) =>
      choice.targets.includes(target) || choice.alerts.some((given) => id.startsWith(given)),
  );
  if (firing.every((one) => alerts.includes(one)))
    return refuse('everything that fires would leave, and an incident keeps at least one');
  return { kind: 'leave', alerts };
}

const mostOffered = 8;

function offer(firing: readonly Seen[]): string {
  if (firing.length === 0) return 'nothing of it fires, so nothing can be split off';
  if (firing.length === 1) return 'one alert of it fires, and that stays';
  const named = firing.slice(0, mostOffered).map(({ id, rule, target }) => `${target} (${rule}, ${id})`);
  const more = firing.length > mostOffered ? ` and ${firing.length - mostOffered} more` : '';
  return `these fire and can leave, by --targets or --alerts: ${named.join(', ')}${more}`;
}
