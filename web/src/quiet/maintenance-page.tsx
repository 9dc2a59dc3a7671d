import { IconCalendarEvent, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useCancelWindow, type WindowView, windowsQuery } from '../api/quiet.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { PageHead, Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { tellDone } from '../parts/tell.ts';
import { useTitle } from '../parts/title.ts';
import { QuietTabs } from './quiet-tabs.tsx';
import { WindowCalendar } from './window-calendar.tsx';
import { WindowDialog } from './window-dialog.tsx';
import { WindowRow } from './window-row.tsx';

export function MaintenancePage() {
  useTitle('Maintenance');
  const windows = useQuery(windowsQuery);
  const [isPlanning, setPlanning] = useState(false);
  const [leaving, setLeaving] = useState<WindowView | null>(null);
  return (
    <>
      <PageHead
        title="Maintenance"
        lead="While a window runs, checks go on and alerts are held; they are judged when it ends, and the time counts neither for nor against an objective."
        aside={
          <PermittedButton
            needs="operate"
            leftSection={<IconPlus size={17} />}
            onClick={() => setPlanning(true)}
          >
            Plan a window
          </PermittedButton>
        }
      />
      <QuietTabs />
      <Loaded query={windows}>
        {(list) => (
          <div className={rows.stack}>
            <Panel title="Windows" count={list.length} flush>
              {list.length === 0 ? (
                <Empty icon={<IconCalendarEvent size={28} />} title="No maintenance is planned">
                  Plan one here, or write it under <code>maintenance:</code> in upkeep.yaml.
                </Empty>
              ) : (
                <ul aria-label="Maintenance windows">
                  {list.map((window) => (
                    <WindowRow key={window.name} window={window} onCancel={() => setLeaving(window)} />
                  ))}
                </ul>
              )}
            </Panel>
            {list.length === 0 ? null : <WindowCalendar windows={list} />}
          </div>
        )}
      </Loaded>
      {isPlanning ? <WindowDialog onClose={() => setPlanning(false)} /> : null}
      {leaving === null ? null : <CancelDialog window={leaving} onClose={() => setLeaving(null)} />}
    </>
  );
}

function CancelDialog({ window, onClose }: { window: WindowView; onClose: () => void }) {
  const cancel = useCancelWindow();
  return (
    <FormDialog
      title={`Cancel ${window.name}`}
      submit="Cancel the window"
      size="md"
      isBusy={cancel.isPending}
      error={cancel.error}
      onClose={onClose}
      onSubmit={() =>
        cancel.mutate(window.name, {
          onSuccess: () => {
            onClose();
            tellDone(`${window.name} is cancelled`);
          },
        })
      }
    >
      <p>
        {window.isRunning
          ? 'It runs now. What it held back is judged at once.'
          : 'It will not come, and what follows from it is not told.'}
      </p>
    </FormDialog>
  );
}
