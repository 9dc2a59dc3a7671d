import { IconWorld } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ComponentState, StatusPageView } from '../../../src/core/status-page.ts';
import { configurationQuery, sessionQuery } from '../api/queries.ts';
import { statusPageQuery } from '../api/status-page.ts';
import { formatAvailability } from '../format/numbers.ts';
import type { Tone } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { PageButtons } from './page-buttons.tsx';
import { PublicUpdates } from './public-updates.tsx';
import { SubscriberPanel } from './subscriber-panel.tsx';

const states: Record<ComponentState, { readonly word: string; readonly tone: Tone }> = {
  operational: { word: 'Operational', tone: 'ok' },
  unknown: { word: 'Unknown', tone: 'unknown' },
  maintenance: { word: 'Maintenance', tone: 'busy' },
  degraded: { word: 'Degraded', tone: 'warning' },
  partial: { word: 'Partial outage', tone: 'high' },
  major: { word: 'Major outage', tone: 'critical' },
};

const readers: Record<StatusPageView['access'], string> = {
  off: 'Upkeep serves it to nobody; its files are written for a web server of yours.',
  link: 'Who has its secret address may read it.',
  public: 'Everybody may read it.',
};

export function StatusPagePage() {
  useTitle('Status page');
  const { data: configuration, isError } = useQuery(configurationQuery);
  const page = useQuery({ ...statusPageQuery, enabled: configuration?.hasStatusPage ?? isError });
  const account = useQuery(sessionQuery).data?.account;
  const isMissing = configuration?.hasStatusPage === false;
  return (
    <>
      <PageHead
        title="Status page"
        lead="What the users of your services are told: components, incidents and maintenance in general words."
        aside={page.data === undefined ? undefined : <PageButtons page={page.data} />}
      />
      {isMissing ? (
        <Panel title="Components">
          <Empty icon={<IconWorld size={28} />} title="There is no status page yet">
            Write <code>statusPage:</code> in upkeep.yaml; docs/guide/status-page.md has it in ten lines.
          </Empty>
        </Panel>
      ) : (
        <Loaded query={page} rows={5}>
          {(data) => (
            <div className={rows.stack}>
              <Components page={data} />
              <PublicUpdates />
              {account?.scopes.includes('admin') ? <SubscriberPanel /> : null}
            </div>
          )}
        </Loaded>
      )}
    </>
  );
}

function State({ state }: { state: ComponentState }) {
  const { word, tone } = states[state];
  return <Chip tone={tone}>{word}</Chip>;
}

function Components({ page }: { page: StatusPageView }) {
  return (
    <Panel title={page.title} aside={<State state={page.overall} />} flush>
      <ul aria-label="Components">
        {page.components.map(({ name, group, state, uptime }) => (
          <li key={`${group ?? ''} ${name}`} className={rows.row}>
            <div className={rows.what}>
              <strong className={rows.title}>{name}</strong>
              <p className={rows.sub}>
                {group === null ? '' : `${group} · `}
                {uptime === null
                  ? 'nothing was measured yet'
                  : `${formatAvailability(uptime)} available over the days it shows`}
              </p>
            </div>
            <State state={state} />
          </li>
        ))}
        <li className={rows.row}>
          <p className={rows.sub}>
            {readers[page.access]} Written <Age at={page.writtenAt} /> to <code>{page.folder}</code>.
          </p>
        </li>
        {page.problem === null ? null : (
          <li className={rows.row} role="alert">
            <p>
              <Chip tone="critical">not written</Chip> {page.problem}
            </p>
          </li>
        )}
      </ul>
    </Panel>
  );
}
