/** The file that the configuration was read from, for those who may edit it. */
import type { Problem } from './configuration.ts';

export interface ConfigurationChange {
  /** `['oncall', 'policies', 'standard']` */
  readonly path: readonly string[];
  /** Null takes the key away. */
  readonly value: unknown;
}

export interface ConfigurationFile {
  readonly path: string;
  /** @throws Error where the file cannot be read */
  read(): string;
  /**
   * The text after the changes, all else as it was written.
   * @throws UpkeepError bad-input where something else stands where keys would have to
   */
  edited(text: string, changes: readonly ConfigurationChange[]): string;
  /** What is wrong with a text in place of the file's; nothing where it may be written. */
  problemsOf(text: string): readonly Problem[];
  /** All or nothing, with the mode that the file has. @throws Error where it may not be written */
  replace(text: string): void;
}

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

const linesAround = 3;

/** Lines that differ, with three around each change; `…` stands for what is left out. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [old, next] = [before.split('\n'), after.split('\n')];
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) start += 1;
  let end = 0;
  while (
    end < old.length - start &&
    end < next.length - start &&
    old[old.length - 1 - end] === next[next.length - 1 - end]
  )
    end += 1;
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  return shortened([
    ...old.slice(0, start).map(same),
    ...between(old.slice(start, old.length - end), next.slice(start, next.length - end)),
    ...old.slice(old.length - end).map(same),
  ]);
}

/** Longest common subsequence; the lines between the first and the last change are few. */
function between(old: readonly string[], next: readonly string[]): DiffLine[] {
  const width = next.length + 1;
  const lengths = new Int32Array((old.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = next.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] =
        old[i] === next[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < next.length) {
    const [was, is] = [old[i], next[j]];
    if (was !== undefined && was === is) {
      lines.push({ kind: 'same', text: was });
      i += 1;
      j += 1;
    } else if (was !== undefined && (is === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: was });
      i += 1;
    } else {
      lines.push({ kind: 'added', text: is ?? '' });
      j += 1;
    }
  }
  return lines;
}

function shortened(lines: readonly DiffLine[]): DiffLine[] {
  const isNear = (index: number) =>
    lines
      .slice(Math.max(0, index - linesAround), index + linesAround + 1)
      .some(({ kind }) => kind !== 'same');
  const near = lines.map((_, index) => isNear(index));
  return lines.flatMap((line, index) => {
    if (near[index]) return [line];
    return near[index + 1] || (index > 0 && near[index - 1]) ? [{ kind: 'same' as const, text: '…' }] : [];
  });
}
