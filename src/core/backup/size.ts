/**
 * The size of a backup against that of others of its kind. It decides nothing alone: data doubles in a night where somebody
 * imports, so an odd size is a remark and the restore decides.
 */
import { amount } from '../rule-words.ts';
import type { Look } from './engine.ts';
import type { Finding } from './looking.ts';

/** Half as much or twice as much as usual is worth a look (J). */
const oddFactor = 2;
/** Less than a tenth of the usual is more often a backup of nothing than a database that shrank (J). */
const tinyFactor = 10;

/** @param usual bytes of others of its kind; the first has nothing to be compared with */
export function sizeOf(bytes: number, usual: readonly number[]): Finding {
  if (bytes === 0) return { good: false, detail: 'it is empty' };
  const sorted = usual.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const size = amount(bytes, 'bytes');
  if (median === undefined || median === 0) return { good: true, detail: `${size}, the first of its kind` };
  const isOdd = bytes * oddFactor < median || bytes > median * oddFactor;
  if (!isOdd) return { good: true, detail: `${size}, usually ${amount(median, 'bytes')}` };
  const share = bytes / median;
  const times = share > 1 ? `${inShort(share)} times` : `${inShort(share * 100)} % of`;
  return {
    ...{ good: true, detail: `${size}, ${times} the usual ${amount(median, 'bytes')}` },
    ...{ remark: `${times} the usual size`, ...(bytes * tinyFactor < median && { isTiny: true }) },
  };
}

/** Lengths of files by their path. */
export type Lengths = Readonly<Record<string, { readonly bytes: number }>>;

export function bytesOf(files: Lengths): number {
  return Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What its length alone says against a file; null where that is nothing. */
export function lengthFlaw(
  path: string,
  written: Lengths[string],
  here: Lengths[string] | undefined,
): string | null {
  if (here === undefined) return `${path} is missing`;
  return here.bytes === written.bytes ? null : `${path} has ${here.bytes} bytes instead of ${written.bytes}`;
}

const mostNamed = 3;

/**
 * Every file that its manifest names is there with the length that it was written with, and how all of them compare with
 * others of their kind.
 * @param written null where the manifest cannot be read
 */
export function presenceOf(written: Lengths | null, there: Lengths, usual: readonly number[]): Finding {
  const wrong = Object.entries(written ?? {}).flatMap(
    ([path, file]) => lengthFlaw(path, file, there[path]) ?? [],
  );
  if (wrong.length > 0) {
    const more = wrong.length > mostNamed ? `; ${wrong.length - mostNamed} more` : '';
    return { good: false, detail: `${wrong.slice(0, mostNamed).join('; ')}${more}` };
  }
  const bytes = bytesOf(there);
  const found = sizeOf(bytes, usual);
  const isFirst = usual.length === 0 && written !== null && found.good;
  return isFirst ? { good: true, detail: `${amount(bytes, 'bytes')}, as when it was taken` } : found;
}

/** Of a whole proof: one that is far too small holds only where what was restored of it was compared with its source. */
export function settleSize(looks: readonly Look[]): readonly Look[] {
  if (looks.some(({ level, good }) => level >= 5 && good)) return looks;
  return looks.map((look) =>
    look.isTiny && look.good
      ? {
          ...look,
          good: false,
          detail: `${look.detail}, and nothing that was restored of it was compared with its source`,
        }
      : look,
  );
}

/** What is odd about a backup that was looked at, for people to look; null where nothing is. */
export function remarkOf(looks: readonly Look[]): string | null {
  return looks.find(({ remark }) => remark !== undefined)?.remark ?? null;
}

const inShort = (value: number) => String(Number(value.toPrecision(value < 100 ? 2 : 3)));
