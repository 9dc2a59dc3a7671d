/** What every proof of a PostgreSQL backup looks at. */
import { join } from 'node:path';
import type { Client } from 'pg';
import type { EngineContext, Smoke } from '../../../core/backup/engine.ts';
import { type Finding, saidOf } from '../../../core/backup/looking.ts';
import { count } from '../../../core/count.ts';
import { plain } from '../../../core/plain.ts';
import { type SpawnOptions, spawnProgram } from '../../../machine/spawn-program.ts';
import { contentDifferences, readContent, type TableContent } from './content.ts';
import type { Release } from './programs.ts';

/** As many as restore: a proof has the machine for itself no more than the restore has. */
const jobs = 2;

/** Every index against its table; null where amcheck finds nothing. */
export async function amcheck(
  release: Release,
  login: readonly string[],
  databases: readonly string[],
  run: SpawnOptions,
): Promise<string | null> {
  const checked = await spawnProgram(
    [
      join(release.bin, 'pg_amcheck'),
      ...login,
      '--install-missing',
      '--heapallindexed',
      '--parent-check',
      `--jobs=${jobs}`,
      ...databases,
    ],
    run,
  );
  // Its exit code alone is no verification: what it found stands in what it wrote.
  return checked.code === 0 && checked.text === ''
    ? null
    : `pg_amcheck (exit code ${checked.code}): ${plain(checked.text, 500)}`;
}

/** A session of its own of the database that was restored, which nobody changes. */
export type Use = <T>(work: (client: Client) => Promise<T>) => Promise<T>;

export async function sameContent(
  use: Use,
  expected: readonly TableContent[],
  { signal }: Pick<EngineContext, 'signal'>,
): Promise<Finding> {
  const told = () => signal.throwIfAborted();
  const found = await use((one) => use((other) => readContent(askOf(one), told, [askOf(other)])));
  const tables = count(found.length, 'table');
  return saidOf(contentDifferences(expected, found), `rows and sums of ${tables} are those of the source`);
}

const askOf =
  (client: Client) =>
  async <Row extends object>(sql: string) =>
    (await client.query(sql)).rows as Row[];

export async function smoke(client: Client, queries: readonly Smoke[]): Promise<Finding> {
  await client.query('SET search_path = "$user", public');
  for (const { query } of queries) {
    const { rows } = await client.query<Record<string, unknown>>({
      text: query,
      queryMode: 'extended',
    } as never);
    const [first] = Object.values(rows[0] ?? {});
    if (first !== true && first !== 't')
      return {
        good: false,
        detail: `${plain(query, 200)} answers ${plain(JSON.stringify(first) ?? 'nothing', 100)} instead of true`,
      };
  }
  return {
    good: true,
    detail: `${count(queries.length, 'smoke query answers', 'smoke queries answer')} true`,
  };
}
