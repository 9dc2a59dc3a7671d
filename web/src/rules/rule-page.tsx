import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Some } from '../../../src/core/fold.ts';
import {
  foldedRows,
  phaseOf,
  type RuleOnTarget,
  type SeriesRow,
  sameSettings,
  seriesRows,
  settingsWords,
} from '../../../src/core/rule-settings.ts';
import { ApiError } from '../api/request.ts';
import { ruleQuery } from '../api/rules.ts';
import { unknownText } from '../format/numbers.ts';
import { Age } from '../parts/age.tsx';
import table from '../parts/facts.module.css';
import { TargetNames } from '../parts/fold.tsx';
import { Chip } from '../parts/marks.tsx';
import { NotFound } from '../parts/not-found.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import { Prose } from '../parts/prose.tsx';
import rows from '../parts/rows.module.css';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { FiringPanel } from './firing-panel.tsx';
import { labelText } from './label-text.ts';
import { ReplayPanel } from './replay-panel.tsx';
import styles from './rules.module.css';

export function RulePage() {
  const { rule: id } = useParams({ from: '/rules/$rule' });
  const rule = useQuery(ruleQuery(id));
  useTitle(id);
  if (rule.error instanceof ApiError && rule.error.status === 404) return <NotFound />;
  return (
    <Loaded query={rule} rows={6}>
      {(data) => (
        <>
          <PageHead
            above={
              <>
                <Link to="/rules">Rules</Link>
                <span aria-hidden>/</span>
                <code>{data.id}</code>
              </>
            }
            title={data.summary}
            lead={`A ${data.kind} rule on ${data.metric}.`}
          />
          <div className={rows.stack}>
            {sameSettings(data.targets).map((group) => (
              <SettingsPanel key={group[0].target} group={group} metric={data.metric} />
            ))}
            <ReplayPanel rule={data.id} targets={[...new Set(data.targets.map(({ target }) => target))]} />
            <FiringPanel title="Firings of the last 30 days" firings={data.firings} />
            {data.runbook === '' ? null : (
              <Panel title="Runbook">
                <Prose text={data.runbook} />
              </Panel>
            )}
          </div>
        </>
      )}
    </Loaded>
  );
}

const phases = {
  ok: { word: 'well', tone: 'ok' },
  pending: { word: 'pending', tone: 'warning' },
  firing: { word: 'firing', tone: 'critical' },
  unknown: { word: 'unknown', tone: 'unknown' },
} as const;

/** Targets with the same settings: the settings once, then where each stands. */
function SettingsPanel({ group, metric }: { group: Some<RuleOnTarget>; metric: string }) {
  const [isWhole, setWhole] = useState(false);
  const rows = seriesRows(group);
  const shown = isWhole ? rows.map((one): Some<SeriesRow> => [one]) : foldedRows(rows);
  const [first] = group;
  return (
    <Panel
      title={group.length === 1 ? `On ${first.target}` : 'On its targets'}
      count={group.length === 1 ? undefined : group.length}
    >
      <ul className={styles.settings} aria-label="Settings">
        {settingsWords(first, metric).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <ScrollBox label="Where it stands">
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Target</th>
              <th scope="col">Newest value</th>
              <th scope="col">Since</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((same) => (
              <SeriesLine key={`${same[0].target} ${labelText(same[0].series?.labels ?? {})}`} same={same} />
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {shown.length === rows.length ? null : (
        <button type="button" className={table.more} onClick={() => setWhole(true)}>
          Show all {rows.length} rows
        </button>
      )}
    </Panel>
  );
}

function SeriesLine({ same }: { same: Some<SeriesRow> }) {
  const [{ series }] = same;
  const { word, tone } = phases[phaseOf(same[0])];
  const values = new Set(same.map((one) => one.series?.said ?? unknownText));
  const labels = labelText(series?.labels ?? {});
  return (
    <tr>
      <td data-width="short">
        <Chip tone={tone}>{same.length === 1 ? word : `${same.length} × ${word}`}</Chip>
      </td>
      <td data-width="long">
        <TargetNames names={[...new Set(same.map(({ target }) => target))]} most={3} />{' '}
        {same.length > 1 || labels === '' ? null : <code>{labels}</code>}{' '}
        {series === null ? 'no sample yet' : series.reason}
      </td>
      <td data-width="short">{values.size === 1 ? [...values][0] : ''}</td>
      <td data-width="short">{series?.since == null ? '' : <Age at={series.since} />}</td>
    </tr>
  );
}
