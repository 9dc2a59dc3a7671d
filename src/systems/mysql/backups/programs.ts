/** The programs of MariaDB or MySQL on this machine; one does not read the other's server in every point. */
import type { EngineContext } from '../../../core/backup/engine.ts';
import { Lack } from '../../../core/lack.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { findProgram } from '../../../machine/tools.ts';

export interface Program {
  readonly path: string;
  readonly isMariaDb: boolean;
}

const names = {
  dump: { own: 'mariadb-dump', other: 'mysqldump', mariadb: 'mariadb-client', mysql: 'default-mysql-client' },
  client: { own: 'mariadb', other: 'mysql', mariadb: 'mariadb-client', mysql: 'default-mysql-client' },
  server: { own: 'mariadbd', other: 'mysqld', mariadb: 'mariadb-server', mysql: 'mysql-server' },
} as const;

/** @throws with the package that brings it */
export async function programFor(
  kind: keyof typeof names,
  isMariaDb: boolean,
  ctx: EngineContext,
): Promise<Program> {
  const { own, other, mariadb, mysql } = names[kind];
  const path = isMariaDb
    ? (findProgram(own) ?? findProgram(other))
    : (findProgram(other) ?? findProgram(own));
  if (path === undefined)
    throw new Lack(
      `${isMariaDb ? own : other} is not installed here: apt-get install ${isMariaDb ? mariadb : mysql}`,
    );
  // Debian's mysqldump and mysqld are MariaDB's.
  const { text } = await spawnProgram([path, '--no-defaults', '--version'], ctx);
  const found: Program = { path, isMariaDb: /mariadb/i.test(text) };
  if (kind === 'server' && found.isMariaDb !== isMariaDb)
    throw new Lack(
      `${path} is ${found.isMariaDb ? 'MariaDB' : 'MySQL'} and the backup is of ${isMariaDb ? 'MariaDB' : 'MySQL'}: apt-get install ${isMariaDb ? mariadb : mysql}`,
    );
  return found;
}
