import { Button, TextInput } from '@mantine/core';
import { IconFilter, IconX } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { journalQuery } from '../api/queries.ts';
import { PageHead, Panel } from '../parts/panel.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import styles from './journal.module.css';
import { JournalRow } from './journal-row.tsx';
import { subjectText } from './subject-text.ts';
import { Verify } from './verify.tsx';

export function JournalPage() {
  useTitle('Journal');
  const search = useSearch({ from: '/journal' });
  const navigate = useNavigate({ from: '/journal' });
  const journal = useInfiniteQuery(journalQuery(search.subject ?? ''));
  const wanted = (search.kind ?? '').toLowerCase();
  const entries = (journal.data?.pages.flat() ?? []).filter(
    ({ kind, actor, subject, told }) =>
      wanted === '' ||
      `${kind} ${actor} ${subject} ${told.title} ${told.text ?? ''} ${told.who}`
        .toLowerCase()
        .includes(wanted),
  );
  return (
    <>
      <PageHead
        title="Journal"
        lead="Everything that was seen, decided and done, by whom. Each entry carries the hash of the one before it."
        aside={<Verify />}
      />
      <Panel
        title="Entries"
        flush
        aside={
          <search className={styles.filter}>
            {search.subject === undefined ? null : (
              <Button
                variant="light"
                size="xs"
                rightSection={<IconX size={14} />}
                onClick={() => void navigate({ search: (old) => ({ ...old, subject: undefined }) })}
                aria-label={`Show entries about everything, not only ${subjectText(search.subject)}`}
              >
                {subjectText(search.subject)}
              </Button>
            )}
            <TextInput
              type="search"
              size="sm"
              aria-label="Filter the journal"
              placeholder="What, who or about what  ( / )"
              leftSection={<IconFilter size={15} />}
              value={search.kind ?? ''}
              onChange={(event) => {
                const kind = event.currentTarget.value || undefined;
                void navigate({ search: (old) => ({ ...old, kind }), replace: true, resetScroll: false });
              }}
            />
          </search>
        }
      >
        {journal.isPending ? <Loading rows={6} /> : null}
        {journal.isError && journal.data === undefined ? (
          <Failed error={journal.error} retry={() => void journal.refetch()} />
        ) : null}
        {journal.data !== undefined && entries.length === 0 ? <Empty title="No entry is like that" /> : null}
        <ul aria-label="Journal entries">
          {entries.map((entry) => (
            <JournalRow key={entry.seq} entry={entry} />
          ))}
        </ul>
        {journal.hasNextPage ? (
          <div className={styles.more}>
            <Button
              variant="default"
              loading={journal.isFetchingNextPage}
              onClick={() => void journal.fetchNextPage()}
            >
              Load older entries
            </Button>
          </div>
        ) : null}
      </Panel>
    </>
  );
}
