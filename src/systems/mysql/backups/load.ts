import type { Readable } from 'node:stream';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import type { ProgramLogin } from './login.ts';
import type { Program } from './programs.ts';

/** @throws in the client's words; the database has then a part of it */
export async function load(
  program: Program,
  login: ProgramLogin,
  database: string,
  from: Readable,
  ctx: EngineContext,
): Promise<void> {
  const { code, text } = await spawnProgram(
    [program.path, ...login.args, '--batch', '--binary-mode', '--default-character-set=utf8mb4', database],
    { signal: ctx.signal, clock: ctx.clock, env: login.env, from },
  );
  if (code !== 0) throw new Error(`${program.path} failed (exit code ${code}): ${text.slice(-600)}`);
}
