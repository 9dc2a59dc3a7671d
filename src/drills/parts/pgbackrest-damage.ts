/** Breaks a copy of a repository of pgBackRest, as disks and people do, so that a proof of it must fail. */
import {
  chownSync,
  closeSync,
  cpSync,
  lchownSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const inRepository = 'pgbackrest/repository';

/** The whole folder of a plan, with a configuration that names the copy; its owners stay. */
export function copyRepository(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
  for (const path of ['', ...readdirSync(from, { recursive: true }).map(String)]) {
    const { uid, gid } = statSync(join(from, path));
    lchownSync(join(to, path), uid, gid);
  }
  const file = join(to, 'pgbackrest/pgbackrest.conf');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to));
}

/** Turns bytes around, again the second time, in the middle of the largest file of a backup. @returns its path in the repository */
export function flipBytes(plan: string, label: string): string {
  const folder = join(plan, inRepository, 'backup/upkeep', label, 'pg_data');
  const [largest] = filesBelow(folder).toSorted((a, b) => b.bytes - a.bytes);
  if (largest === undefined) throw new Error(`${label} has no files`);
  flipAt(join(folder, largest.path), Math.floor(largest.bytes / 2), 8);
  return largest.path;
}

/** Flips bytes in the middle of a file of the log. @returns the file */
export function flipLog(plan: string, name: string): string {
  const folder = join(plan, inRepository, 'archive/upkeep');
  const found = filesBelow(folder).find(({ path }) => path.includes(`${name}-`));
  if (found === undefined) throw new Error(`the log has no file ${name}`);
  flipAt(join(folder, found.path), Math.floor(found.bytes / 2), 8);
  return found.path;
}

/** Cuts the largest file of a backup in half. @returns what puts it back */
export function truncateLargest(plan: string, label: string): () => void {
  const folder = join(plan, inRepository, 'backup/upkeep', label, 'pg_data');
  const [largest] = filesBelow(folder).toSorted((a, b) => b.bytes - a.bytes);
  if (largest === undefined) throw new Error(`${label} has no files`);
  const file = join(folder, largest.path);
  const bytes = readFileSync(file);
  truncateSync(file, Math.floor(bytes.length / 2));
  return () => writeFileSync(file, bytes);
}

/** Takes one file of the log away. @param name `000000010000000000000002` @returns what puts it back */
export function loseLog(plan: string, name: string): () => void {
  const folder = join(plan, inRepository, 'archive/upkeep');
  const found = filesBelow(folder).find(({ path }) => path.includes(`${name}-`));
  if (found === undefined) throw new Error(`the log has no file ${name}`);
  const file = join(folder, found.path);
  const bytes = readFileSync(file);
  const { uid, gid, mode } = statSync(file);
  rmSync(file);
  return () => {
    writeFileSync(file, bytes, { mode });
    chownSync(file, uid, gid);
  };
}

/** Turns bytes around, again the second time, in the first page of a table's file; the server must have written it, and not hold it in memory. */
export function corruptPage(data: string, file: string): void {
  flipAt(join(data, file), 4_096, 8);
}

/** A second repository that is declared and is not there: a disk that is not mounted. @returns what takes it back */
export function losesSecond(plan: string, path: string): () => void {
  const folder = join(plan, 'pgbackrest/conf.d');
  const { uid, gid } = statSync(folder);
  const file = join(folder, 'second.conf');
  writeFileSync(file, `[global]\nrepo2-path=${path}\n`, { mode: 0o600 });
  chownSync(file, uid, gid);
  return () => rmSync(file);
}

function flipAt(file: string, offset: number, length: number): void {
  const handle = openSync(file, 'r+');
  try {
    const bytes = Buffer.alloc(length);
    const read = readSync(handle, bytes, 0, length, offset);
    writeSync(
      handle,
      bytes.subarray(0, read).map((byte) => byte ^ 255),
      0,
      read,
      offset,
    );
  } finally {
    closeSync(handle);
  }
}

function filesBelow(folder: string): { path: string; bytes: number }[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .map((path) => ({ path, stat: statSync(join(folder, path)) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ path, stat }) => ({ path, bytes: stat.size }));
}
