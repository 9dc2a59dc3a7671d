/**
 * Releases of PostgreSQL. Ends of support are those of https://www.postgresql.org/support/versioning/; the newest minor
 * releases are those announced on the day below. A server may be newer than this table; then nothing is said of it.
 */
export const minorsAsOf = '2026-05-14';

const releases: Readonly<
  Record<number, { readonly minor: number; readonly until: readonly [number, number, number] }>
> = {
  13: { minor: 23, until: [2025, 11, 13] },
  14: { minor: 23, until: [2026, 11, 12] },
  15: { minor: 18, until: [2027, 11, 11] },
  16: { minor: 14, until: [2028, 11, 9] },
  17: { minor: 10, until: [2029, 11, 8] },
  18: { minor: 4, until: [2030, 11, 14] },
};

export interface Standing {
  readonly version: string;
  /** Minor releases that were out and are not installed; 0 when newer than the table. */
  readonly minorsBehind: number;
  /** Seconds; negative once support has ended. Undefined for a major release that the table does not know. */
  readonly supportLeft: number | undefined;
}

/** @param versionNumber `server_version_num`, such as 150018 @param now epoch milliseconds */
export function standingOf(versionNumber: number, now: number): Standing {
  const major = Math.floor(versionNumber / 10_000);
  const minor = versionNumber % 10_000;
  const known = releases[major];
  const oldest = Math.min(...Object.keys(releases).map(Number));
  const version = `${major}.${minor}`;
  if (known === undefined) {
    return { version, minorsBehind: 0, supportLeft: major < oldest ? -1 : undefined };
  }
  const [year, month, day] = known.until;
  return {
    version,
    minorsBehind: Math.max(0, known.minor - minor),
    supportLeft: (Date.UTC(year, month - 1, day) - now) / 1_000,
  };
}
