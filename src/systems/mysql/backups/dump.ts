/** What the dump program is asked for, and how its word is made sure of. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import type { ProgramLogin } from './login.ts';
import type { Program } from './programs.ts';

export interface Source {
  readonly program: Program;
  readonly login: ProgramLogin;
  readonly database: string;
}

const always = ['--default-character-set=utf8mb4', '--skip-dump-date', '--skip-lock-tables', '--hex-blob'];

/**
 * Resolves when it is written whole.
 * @param begun is called when its own snapshot has begun: it reads its first table, or is at its end
 */
export async function writeDump(
  { program, login, database }: Source,
  file: string,
  ctx: EngineContext,
  begun: () => void,
): Promise<void> {
  let heard = '';
  const options = ['--single-transaction', '--quick', '--routines', '--triggers', '--verbose'];
  const own = program.isMariaDb ? [] : ['--set-gtid-purged=OFF', '--no-tablespaces'];
  const { code, text } = await spawnProgram(
    [program.path, ...login.args, ...always, ...options, ...own, database],
    {
      ...{
        signal: ctx.signal,
        clock: ctx.clock,
        env: login.env,
        into: file,
        through: createGzip({ level: 6 }),
      },
      heard(part) {
        heard = `${heard}${part}`.slice(-1_000);
        if (/Retrieving table structure/.test(heard)) begun();
      },
    },
  ).finally(begun);
  if (code !== 0) throw new Error(`${program.path} failed (exit code ${code}): ${lastWords(text)}`);
  await assertComplete(file, ctx);
}

/** Its exit code alone is no verification: the last line says that it came to its end. */
async function assertComplete(file: string, ctx: EngineContext): Promise<void> {
  let end = '';
  for await (const part of unzipped(file)) {
    ctx.signal.throwIfAborted();
    end = `${end}${part}`.slice(-200);
  }
  if (!/-- Dump completed\s*$/.test(end)) throw new Error('the dump does not end as a whole one does');
}

/** @param tell hears how many bytes of the file were read */
export function unzipped(file: string, tell?: (bytes: number) => void): Readable {
  const gunzip = createGunzip();
  const packed = createReadStream(file).on('error', (error) => gunzip.destroy(error));
  if (tell) packed.on('data', () => tell(packed.bytesRead));
  packed.pipe(gunzip);
  return gunzip;
}

/** The same, with how far it is told in these words. */
export function unzippedInSight(file: string, words: string, ctx: EngineContext): Readable {
  const stretch = beginStretch(ctx, words, { of: statSync(file).size });
  return unzipped(file, (bytes) => stretch.at(bytes));
}

export async function writeEvents(source: Source, file: string, ctx: EngineContext): Promise<void> {
  const options = ['--no-create-info', '--no-data', '--skip-triggers', '--events'];
  await writePlain(source, options, file, ctx);
}

/** SHA-256 of the schema without what the program says of itself; the text stays in the file. */
export async function schemaOf(source: Source, file: string, ctx: EngineContext): Promise<string> {
  const options = ['--no-data', '--routines', '--events', '--triggers', '--skip-comments'];
  await writePlain(source, options, file, ctx);
  // Counters go on, and session settings are the dump's own.
  const text = readFileSync(file, 'utf8')
    .replace(/ AUTO_INCREMENT=\d+/g, '')
    .split('\n')
    .filter((line) => !/^\s*$|^--|^\/\*M?!\d+ SET |^\/\*!\d{6}.*sandbox|^SET /.test(line))
    .join('\n');
  return createHash('sha256').update(text).digest('hex');
}

async function writePlain(
  { program, login, database }: Source,
  options: readonly string[],
  file: string,
  ctx: EngineContext,
): Promise<void> {
  const own = program.isMariaDb ? [] : ['--set-gtid-purged=OFF', '--no-tablespaces'];
  const { code, text } = await spawnProgram(
    [program.path, ...login.args, ...always, ...options, ...own, database],
    { signal: ctx.signal, clock: ctx.clock, env: login.env, into: file },
  );
  if (code !== 0) throw new Error(`${program.path} failed (exit code ${code}): ${lastWords(text)}`);
}

/** Without the account of its steps. */
function lastWords(text: string): string {
  const errors = text.split('\n').filter((line) => !line.startsWith('-- '));
  return errors.slice(-5).join('; ');
}
