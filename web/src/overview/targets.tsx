import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Some } from '../../../src/core/fold.ts';
import { targetGroups } from '../../../src/core/target-groups.ts';
import type { Overview, TargetView } from '../../../src/core/view.ts';
import { count, healthOrder } from '../format/words.ts';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import type { OverviewSearch } from '../search.ts';
import { Gaps } from './gaps.tsx';
import { TargetFilter } from './target-filter.tsx';
import { TargetGroup } from './target-group.tsx';
import { TargetRow } from './target-row.tsx';
import styles from './targets.module.css';

function matches(target: TargetView, { q, health, system }: OverviewSearch): boolean {
  if (health !== undefined && target.health !== health) return false;
  if (system !== undefined && target.system !== system) return false;
  if (q === undefined) return true;
  const text = [
    target.name,
    target.system,
    target.address,
    target.environment ?? '',
    ...target.services,
  ].join(' ');
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}

function byNeed(a: TargetView, b: TargetView): number {
  return healthOrder.indexOf(a.health) - healthOrder.indexOf(b.health) || a.name.localeCompare(b.name);
}

export function Targets({ targets, gaps }: { targets: readonly TargetView[]; gaps: Overview['gaps'] }) {
  const search = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  const shown = useMemo(
    () => targets.filter((target) => matches(target, search)).sort(byNeed),
    [targets, search],
  );
  // What was searched for is not folded away again.
  const isSearch = search.q !== undefined || search.health !== undefined || search.system !== undefined;
  const groups = useMemo(
    () => (isSearch ? shown.map((one): Some<TargetView> => [one]) : targetGroups(shown)),
    [shown, isSearch],
  );
  const change = (next: OverviewSearch) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  return (
    <Panel title="Targets" count={targets.length} flush>
      <TargetFilter targets={targets} search={search} onChange={change} />
      <Gaps gaps={gaps} />
      <p className={styles.hidden} role="status">
        {count(shown.length, 'target')} shown
      </p>
      {shown.length === 0 ? (
        <Empty title="No target is like that">
          <button
            type="button"
            className={styles.clear}
            onClick={() => change({ q: undefined, health: undefined, system: undefined })}
          >
            Show all {targets.length}
          </button>
        </Empty>
      ) : (
        <ul className={styles.list} aria-label="Targets">
          {groups.map((group) =>
            group.length === 1 ? (
              <TargetRow key={group[0].name} target={group[0]} />
            ) : (
              <TargetGroup key={`${group[0].health} ${group[0].system} ${group[0].name}`} group={group} />
            ),
          )}
        </ul>
      )}
    </Panel>
  );
}
