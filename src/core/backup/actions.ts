/** What the practice of recovery does by the guard's road, on targets of any system that is backed up. */
import type { Risk } from '../plan.ts';

export const removeBackups = {
  id: 'backup.remove',
  summary: 'Removes backups that were marked for a week and that nothing needs any more',
  risk: 'risky',
} as const satisfies PracticeAction;

export const restoreOver = {
  id: 'backup.restore-over',
  summary: 'Restores a backup over the living database; what was there is kept beside it under another name',
  risk: 'destructive',
} as const satisfies PracticeAction;

export const prepareBackups = {
  id: 'backup.prepare',
  summary:
    'Sets what a database needs so that its backups get the log (archive_mode, archive_command and the like); restarts nothing, and the values of before are put back to undo it',
  risk: 'risky',
} as const satisfies PracticeAction;

interface PracticeAction {
  readonly id: string;
  readonly summary: string;
  readonly risk: Risk;
}

export const backupActions: readonly PracticeAction[] = [removeBackups, restoreOver, prepareBackups];
