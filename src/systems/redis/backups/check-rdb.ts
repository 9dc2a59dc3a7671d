/** What redis-check-rdb says of a file. Its exit code is not asked: what it saw is. */
import type { EngineContext } from '../../../core/backup/engine.ts';
import { plain } from '../../../core/plain.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';

export interface RdbFacts {
  readonly keys: number;
  /** Of them with an expiry. */
  readonly expires: number;
  /** Numbers of the databases in it. */
  readonly databases: readonly number[];
  /** False where the server writes none (`rdbchecksum no`). */
  readonly hasChecksum: boolean;
}

/** @throws in its words where the file is not whole */
export async function checkRdb(file: string, ctx: EngineContext): Promise<RdbFacts> {
  const { text } = await spawnProgram(['redis-check-rdb', file], {
    signal: ctx.signal,
    clock: ctx.clock,
    longest: 1_000_000,
  }).then(({ text: errors, output }) => ({ text: `${output}\n${errors}` }));
  if (!/RDB looks OK!/.test(text)) throw new Error(`redis-check-rdb: ${whatIsWrong(text)}`);
  const number = (name: RegExp) => Number(name.exec(text)?.[1] ?? Number.NaN);
  const databases = [...text.matchAll(/Selecting DB ID (\d+)/g)].map(([, id]) => Number(id));
  return {
    keys: number(/\[info\] (\d+) keys read/),
    expires: number(/\[info\] (\d+) expires/),
    databases,
    hasChecksum: /Checksum OK/.test(text),
  };
}

function whatIsWrong(text: string): string {
  const line = /RDB ERROR DETECTED[^\n]*\n([^\n]*)/.exec(text)?.[1] ?? /RDB CRC error[^\n]*/.exec(text)?.[0];
  return plain(line ?? text.trim().split('\n').slice(-3).join('; '), 300);
}
