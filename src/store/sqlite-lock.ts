/** One Upkeep for one embedded store: a lock that the machine itself takes back when the process dies. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makePrivateFile } from './private-files.ts';
import { messageOf, StoreInUse } from './refusals.ts';

const sqliteBusy = 5;

/**
 * Holds an exclusive transaction on `<file>.lock`, an empty database of its own, so that readers of the store are not
 * kept out. Nothing else may open that file: POSIX drops a process's locks when it closes any handle of the file.
 * The holder's pid stands in `<file>.pid`, for the message only.
 * @throws StoreInUse naming the holder
 */
export function lockSqlite(file: string): () => void {
  makePrivateFile(`${file}.lock`);
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    const pid = holder(file);
    const who = pid === null ? 'another Upkeep' : `another Upkeep (pid ${pid})`;
    const stop = pid === null ? 'stop it' : `stop it (kill ${pid})`;
    throw new StoreInUse(`${who} uses ${file}; ${stop} or set another \`store:\` in upkeep.yaml`);
  }
  writeFileSync(`${file}.pid`, `${process.pid}\n`, { mode: 0o600 });
  return () => {
    rmSync(`${file}.pid`, { force: true });
    lock.close();
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error
    ? error.errcode === sqliteBusy
    : messageOf(error).includes('database is locked');
}

function holder(file: string): number | null {
  try {
    const pid = Number(readFileSync(`${file}.pid`, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
