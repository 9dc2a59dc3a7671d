/** What a server here lacks to be restored into, by the words of PostgreSQL. It says nothing of the backup. */
import { Lack, saysLack } from '../../../core/lack.ts';

/** Packages of extensions, which the machine of the living server has (`CREATE EXTENSION`, `LOAD`). */
const missingLibrary =
  /extension "[^"]+" is not available|could not open extension control file|could not load library|could not access file "[^"]*"|terminated by signal 9/;

/** @param words of a program or of the log of a server */
export function failureIn(words: string): Error {
  return missingLibrary.test(words) || saysLack(words) ? new Lack(words) : new Error(words);
}
