export interface Version {
  readonly isMariaDb: boolean;
  /** `10.11.19` */
  readonly text: string;
  readonly name: 'MariaDB' | 'MySQL';
  atLeast(major: number, minor: number, patch?: number): boolean;
}

/** Reads what `SELECT VERSION()` says: `10.11.19-MariaDB-0+deb12u1`, `8.0.41`. */
export function readVersion(text: string): Version {
  const isMariaDb = /mariadb/i.test(text);
  const numbers = /\d+(?:\.\d+)*/.exec(text)?.[0] ?? '0';
  const [major = 0, minor = 0, patch = 0] = numbers.split('.').map(Number);
  return {
    isMariaDb,
    text: numbers,
    name: isMariaDb ? 'MariaDB' : 'MySQL',
    atLeast(wantedMajor, wantedMinor, wantedPatch = 0) {
      if (major !== wantedMajor) return major > wantedMajor;
      if (minor !== wantedMinor) return minor > wantedMinor;
      return patch >= wantedPatch;
    },
  };
}

/** End of support of a release line, as its makers publish it (mariadb.org and mysql.com life cycles, read 2026). */
const endOfSupport: readonly (readonly [line: RegExp, date: string])[] = [
  [/^MariaDB 10\.[0-4]\./, '2024-06-18'],
  [/^MariaDB 10\.5\./, '2025-06-24'],
  [/^MariaDB 10\.6\./, '2026-07-06'],
  [/^MariaDB 10\.(7|8|9|10)\./, '2023-11-17'],
  [/^MariaDB 10\.11\./, '2028-02-16'],
  [/^MariaDB 11\.[0-3]\./, '2025-01-01'],
  [/^MariaDB 11\.4\./, '2029-05-29'],
  [/^MariaDB 11\.8\./, '2028-06-04'],
  [/^MySQL 5\.[0-6]\./, '2021-02-05'],
  [/^MySQL 5\.7\./, '2023-10-31'],
  [/^MySQL 8\.0\./, '2026-04-30'],
  [/^MySQL 8\.[123]\./, '2024-07-01'],
  [/^MySQL 8\.4\./, '2032-04-30'],
];

/** `2028-02-16`; undefined for a line that is not in the list. */
export function supportedUntil(version: Version): string | undefined {
  return endOfSupport.find(([line]) => line.test(`${version.name} ${version.text}.`))?.[1];
}
