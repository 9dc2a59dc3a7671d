/** Password hashes, the journal and what is known of the infrastructure are nobody else's to read. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing, for the owner alone; one that was there keeps its mode.
 * Not by `recursive`: Node tries that forever where a file system such as /proc takes no folders.
 */
export function makePrivateFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makePrivateFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/** Makes the file where there is none; SQLite gives its journal and WAL the same mode. */
export function makePrivateFile(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

/** The key in the file; makes it where there is none. Outside the store, so that a copy of the store opens nothing. */
export function keyIn(file: string, make: () => string): string {
  makePrivateFolder(dirname(file));
  try {
    writeFileSync(file, `${make()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!existsSync(file)) throw error;
  }
  return readFileSync(file, 'utf8').trim();
}
