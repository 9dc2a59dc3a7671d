/**
 * What of our own environment reaches sessions and programs: one place makes it. Drivers and tools listen to variables
 * (PGPORT, MYSQL_HOST, RESTIC_REPOSITORY) that somebody set for their own shell; a backup that goes where such a
 * variable points is another one than upkeep.yaml says.
 */

type Variables = Readonly<Record<string, string | undefined>>;

/** Read by libpq and the driver pg, the clients of MySQL and Redis, restic and pgBackRest. A file of passwords leads nowhere else. */
const misleading = /^(PG(?!PASSFILE$)[A-Z0-9_]+|(MYSQL|MARIADB|REDISCLI|RESTIC|PGBACKREST)_\w+)$/;

/** Names of the variables that no session and no program of ours listens to, sorted. */
export function ignoredIn(env: Variables): string[] {
  return Object.keys(env)
    .filter((name) => misleading.test(name))
    .sort();
}

/**
 * Takes those variables out of `own`, so that no driver in this process reads them.
 * @returns all of it as it was, for what upkeep.yaml names itself: `${PGPASSWORD}`
 */
export function takeEnvironment(own: Record<string, string | undefined> = process.env): Variables {
  const env = { ...own };
  for (const name of ignoredIn(env)) delete own[name];
  return env;
}

/** System programs are not on the PATH of everybody. */
export function programPath(): string {
  return `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;
}

/** For a program whose words we read: the same everywhere. */
export function programEnvironment(added: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: programPath(), LC_ALL: 'C', TZ: 'UTC', ...added };
}

/** What a program of the team's own may need to run; secrets of our environment stay with us. */
const inherited = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/** For a program that upkeep.yaml declares. */
export function declaredEnvironment(added: Readonly<Record<string, string>> = {}): Record<string, string> {
  const own = inherited.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(own), ...added };
}
