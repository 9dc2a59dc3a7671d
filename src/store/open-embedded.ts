import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../core/time.ts';
import { migrate, standing } from './migrations/index.ts';
import type { Opened } from './opened.ts';
import { makePrivateFolder } from './private-files.ts';
import { codeOf, messageOf, StoreInUse, StoreRefusal, StoreUnavailable } from './refusals.ts';
import { openSqlite, readSqlite } from './sqlite.ts';
import { lockForMoment, lockSqlite } from './sqlite-lock.ts';

/** @throws StoreRefusal */
export async function openEmbedded(file: string, isShared: boolean, clock: Clock): Promise<Opened> {
  let release = () => {};
  try {
    if (isShared) {
      if (!existsSync(file))
        throw new StoreUnavailable(`there is no store at ${file} yet; \`upkeep run\` makes it`);
    } else {
      makePrivateFolder(dirname(file));
      release = lockSqlite(file);
    }
    return await openLocked(file, isShared, release, clock);
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

/** As `glanceAt`. */
export async function glanceEmbedded<T>(
  file: string,
  read: (db: Opened['db']) => Promise<T>,
): Promise<T | null> {
  if (!existsSync(file)) return null;
  try {
    const db = readSqlite(file);
    try {
      return (await standing(db, file)) === 'current' ? await read(db) : null;
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

async function openLocked(
  file: string,
  isShared: boolean,
  release: () => void,
  clock: Clock,
): Promise<Opened> {
  const db = openSqlite(file);
  try {
    if (isShared) await untilCurrent(db, file, clock);
    else if ((await standing(db, file)) !== 'current') await migrate(db);
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

const starting = { everyMs: 100, forMs: 15_000 };

/** Only the one owner may change tables: a look becomes it for that moment, or waits for an Upkeep that starts to do it. */
async function untilCurrent(db: Opened['db'], file: string, clock: Clock, waitedMs = 0): Promise<void> {
  if ((await standing(db, file)) === 'current') return;
  const done = lockForMoment(file);
  if (done !== null) {
    try {
      await migrate(db);
    } finally {
      done();
    }
    return;
  }
  if (waitedMs >= starting.forMs)
    throw new StoreInUse(
      `another Upkeep holds ${file}, whose tables are not those of this version: it still starts, or is an older one; try again, and restart that one if this stays so`,
    );
  await clock.sleep(starting.everyMs);
  await untilCurrent(db, file, clock, waitedMs + starting.everyMs);
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
