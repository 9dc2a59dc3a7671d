/** One Upkeep for one embedded store: a lock that the machine itself takes back when the process dies. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makePrivateFile } from './private-files.ts';
import { messageOf, StoreInUse } from './refusals.ts';

const sqliteBusy = 5;
/** A holder without a name is at work for a moment; no change of the tables takes longer. */
const passingMs = 15_000;

/**
 * For a command that only looks and first brings the tables up to date: held for that moment, under no name, so that
 * nobody is told to end it.
 * @returns null while another holds it
 */
export function lockForMoment(file: string): (() => void) | null {
  const lock = locked(file, 0);
  if (lock === null) return null;
  // Of one that was killed a name may stand there still.
  rmSync(`${file}.pid`, { force: true });
  return () => lock.close();
}

/**
 * Holds an exclusive transaction on `<file>.lock`, an empty database of its own, so that readers of the store are not
 * kept out. Nothing else may open that file: POSIX drops a process's locks when it closes any handle of the file.
 * The holder's pid stands in `<file>.pid`, for the message only.
 * @throws StoreInUse naming the holder
 */
export function lockSqlite(file: string): () => void {
  const lock = locked(file, 0) ?? (holder(file) === null ? locked(file, passingMs) : null);
  if (lock === null) {
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

/** @param waitMs how long to wait, with this thread, for another to let it go; null when it does not */
function locked(file: string, waitMs: number): DatabaseSync | null {
  makePrivateFile(`${file}.lock`);
  const lock = new DatabaseSync(`${file}.lock`, { timeout: waitMs });
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    if (isBusy(error)) return null;
    throw error;
  }
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
