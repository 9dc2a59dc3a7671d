/** The same repository of pgBackRest once more, by links: to flip bytes in it and see whether that is seen. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineContext, Place, Twin } from '../../../core/backup/engine.ts';
import { linkTree } from '../../../machine/linked-tree.ts';
import { give } from '../../../machine/unprivileged.ts';
import type { PostgresConnection } from '../client.ts';
import { existing, isFirstHere, repositoryIn, stanza } from './pgbackrest-repository.ts';

/** Still written, or put down by nobody. */
const unfinished = /\.pgbackrest\.tmp/;

export async function twin(
  _conn: PostgresConnection,
  { folder, label = '' }: Place,
  into: string,
  { signal }: EngineContext,
): Promise<Twin | null> {
  const { home, configFile, include, account } = existing(folder);
  if (!isFirstHere({ include })) return null;
  const own = repositoryIn(into);
  await mkdir(own.home, { recursive: true, mode: 0o700 });
  for (const name of ['lock', 'log', 'spool']) await mkdir(join(own.home, name), { mode: 0o700 });
  for (const name of ['', 'lock', 'log', 'spool']) give(join(own.home, name), account);
  give(into, account);
  // Keys stay in their file.
  symlinkSync(include, own.include);
  const text = readFileSync(configFile, 'utf8').replaceAll(`=${home}/`, `=${own.home}/`);
  writeFileSync(own.configFile, text, { mode: 0o600 });
  give(own.configFile, account);
  const repository = join(own.home, 'repository');
  await linkTree(join(home, 'repository'), repository, { signal, skips: unfinished });
  // What names the sums of all others is kept twice, and one of the two may be broken.
  return { folder: into, damageIn: join(repository, 'backup', stanza, label), spares: /^backup\.manifest/ };
}
