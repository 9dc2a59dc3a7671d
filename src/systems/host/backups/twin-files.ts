/** The same repository of restic once more, by links: to flip bytes in it and see whether that is seen. */
import { existsSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineContext, Place, Twin } from '../../../core/backup/engine.ts';
import { linkTree } from '../../../machine/linked-tree.ts';
import type { HostConnection } from '../connection.ts';
import { repositoryIn } from './repository.ts';

/** Of processes that work in the other one. */
const locks = /^locks$/;

export async function twin(
  _conn: HostConnection,
  { folder }: Place,
  into: string,
  { signal }: EngineContext,
): Promise<Twin | null> {
  const real = repositoryIn(folder);
  if (real.folder === null) return null;
  const plan = join(into, 'plan');
  const own = repositoryIn(plan);
  if (own.folder === null) throw new Error(`${plan} has a place elsewhere already`);
  await mkdir(plan, { mode: 0o700 });
  await linkTree(real.folder, own.folder, { signal, skips: locks });
  await mkdir(join(own.folder, 'locks'), { mode: 0o700 });
  if (existsSync(real.trees)) await linkTree(real.trees, own.trees, { signal });
  symlinkSync(real.passwordFile, own.passwordFile);
  return { folder: plan, damageIn: join(own.folder, 'data'), spares: /^$/ };
}
