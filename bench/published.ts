/** The form that the registry holds, as `npm install` lays it out: what people run who do not develop it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { removeFolder, temporaryFolder } from '../test/servers/process.ts';

const repository = resolve(import.meta.dirname, '..');

let laidOut: string | undefined;

/**
 * Path of its program, the link that npm lays into `node_modules/.bin`; built once in a run. Throws what the build said.
 */
export function publishedProgram(): string {
  laidOut ??= layOut();
  return laidOut;
}

function layOut(): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(repository, 'build.ts')], {
    cwd: repository,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm run build failed: ${stdout}${stderr}`);
  const home = temporaryFolder('bench-published');
  process.once('exit', () => removeFolder(home));
  const folder = join(home, 'node_modules', 'upkeep');
  mkdirSync(folder, { recursive: true });
  for (const part of ['package.json', 'bin', 'dist', join('web', 'dist'), 'docs'])
    cpSync(join(repository, part), join(folder, part), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  const linked = join(home, 'node_modules', '.bin', 'upkeep');
  mkdirSync(dirname(linked));
  symlinkSync(join('..', 'upkeep', 'bin', 'upkeep.js'), linked);
  return linked;
}
