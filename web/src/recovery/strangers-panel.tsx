import { Textarea } from '@mantine/core';
import { IconDatabaseImport } from '@tabler/icons-react';
import { useState } from 'react';
import { type BackupListView, useAdopt } from '../api/backups.ts';
import { formatBytes } from '../format/numbers.ts';
import { formatMoment } from '../format/time.ts';
import { count } from '../format/words.ts';
import { FormDialog } from '../parts/form-dialog.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { tellDone } from '../parts/tell.ts';
import styles from './backups.module.css';

type Foreign = BackupListView['foreign'];

/** What lies in the repository and this Upkeep did not take, with the way to take it over; nothing where there is none. */
export function StrangersPanel({ name, foreign }: { name: string; foreign: Foreign }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      {foreign.length === 0 ? null : <Strangers foreign={foreign} onAdopt={() => setOpen(true)} />}
      {/* It outlives the panel, which goes with the last of them, to say what came of it. */}
      {isOpen ? <AdoptDialog name={name} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function Strangers({ foreign, onAdopt }: { foreign: Foreign; onAdopt: () => void }) {
  const isHeld = foreign.some(({ holdsBack }) => holdsBack);
  const button = (
    <PermittedButton
      needs="operate"
      size="xs"
      variant="default"
      leftSection={<IconDatabaseImport size={14} />}
      onClick={onAdopt}
    >
      Take over…
    </PermittedButton>
  );
  return (
    <Panel title="Not taken by this Upkeep" count={foreign.length} flush aside={isHeld ? button : undefined}>
      <p className={styles.lead}>
        {isHeld
          ? 'A person or another Upkeep put it into the repository. Nothing of this backup is deleted until somebody has looked at it: nobody here knows what it needs.'
          : 'It lies in the repository, is never touched, and holds no deletion back.'}
      </p>
      <ul aria-label="Not taken by this Upkeep">
        {foreign
          .toSorted((a, b) => b.at - a.at)
          .map(({ label, at, bytes, holdsBack }) => (
            <li key={label} className={rows.row}>
              <div className={rows.what}>
                <p className={rows.title}>
                  <code>{label}</code>
                </p>
                <p className={rows.sub}>
                  written {formatMoment(at)}
                  {bytes === null ? '' : ` · ${formatBytes(bytes)} stored`}
                </p>
              </div>
              <div className={rows.aside}>
                <Chip tone={holdsBack ? 'warning' : 'quiet'}>
                  {holdsBack ? 'Holds deletions back' : 'Left alone'}
                </Chip>
              </div>
            </li>
          ))}
      </ul>
    </Panel>
  );
}

function AdoptDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const adopt = useAdopt(name);
  const [why, setWhy] = useState('');
  return (
    <FormDialog
      title={`Take over what was found of ${name}`}
      submit="Take over"
      isBusy={adopt.isPending}
      isReady={why.trim() !== ''}
      error={adopt.error}
      onClose={onClose}
      onSubmit={() =>
        adopt.mutate(why, {
          onSuccess: ({ adopted, left }) => {
            onClose();
            tellDone(doneWords(adopted.length, left.length));
          },
        })
      }
    >
      <p>
        Right where it was made by hand, or by an Upkeep that is gone: it counts from now on, pinned and not
        proven, and deletions go on.
      </p>
      <p>
        Wrong where a second Upkeep runs: give each a folder of its own (<code>to:</code>), or what one
        deletes is missing for the other.
      </p>
      <Textarea
        label="Why"
        description="Goes into the journal"
        placeholder="taken by hand before the migration"
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
        autosize
        minRows={2}
        maxLength={500}
        data-autofocus
      />
    </FormDialog>
  );
}

function doneWords(adopted: number, left: number): string {
  const counts = `${count(adopted, 'backup')} ${adopted === 1 ? 'counts' : 'count'} from now on, pinned and not proven`;
  const leftWords = `${count(left, 'thing')} that nothing here can restore ${left === 1 ? 'holds' : 'hold'} no deletion back any more`;
  return [...(adopted > 0 ? [counts] : []), ...(left > 0 ? [leftWords] : [])].join('; ');
}
