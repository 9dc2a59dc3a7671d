/** Many targets that say the same, told as one: what differs among a hundred is seen at once. Pure. */
import { grouped, type Some } from './fold.ts';
import type { Health, TargetView } from './view.ts';

/** More targets than these are folded. */
export const targetsListed = 20;
/** As few as these of a kind are listed also where others are folded, and as many names stand for the folded. */
export const targetsNamed = 3;

const worstFirst: readonly Health[] = ['critical', 'warning', 'unknown', 'ok'];

type Seen = Pick<TargetView, 'name' | 'system' | 'health' | 'detail' | 'why' | 'blindChecks' | 'openAlerts'>;

/**
 * The worst first; each alone where there are few. Well ones of one system are one, and so are those that fail with the
 * same words: addresses and figures may differ.
 */
export function targetGroups<One extends Seen>(targets: readonly One[]): Some<One>[] {
  const sorted = targets.toSorted((a, b) => worstFirst.indexOf(a.health) - worstFirst.indexOf(b.health));
  if (targets.length <= targetsListed) return sorted.map((one): Some<One> => [one]);
  return grouped(sorted, kindOf).flatMap((group) =>
    group.length <= targetsNamed ? group.map((one): Some<One> => [one]) : [group],
  );
}

/** What all of them say; without what differs from one to the other. Empty where they have nothing in common. */
export function groupWords(group: Some<Seen>): string {
  const said = group.map(saidBy);
  const [first] = said;
  if (first !== undefined && said.every((text) => text === first)) return first;
  const alike = said.map(shapeOf);
  return alike.every((text) => text === alike[0]) ? (alike[0] ?? '') : '';
}

function kindOf({ system, health, blindChecks = 0, ...target }: Seen): string {
  // A well one that an alert holds for, or that is seen in part only, is not like the others.
  if (health === 'ok' && target.openAlerts === 0) return `ok|${system}|${blindChecks}`;
  return `${health}|${system}|${blindChecks}|${shapeOf(saidBy(target))}`;
}

function saidBy({ why, detail }: Pick<Seen, 'why' | 'detail'>): string {
  return why ? `${why} · ${detail}` : detail;
}

/** `connect ECONNREFUSED 127.0.0.1:5432` -> `connect ECONNREFUSED …`; a status such as 503 stays. */
function shapeOf(text: string): string {
  return text
    .replaceAll(/\S+:\d+\b\S*/g, '…')
    .replaceAll(/\d+(?:[.,]\d+)?(?= (?:%|ms|s|m|min|h|d|B|KiB|MiB|GiB|×)(?!\w))/g, '…');
}
