/** Records of a journal file: how they are written, and which of them can be read. Pure. */
import { crc32 } from 'node:zlib';
import { isWhole } from './envelope.ts';
import type { JournalRow } from './tables.ts';

/** Mark (4), length of the body (4), row id (8), time of arrival (8), CRC-32 of these (4). */
export const headBytes = 28;
/** `UPKJ` */
const mark = Buffer.from('UPKJ');

export function encodeHead({ id, received, body }: JournalRow): Uint8Array {
  const head = Buffer.alloc(headBytes);
  mark.copy(head);
  head.writeUint32LE(body.length, 4);
  head.writeDoubleLE(id, 8);
  head.writeDoubleLE(received, 16);
  head.writeUint32LE(crc32(head.subarray(0, 24)), 24);
  return head;
}

export interface Found {
  readonly row: JournalRow;
  /** Where the record ends. */
  readonly end: number;
  /** Unreadable, and nothing readable follows: what a crash leaves. */
  readonly isTail: boolean;
}

/** Ends at zeros. A stretch that cannot be read is one row with that stretch as its body. */
export function* readRecords(file: Buffer): Iterable<Found> {
  let position = 0;
  let id = 0;
  while (position < file.length) {
    const row = recordAt(file, position);
    if (row) {
      id = row.id;
      position += headBytes + row.body.length;
      yield { row, end: position, isTail: false };
      continue;
    }
    const next = nextRecord(file, position + 1);
    const rest = file.subarray(position, next);
    if (next === undefined && rest.every((byte) => byte === 0)) return;
    position = next ?? file.length;
    yield { row: { id, received: 0, body: rest.subarray(0, 1) }, end: position, isTail: next === undefined };
  }
}

function nextRecord(file: Buffer, from: number): number | undefined {
  for (let at = file.indexOf(mark, from); at >= 0; at = file.indexOf(mark, at + 1)) {
    if (recordAt(file, at)) return at;
  }
  return undefined;
}

function recordAt(file: Buffer, position: number): JournalRow | undefined {
  const start = position + headBytes;
  if (start > file.length) return undefined;
  const head = file.subarray(position, start);
  if (!head.subarray(0, 4).equals(mark) || head.readUint32LE(24) !== crc32(head.subarray(0, 24)))
    return undefined;
  const end = start + head.readUint32LE(4);
  if (end > file.length) return undefined;
  const body = file.subarray(start, end);
  return isWhole(body) ? { id: head.readDoubleLE(8), received: head.readDoubleLE(16), body } : undefined;
}
