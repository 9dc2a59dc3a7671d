import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { ApiError } from '../api/request.ts';
import { type RuleOnTarget, ruleQuery } from '../api/rules.ts';
import { formatCount, unknownText } from '../format/numbers.ts';
import { Age } from '../parts/age.tsx';
import table from '../parts/facts.module.css';
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
            <Panel title="On its targets" count={data.targets.length} flush>
              <ul aria-label="Targets of the rule">
                {data.targets.map((one) => (
                  <OnTarget key={`${one.target} ${labelText(one.where)}`} one={one} />
                ))}
              </ul>
            </Panel>
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
  ok: { word: 'does not fire', tone: 'ok' },
  pending: { word: 'pending', tone: 'warning' },
  firing: { word: 'firing', tone: 'critical' },
  unknown: { word: 'unknown', tone: 'unknown' },
} as const;

function OnTarget({ one }: { one: RuleOnTarget }) {
  const last = one.origins.at(-1);
  return (
    <li className={rows.row} data-over={!one.isEnabled || undefined}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <Link to="/targets/$name" params={{ name: one.target }} className={rows.title}>
            {one.target}
          </Link>
          {one.isEnabled ? null : <Chip tone="quiet">off</Chip>}
          <span>
            {[
              one.warning === null ? null : `warning ${one.warning}`,
              one.critical === null ? null : `critical ${one.critical}`,
            ]
              .filter((each) => each !== null)
              .join(', ')}
          </span>
        </p>
        <p className={rows.sub}>
          {last === undefined ? (
            'default of the system'
          ) : (
            <>
              from{' '}
              {one.origins
                .map(({ path, line, fields }) => `line ${line}: ${path} (${fields.join(', ')})`)
                .join('; ')}
            </>
          )}
        </p>
        {one.series.length === 0 ? (
          <p className={rows.sub}>No sample yet, so it is unknown.</p>
        ) : (
          <ScrollBox>
            <table className={table.table}>
              <thead>
                <tr>
                  <th scope="col">State</th>
                  <th scope="col">Series</th>
                  <th scope="col">Newest value</th>
                  <th scope="col">Since</th>
                </tr>
              </thead>
              <tbody>
                {one.series.slice(0, 30).map((series) => (
                  <tr key={labelText(series.labels)}>
                    <td data-width="short">
                      <Chip tone={phases[series.phase].tone}>{phases[series.phase].word}</Chip>
                    </td>
                    <td data-width="long">
                      <code>{labelText(series.labels) || 'the only one'}</code>
                      {series.reason === null ? '' : ` ${series.reason}`}
                    </td>
                    <td data-width="short">
                      {series.value === null ? unknownText : formatCount(series.value)}
                    </td>
                    <td data-width="short">{series.since === null ? '' : <Age at={series.since} />}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        )}
      </div>
    </li>
  );
}
