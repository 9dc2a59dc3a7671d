import type { RuleRow } from '../api/rules.ts';

type Row = Pick<RuleRow, 'id' | 'firing' | 'firedIn30Days' | 'lastFiredAt'>;

export interface RuleGroup<R extends Row> {
  /** What stands before the dot of their ids. */
  readonly name: string;
  readonly rules: readonly R[];
}

/** What fires or fired in thirty days, the newest first, and the rest by family. */
export function ruleGroups<R extends Row>(
  rules: readonly R[],
): { readonly lately: readonly R[]; readonly groups: readonly RuleGroup<R>[] } {
  const isLately = ({ firing, firedIn30Days }: Row) => firing > 0 || firedIn30Days > 0;
  const lately = rules
    .filter(isLately)
    .sort(
      (a, b) => Number(b.firing > 0) - Number(a.firing > 0) || (b.lastFiredAt ?? 0) - (a.lastFiredAt ?? 0),
    );
  const byName = Map.groupBy(
    rules.filter((rule) => !isLately(rule)),
    ({ id }) => id.split('.')[0] ?? id,
  );
  const groups = [...byName].map(([name, own]) => ({ name, rules: own }));
  return { lately, groups: groups.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}
