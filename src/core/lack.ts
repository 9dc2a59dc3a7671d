/** What this machine lacks for a piece of work: a program, room, memory, a right. It says nothing of what was worked at. */
export class Lack extends Error {}

const codes = /^(ENOSPC|EDQUOT|ENOMEM|EMFILE|ENFILE|EACCES|EPERM|EROFS)$/;
/** As strerror(3) says them, in the words that programs hand on. */
const words =
  /No space left on device|Disk quota exceeded|Cannot allocate memory|Too many open files|Permission denied|Operation not permitted|Read-only file system/;

/** Whether a program's words name something that the machine lacks. */
export function saysLack(text: string): boolean {
  return words.test(text);
}

export function isLack(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof Lack || saysLack(error.message)) return true;
  return 'code' in error && typeof error.code === 'string' && codes.test(error.code);
}
