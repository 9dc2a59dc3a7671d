/** Files and folders of this machine in an encrypted repository of restic, proven by restoring and comparing them. */
import type { BackupEngine } from '../../../core/backup/engine.ts';
import type { HostConnection } from '../connection.ts';
import { applyDeletion, list, planDeletion } from './delete-files.ts';
import { describe } from './describe-files.ts';
import { liesIn } from './place.ts';
import { prove } from './prove-files.ts';
import { planRestore, restore } from './restore-files.ts';
import { take } from './take-files.ts';
import { twin } from './twin-files.ts';

export const files: BackupEngine<HostConnection> = {
  id: 'host.files',
  summary:
    'files and folders in an encrypted repository of restic, with modes, times and sums taken beside it; proven by reading the whole repository, restoring into a scratch folder and comparing',
  privileges:
    'to read what paths names: root, or AmbientCapabilities=CAP_DAC_READ_SEARCH in the unit of Upkeep',
  programs: [{ name: 'restic', apt: 'restic' }],
  wantsPaths: true,
  restoresInto: ['folder'],
  elsewhere:
    'let the repository lie in a bucket: RESTIC_REPOSITORY=s3:… in FOLDER.env before the first backup, as docs/guide/backups.md shows',
  liesIn: (_conn, { folder }) => liesIn(folder),
  putInPlace: 'move what you need to its place: each file lies below its whole path, /srv/restored/etc/hosts',
  take,
  prove,
  twin,
  list,
  describe,
  planRestore,
  restore,
  planDeletion,
  applyDeletion,
};
