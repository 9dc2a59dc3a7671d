/** Reads the Numenta Anomaly Benchmark from the folder or the .tgz that UPKEEP_NAB names. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly at: number; readonly value: number }[];
  /** Labelled windows as first and last row. */
  readonly windows: readonly (readonly [number, number])[];
  /** Kept back while the detector's settings were chosen: every third file by name. */
  readonly isHeldOut: boolean;
}

/** null when the variable is not set. */
export function nabCorpus(path = process.env.UPKEEP_NAB): Series[] | null {
  if (!path) return null;
  if (statSync(path).isDirectory()) return read(path);
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-nab-'));
  try {
    execFileSync('tar', ['xzf', path, '-C', folder]);
    return read(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(folder: string): Series[] {
  const text = readFileSync(join(folder, 'labels/combined_windows.json'), 'utf8');
  const labels: Record<string, [string, string][]> = JSON.parse(text);
  return Object.keys(labels)
    .sort()
    .map((name, i) => {
      const lines = readFileSync(join(folder, 'data', name), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
      const points = lines.map((line) => {
        const [at = '', value] = line.split(',');
        return { at: parseTime(at), value: Number(value) };
      });
      const windows = (labels[name] ?? []).map(([from, to]): [number, number] => [
        points.findIndex(({ at }) => at >= parseTime(from)),
        points.findLastIndex(({ at }) => at <= parseTime(to)),
      ]);
      return { name, points, windows, isHeldOut: i % 3 === 2 };
    });
}

/** `2014-04-10 07:15:00.000000`, taken as UTC. */
function parseTime(text: string): number {
  return Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`);
}
