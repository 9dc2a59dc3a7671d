import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { migrate, standing } from './migrations/index.ts';
import type { Opened } from './opened.ts';
import { makePrivateFolder } from './private-files.ts';
import { codeOf, messageOf, StoreRefusal, StoreUnavailable } from './refusals.ts';
import { openSqlite, readSqlite } from './sqlite.ts';
import { lockSqlite } from './sqlite-lock.ts';

/** @throws StoreRefusal */
export async function openEmbedded(file: string, isShared: boolean): Promise<Opened> {
  let release = () => {};
  try {
    if (isShared) {
      if (!existsSync(file))
        throw new StoreUnavailable(`there is no store at ${file} yet; \`upkeep run\` makes it`);
    } else {
      makePrivateFolder(dirname(file));
      release = lockSqlite(file);
    }
    return await openLocked(file, isShared, release);
  } catch (error) {
    release();
    throw error instanceof StoreRefusal ? error : unavailable(file, error);
  }
}

/**
 * What would keep the store from being opened, without making or changing anything.
 * @throws StoreRefusal
 */
export async function tryEmbedded(file: string): Promise<void> {
  try {
    mayWrite(dirname(file));
    if (!existsSync(file)) return;
    accessSync(file, constants.R_OK | constants.W_OK);
    const db = readSqlite(file);
    try {
      await standing(db, file);
    } finally {
      await db.destroy();
    }
  } catch (error) {
    throw error instanceof StoreRefusal ? error : unavailable(file, error);
  }
}

/** A folder that is not there yet is made in the nearest one that is. @throws the error of the system where it is not allowed */
function mayWrite(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(folder) && parent !== folder) mayWrite(parent);
  // The dot at the end makes a file in the way an error.
  else accessSync(`${folder}/.`, constants.W_OK | constants.X_OK);
  // The kernel lets root write there, and makes nothing.
  if (existsSync(folder) && kernelOwn.has(statfsSync(folder).type))
    throw new Error(`${folder} belongs to the kernel, which takes no folders there`);
}

/** PROC_SUPER_MAGIC and SYSFS_MAGIC of linux/magic.h. */
const kernelOwn: ReadonlySet<number> = new Set([0x9fa0, 0x62656572]);

async function openLocked(file: string, isShared: boolean, release: () => void): Promise<Opened> {
  const db = openSqlite(file);
  try {
    if ((await standing(db, file)) !== 'current') {
      // Only the one owner may change tables; a shared opening becomes it for that moment.
      const done = isShared ? lockSqlite(file) : () => {};
      try {
        await migrate(db);
      } finally {
        done();
      }
    }
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    db,
    ensureOwner: () => Promise.resolve(),
    async close() {
      await db.destroy();
      release();
    },
  };
}

const notADatabase = 26;
const corrupt = 11;
const diskFull = 13;

function unavailable(file: string, error: unknown): StoreUnavailable {
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (errcode === notADatabase || errcode === corrupt) {
    return new StoreUnavailable(
      `${file} is no readable store (${messageOf(error)}); move it away or restore a copy of it`,
    );
  }
  if (errcode === diskFull || codeOf(error) === 'ENOSPC') {
    return new StoreUnavailable(`the disk of ${dirname(file)} is full; free some space`);
  }
  if (codeOf(error) === 'ENOTDIR' || codeOf(error) === 'EEXIST') {
    return new StoreUnavailable(
      `the store's folder ${dirname(file)} is a file or lies below one (${messageOf(error)}); set another \`store:\` in upkeep.yaml`,
    );
  }
  return new StoreUnavailable(
    `the store's folder ${dirname(file)} cannot be written (${messageOf(error)}); make it writable for the user that runs Upkeep or set another \`store:\` in upkeep.yaml`,
  );
}
