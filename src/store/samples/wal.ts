/** The way of SQLite's write-ahead log to the disk, off this thread and once for all commits that wait. */
import { open } from 'node:fs/promises';

/**
 * The same fdatasync that `synchronous = full` does at each commit. SQLite holds no lock on this file that a second
 * handle could undo.
 */
export async function openWal(file: string): Promise<{ durable(): Promise<void>; close(): Promise<void> }> {
  const log = await open(file, 'r+');
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const durable = () => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        running = log.datasync();
        return running;
      });
    return next;
  };
  return {
    durable,
    async close() {
      await durable();
      await log.close();
    },
  };
}
