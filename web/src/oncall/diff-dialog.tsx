import { type ConfigurationEdit, useEditConfiguration } from '../api/configuration.ts';
import form from '../parts/form.module.css';
import { FormDialog } from '../parts/form-dialog.tsx';
import { Problems } from '../parts/problems.tsx';
import { tellDone } from '../parts/tell.ts';
import type { Change } from './escalation-draft.ts';
import styles from './escalation-editor.module.css';

const signs = { same: ' ', added: '+', removed: '-' };
const words = { same: '', added: 'added: ', removed: 'removed: ' };

export function DiffDialog({
  edit,
  changes,
  onClose,
  onWritten,
}: {
  edit: ConfigurationEdit;
  changes: readonly Change[];
  onClose: () => void;
  onWritten: () => void;
}) {
  const write = useEditConfiguration();
  const isGood = edit.problems.length === 0;
  return (
    <FormDialog
      title={isGood ? 'This is what changes' : 'The file would not be valid'}
      submit="Write it to the file"
      size="xl"
      isBusy={write.isPending}
      isReady={isGood}
      error={write.error}
      onClose={onClose}
      onSubmit={() =>
        write.mutate(
          { changes, write: true, digest: edit.digest },
          {
            onSuccess: () => {
              onWritten();
              tellDone('Written; Upkeep reads the file again by itself');
            },
          },
        )
      }
    >
      <p className={form.note}>
        <code>{edit.file}</code>
      </p>
      {isGood ? null : <Problems problems={edit.problems} />}
      <ol className={styles.diff} aria-label="Difference, line by line">
        {edit.diff.map(({ kind, text }, index) => (
          <li key={`line-${String(index)}`} data-kind={kind}>
            <span aria-hidden>{signs[kind]}</span>
            <span className={styles.hidden}>{words[kind]}</span>
            {text}
          </li>
        ))}
      </ol>
    </FormDialog>
  );
}
