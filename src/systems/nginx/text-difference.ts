/** Lines that differ between two texts, as people read them: `-12: gone`, `+12: new`. Pure. */

/** Beyond this the lines between the first and the last difference are told as one block. */
const mostCompared = 400;

export function changedLines(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail++;
  const gone = old.slice(head, old.length - tail);
  const come = now.slice(head, now.length - tail);
  const [keptOld, keptNow] =
    gone.length <= mostCompared && come.length <= mostCompared ? common(gone, come) : [new Set(), new Set()];
  return [
    ...gone.flatMap((line, at) => (keptOld.has(at) ? [] : [`-${head + at + 1}: ${line}`])),
    ...come.flatMap((line, at) => (keptNow.has(at) ? [] : [`+${head + at + 1}: ${line}`])),
  ];
}

/** Positions of a longest common subsequence in both. */
function common(a: readonly string[], b: readonly string[]): readonly [Set<number>, Set<number>] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const [inA, inB] = [new Set<number>(), new Set<number>()];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      inA.add(i++);
      inB.add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return [inA, inB];
}

/** Over all files, with their paths; at most `most` lines. */
export function changedFiles(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  most = 40,
): string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const lines = paths.flatMap((path) => {
    const [old, now] = [before[path], after[path]];
    if (old === now) return [];
    if (old === undefined) return [`${path} is new`];
    if (now === undefined) return [`${path} is gone`];
    return [path, ...changedLines(old, now)];
  });
  return lines.length > most ? [...lines.slice(0, most), `and ${lines.length - most} lines more`] : lines;
}
