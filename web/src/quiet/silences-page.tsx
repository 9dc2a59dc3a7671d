import { Switch } from '@mantine/core';
import { IconBellOff, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { type SilenceView, silencesQuery, useEndSilence } from '../api/quiet.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import { useRefusal } from '../parts/permission.ts';
import { PermittedButton } from '../parts/permitted-button.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { tellDone } from '../parts/tell.ts';
import { useTitle } from '../parts/title.ts';
import { QuietTabs } from './quiet-tabs.tsx';
import { SilenceDialog } from './silence-dialog.tsx';
import { SilenceRow } from './silence-row.tsx';

export function SilencesPage() {
  useTitle('Silences');
  const search = useSearch({ from: '/silences' });
  const navigate = useNavigate({ from: '/silences' });
  const silences = useQuery(silencesQuery(search.ended === 'yes'));
  const refusal = useRefusal('operate');
  const [ending, setEnding] = useState<SilenceView | null>(null);
  const begin = (text: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, new: text }), replace: true, resetScroll: false });
  const add = (
    <PermittedButton needs="operate" leftSection={<IconPlus size={17} />} onClick={() => begin('target=')}>
      New silence
    </PermittedButton>
  );
  return (
    <>
      <PageHead
        title="Silences"
        lead="Checks go on, but what matches is not told until the silence ends. Then it is judged: what still fails becomes an incident."
        aside={add}
      />
      <QuietTabs />
      <Panel
        title={search.ended === 'yes' ? 'All silences' : 'Silences that hold now'}
        count={silences.data?.length}
        flush
        aside={
          <Switch
            label="Ended ones too"
            size="sm"
            checked={search.ended === 'yes'}
            onChange={(event) => {
              const ended = event.currentTarget.checked ? ('yes' as const) : undefined;
              void navigate({ search: (old) => ({ ...old, ended }), replace: true, resetScroll: false });
            }}
          />
        }
      >
        <Loaded query={silences}>
          {(list) =>
            list.length === 0 ? (
              <Empty icon={<IconBellOff size={28} />} title="Nothing is silenced">
                Every alert is told as the escalation says.
              </Empty>
            ) : (
              <ul aria-label="Silences">
                {list.map((silence) => (
                  <SilenceRow key={silence.id} silence={silence} onEnd={() => setEnding(silence)} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Panel>
      {search.new === undefined || refusal !== null ? null : (
        <SilenceDialog begin={search.new} onClose={() => begin(undefined)} />
      )}
      {ending === null ? null : <EndDialog silence={ending} onClose={() => setEnding(null)} />}
    </>
  );
}

function EndDialog({ silence, onClose }: { silence: SilenceView; onClose: () => void }) {
  const end = useEndSilence();
  return (
    <FormDialog
      title="End this silence now"
      submit="End it"
      size="md"
      isBusy={end.isPending}
      error={end.error}
      onClose={onClose}
      onSubmit={() =>
        end.mutate(silence.id, {
          onSuccess: () => {
            onClose();
            tellDone('Ended; what it held back is judged now');
          },
        })
      }
    >
      <p>
        <code>{silence.matchers.join(', ')}</code>
      </p>
      <p>
        {silence.holds.length === 0
          ? 'It holds nothing back at this moment.'
          : `It holds back ${silence.holds.length === 1 ? 'one alert' : `${silence.holds.length} alerts`}; what still fails opens an incident and calls people at once.`}
      </p>
    </FormDialog>
  );
}
