import { NativeSelect, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { overviewQuery } from '../api/queries.ts';
import { type LogsSearch, logLinesQuery } from '../api/question.ts';
import { ApiError } from '../api/request.ts';
import { CodeText } from '../parts/copy.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loading } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { LinePanel } from './line-panel.tsx';
import styles from './logs.module.css';
import { PatternPanel } from './pattern-panel.tsx';

const spans = [
  { value: '10m', label: 'Last 10 minutes' },
  { value: '1h', label: 'Last hour' },
  { value: '6h', label: 'Last 6 hours' },
  { value: '24h', label: 'Last day' },
];
const levels = [
  { value: '', label: 'Any gravity' },
  { value: 'error', label: 'Errors' },
  { value: 'warning', label: 'Warnings' },
  { value: 'info', label: 'The rest' },
];

export function LogsPage() {
  const search = useSearch({ from: '/logs' });
  useTitle(search.target === undefined ? 'Logs' : `Logs of ${search.target}`);
  return (
    <>
      <PageHead
        title={search.target === undefined ? 'Logs' : `Logs of ${search.target}`}
        lead="What targets write, grouped by pattern, with secrets taken out. The newest lines, the errors and what surrounds the beginning of trouble are kept."
      />
      <div className={rows.stack}>
        <Filters search={search} />
        {search.target === undefined ? (
          <Empty title="Choose a target">
            Its log is found by itself where it runs on this machine; otherwise upkeep.yaml names the files.
          </Empty>
        ) : (
          <Logs target={search.target} search={search} />
        )}
      </div>
    </>
  );
}

function Filters({ search }: { search: LogsSearch }) {
  const navigate = useNavigate({ from: '/logs' });
  const { data } = useQuery(overviewQuery);
  const narrow = (part: Readonly<Record<string, string | undefined>>) =>
    void navigate({
      search: (old) => ({ ...old, ...part }) as LogsSearch,
      replace: true,
      resetScroll: false,
    });
  return (
    <search className={styles.filters}>
      <NativeSelect
        aria-label="Target"
        size="sm"
        value={search.target ?? ''}
        data={[
          { value: '', label: 'Choose a target' },
          ...(data?.targets ?? []).map(({ name, system }) => ({ value: name, label: `${name} (${system})` })),
        ]}
        onChange={(event) => narrow({ target: event.currentTarget.value || undefined })}
      />
      <TextInput
        type="search"
        size="sm"
        className={styles.find}
        aria-label="Find in lines"
        placeholder="Lines with this text  ( / )"
        leftSection={<IconSearch size={15} />}
        maxLength={200}
        value={search.text ?? ''}
        onChange={(event) => narrow({ text: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        aria-label="Gravity"
        size="sm"
        value={search.level ?? ''}
        data={levels}
        onChange={(event) => narrow({ level: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        aria-label="Time"
        size="sm"
        value={search.since ?? '1h'}
        data={spans}
        onChange={(event) => narrow({ since: event.currentTarget.value })}
      />
    </search>
  );
}

function Logs({ target, search }: { target: string; search: LogsSearch }) {
  const lines = useQuery(logLinesQuery(target, search));
  if (lines.error instanceof ApiError && lines.error.status === 404 && lines.data === undefined)
    return (
      <Panel title="No log is followed">
        <p className={styles.refusal}>{lines.error.message}</p>
        <CodeText text={`targets:\n  ${target}:\n    logs: [/var/log/${target}/*.log]`} what="example" />
      </Panel>
    );
  if (lines.isError && lines.data === undefined)
    return (
      <p className={styles.refusal} role="alert">
        {lines.error.message}
      </p>
    );
  if (lines.data === undefined) return <Loading rows={6} />;
  return (
    <>
      <Unseen sources={lines.data.sources} />
      <PatternPanel target={target} search={search} />
      <LinePanel view={lines.data} isNarrowed={search.text !== undefined || search.level !== undefined} />
    </>
  );
}

function Unseen({
  sources,
}: {
  sources: readonly { readonly path: string; readonly unseen: string | null }[];
}) {
  const unseen = sources.filter((source) => source.unseen !== null);
  if (unseen.length === 0) return null;
  return (
    <Panel title="Files that cannot be read">
      <ul className={styles.sources}>
        {unseen.map(({ path, unseen: why }) => (
          <li key={path}>
            <code>{path}</code>: {why}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
