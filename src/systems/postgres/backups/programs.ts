/** Where the programs of a PostgreSQL release lie on this machine. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Lack } from '../../../core/lack.ts';

const debian = '/usr/lib/postgresql';

export interface Release {
  readonly major: number;
  readonly bin: string;
}

/** The release of that server, else the next newer one that is installed: older tools cannot read newer servers. */
export function releaseFor(major: number, root = debian): Release {
  const installed = existsSync(root) ? readdirSync(root).map(Number).filter(Number.isInteger) : [];
  const usable = installed
    .filter((one) => one >= major && existsSync(join(root, `${one}`, 'bin', 'pg_dump')))
    .sort((a, b) => a - b)[0];
  if (usable === undefined) {
    throw new Lack(
      `no PostgreSQL ${major} or newer is installed here, whose pg_dump could read the server: apt-get install postgresql-${major} (or postgresql-client-${major} where backups are only taken)`,
    );
  }
  return { major: usable, bin: join(root, `${usable}`, 'bin') };
}

/** Whether a server of it can be started here, to restore into. */
export function hasServer({ bin }: Release): boolean {
  return existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres'));
}
