/** Lines that a chart is compared with, and where their words stand. Pure. */

export interface ChartLine {
  readonly value: number;
  readonly words: string;
}

/** Units of the drawing: a line of text is so high, and a letter at most so wide. */
const textHeight = 14;
const letterWidth = 7.5;

/** Where the words of each line end: to the left of those that would stand at the same height, the highest line first. */
export function besideEachOther(
  lines: readonly ChartLine[],
  { y, end: edge }: { readonly y: (value: number) => number; readonly end: number },
): readonly (ChartLine & { readonly end: number })[] {
  const placed: (ChartLine & { readonly end: number })[] = [];
  for (const line of lines.toSorted((a, b) => b.value - a.value)) {
    const near = placed.filter(({ value }) => Math.abs(y(value) - y(line.value)) < textHeight);
    const end = Math.min(edge, ...near.map((one) => one.end - one.words.length * letterWidth));
    placed.push({ ...line, end });
  }
  return placed;
}
