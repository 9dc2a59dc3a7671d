/**
 * A file of the log that pg_receivewal left cut short, as where the disk was full: it refuses to go on for as long as such a
 * file lies there. It is incomplete by definition; where the slot still holds all of it, it is received anew.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { segmentOf } from './segments.ts';

/** Of our own; `lsn` is null where there is none. */
export interface SlotStanding {
  /** From where on the server keeps the log for it, in bytes of log. */
  readonly lsn: number | null;
  /** The server has removed what it still needed. */
  readonly isLost: boolean;
}

/** `whole`: pg_receivewal goes on with it. `held`: it may go, as the server sends all of it again. */
export type ShortVerdict = 'whole' | 'held' | 'not held';

/** The server keeps whole files, so a slot that stands within this one holds it from its first byte. */
export function judgeShort(
  { number, bytes }: { readonly number: number; readonly bytes: number },
  segmentBytes: number,
  { lsn, isLost }: SlotStanding,
): ShortVerdict {
  // It pads a new file to its whole length before it writes into it, and accepts an empty one.
  if (bytes === 0 || bytes === segmentBytes) return 'whole';
  return lsn !== null && !isLost && Math.floor(lsn / segmentBytes) <= number ? 'held' : 'not held';
}

/**
 * Takes what is cut short out of the way. One that holds zeros alone is what padding came to on a full disk, and would heap up
 * there with every try: it is removed. Any other is kept beside.
 * @throws where the server does not hold what was in it
 */
export function clearShort(folder: string, segmentBytes: number, slot: SlotStanding, at: number): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of names.filter((one) => /^[0-9A-F]{24}\.partial$/.test(one))) {
    const file = join(folder, name);
    const { size: bytes } = statSync(file);
    const verdict = judgeShort(
      { number: segmentOf(name, segmentBytes)?.number ?? 0, bytes },
      segmentBytes,
      slot,
    );
    if (verdict === 'whole') continue;
    if (verdict === 'not held')
      throw new Error(
        `${file} is cut short (${bytes} of ${segmentBytes} bytes), and the slot on the server does not hold what was in it: the log has a gap there. Move the file away (mv ${file} ${file}.short) and take a new backup, which begins after the gap`,
      );
    if (readFileSync(file).every((byte) => byte === 0)) rmSync(file);
    else renameSync(file, `${file}.short-${at}`);
  }
}
