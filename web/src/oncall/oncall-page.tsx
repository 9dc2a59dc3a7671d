import { IconArrowsExchange, IconPhoneOff, IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { dutyQuery, oncallQuery } from '../api/oncall.ts';
import { PageHead, Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { AdjustmentList } from './adjustment-list.tsx';
import { CalendarPanel } from './calendar-panel.tsx';
import { DutyCards } from './duty-cards.tsx';
import { EscalationPanel } from './escalation-panel.tsx';
import { HandOffPanel } from './hand-off-panel.tsx';
import { LoadPanel } from './load-panel.tsx';
import { OverrideDialog } from './override-dialog.tsx';
import { SchedulePanel } from './schedule-panel.tsx';

export function OnCallPage() {
  useTitle('On call');
  const oncall = useQuery(oncallQuery);
  const duty = useQuery(dutyQuery);
  const [dialog, setDialog] = useState<'override' | 'swap' | null>(null);
  const hasRotations = (oncall.data?.rotations.length ?? 0) > 0;
  return (
    <>
      <PageHead
        title="On call"
        lead="Who is called when an incident opens, who follows, and in which order everybody is asked."
        aside={
          hasRotations ? (
            <>
              <PermittedButton
                needs="operate"
                variant="default"
                leftSection={<IconArrowsExchange size={17} />}
                onClick={() => setDialog('swap')}
              >
                Swap
              </PermittedButton>
              <PermittedButton
                needs="operate"
                leftSection={<IconUserPlus size={17} />}
                onClick={() => setDialog('override')}
              >
                Take over
              </PermittedButton>
            </>
          ) : undefined
        }
      />
      <Loaded query={oncall} rows={6}>
        {(data) => (
          <div className={rows.stack}>
            {data.rotations.length === 0 ? (
              <Panel title="Rotations">
                <Empty icon={<IconPhoneOff size={28} />} title="Nobody takes turns">
                  Write people and rotations under <code>oncall:</code> in upkeep.yaml; docs/guide/on-call.md
                  has it in ten lines.
                </Empty>
              </Panel>
            ) : (
              <>
                <Loaded query={duty} rows={2}>
                  {(list) => <DutyCards duties={list} />}
                </Loaded>
                <SchedulePanel />
                <AdjustmentList oncall={data} />
                <HandOffPanel rotations={data.rotations.map(({ name }) => name)} />
                <CalendarPanel oncall={data} />
                <LoadPanel />
              </>
            )}
            <EscalationPanel oncall={data} />
          </div>
        )}
      </Loaded>
      {dialog === null || oncall.data === undefined ? null : (
        <OverrideDialog kind={dialog} oncall={oncall.data} onClose={() => setDialog(null)} />
      )}
    </>
  );
}
