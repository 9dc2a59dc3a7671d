/** What a tool wrote before it failed, made fit to be kept, listed and sent: short, and a full disk in one sentence. Pure. */
import { plain } from '../plain.ts';

/** Where the work writes. */
export interface WrittenTo {
  /** It, or what lies below it. */
  readonly folder: string;
  /** What else mends a full disk: `name a larger disk with scratch: under backups:`. */
  readonly orElse: string;
  /** The folder as people know it, where `folder` is gone afterwards. */
  readonly lasting?: string;
  /** Every server that it speaks of writes there too. */
  readonly isAllHere?: true;
}

const full = /No space left on device|\bENOSPC\b|Disk quota exceeded|\bEDQUOT\b/;

/** A cause stands at the beginning or at the end; between them a tool says the same of each file. */
const firstLines = 2;
const lastLines = 4;
const longestLine = 300;

export function failureWords(text: string, { folder, orElse, lasting, isAllHere }: WrittenTo): string {
  // An error of our own writing names no file.
  const isHere = (line: string) =>
    isAllHere === true || line.includes(`${folder}/`) || /^(ENOSPC|EDQUOT): /.test(line);
  if (text.split('\n').some((line) => full.test(line) && isHere(line)))
    return `the disk of ${lasting ?? folder} is full: free some space there, or ${orElse}`;
  return shortened(text);
}

/** One line. */
export function shortened(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => plain(line, longestLine))
    .filter((line) => line !== '');
  const left = lines.length - firstLines - lastLines;
  if (left <= 1) return lines.join('; ');
  return [...lines.slice(0, firstLines), `(${left} more lines)`, ...lines.slice(-lastLines)].join('; ');
}
