import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type RuleRow, rulesQuery } from '../api/rules.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { Group } from '../parts/fold.tsx';
import { Chip } from '../parts/marks.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { ruleGroups } from './rule-groups.ts';
import { TuningPanel } from './tuning-panel.tsx';

export function RulesPage() {
  useTitle('Rules');
  const { q } = useSearch({ from: '/rules' });
  const navigate = useNavigate({ from: '/rules' });
  const rules = useQuery(rulesQuery);
  const wanted = (q ?? '').toLowerCase();
  const shown = (list: readonly RuleRow[]) =>
    list.filter((rule) =>
      `${rule.id} ${rule.summary} ${rule.kind} ${rule.targets.join(' ')}`.toLowerCase().includes(wanted),
    );
  return (
    <>
      <PageHead
        title="Rules"
        lead="What makes an alert, on which targets, and how often it did in thirty days. Thresholds are changed in upkeep.yaml; a rule’s page shows what another one would have done."
      />
      <div className={rows.stack}>
        <Panel
          title="Rules in force"
          count={rules.data === undefined ? undefined : shown(rules.data).length}
          flush
          aside={
            <TextInput
              type="search"
              size="sm"
              aria-label="Find a rule"
              placeholder="Rule, target, kind  ( / )"
              leftSection={<IconSearch size={15} />}
              value={q ?? ''}
              onChange={(event) => {
                const text = event.currentTarget.value || undefined;
                void navigate({ search: { q: text }, replace: true, resetScroll: false });
              }}
            />
          }
        >
          <Loaded query={rules} rows={6}>
            {(list) =>
              shown(list).length === 0 ? (
                <Empty title={list.length === 0 ? 'Nothing is watched yet' : 'No rule is like that'} />
              ) : (
                <Groups rules={shown(list)} isSearched={wanted !== ''} />
              )
            }
          </Loaded>
        </Panel>
        <TuningPanel />
      </div>
    </>
  );
}

/** What fired lately first; the rest by the system that they come with, folded where that would be a long page. */
function Groups({ rules, isSearched }: { rules: readonly RuleRow[]; isSearched: boolean }) {
  const { lately, groups } = ruleGroups(rules);
  const isFolded = !isSearched && rules.length > mostUnfolded;
  return (
    <>
      {lately.length === 0 ? null : (
        <ul aria-label="Fired lately">
          {lately.map((rule) => (
            <Row key={rule.id} rule={rule} />
          ))}
        </ul>
      )}
      {groups.map(({ name, rules: own }) => (
        <Group
          key={`${name} ${String(isFolded)}`}
          name={name}
          note={count(own.length, 'rule')}
          isOpen={!isFolded}
        >
          <ul aria-label={`Rules of ${name}`}>
            {own.map((rule) => (
              <Row key={rule.id} rule={rule} />
            ))}
          </ul>
        </Group>
      ))}
    </>
  );
}

const mostUnfolded = 25;

function Row({ rule }: { rule: RuleRow }) {
  const levels = [
    rule.warning === null ? null : `warning ${rule.warning}`,
    rule.critical === null ? null : `critical ${rule.critical}`,
  ].filter((each) => each !== null);
  return (
    <li className={rows.row} data-over={!rule.isEnabled || undefined}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <Link to="/rules/$rule" params={{ rule: rule.id }} className={rows.title}>
            {rule.summary}
          </Link>
          {rule.firing > 0 ? <Chip tone="critical">{rule.firing} firing</Chip> : null}
          {rule.isEnabled ? null : <Chip tone="quiet">off</Chip>}
          {rule.isOverridden ? <Chip tone="low">set in upkeep.yaml</Chip> : null}
        </p>
        <p className={rows.sub}>
          <code>{rule.id}</code> · {rule.kind}
          {levels.length === 0 ? '' : ` · ${levels.join(', ')}`}
        </p>
        <p className={rows.sub}>
          {rule.targets.slice(0, 4).join(', ')}
          {rule.targets.length > 4 ? ` and ${rule.targets.length - 4} more` : ''}
        </p>
      </div>
      <span className={rows.sub}>
        {rule.firedIn30Days === 0 ? (
          'not in 30 days'
        ) : (
          <>
            {count(rule.firedIn30Days, 'time')} in 30 days
            {rule.lastFiredAt === null ? null : (
              <>
                , last <Age at={rule.lastFiredAt} />
              </>
            )}
          </>
        )}
      </span>
    </li>
  );
}
