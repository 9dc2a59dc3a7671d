/** What the measurements print, and the page bench/results.md. */
import { cpus, totalmem } from 'node:os';

/** A row's first column names the contender; a missing peer has a row that says why it was left out. */
export type Row = Readonly<Record<string, string>>;

export interface Result {
  readonly title: string;
  readonly rows: readonly Row[];
  /** What was measured and how, and whether the aim was met: a line each. */
  readonly notes?: readonly string[];
}

export function markdownTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return (
    line(columns) +
    line(columns.map(() => '---')) +
    rows.map((row) => line(columns.map((column) => row[column] ?? ''))).join('')
  );
}

/** For the terminal: aligned columns, no frame. */
export function plainTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const table = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))];
  const widths = columns.map((_, i) => Math.max(...table.map((cells) => cells[i]?.length ?? 0)));
  return table
    .map((cells) => `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

export function printed({ title, rows, notes = [] }: Result): string {
  return `\n${title}\n${plainTable(rows)}\n${notes.map((note) => `  - ${note}\n`).join('')}`;
}

export interface Circumstances {
  /** RFC 3339. */
  readonly at: string;
  readonly isIsolated: boolean;
  /** One-minute load averages before and after. */
  readonly load: readonly [number, number];
  readonly versions: readonly string[];
}

export function page(results: readonly Result[], { at, isIsolated, load, versions }: Circumstances): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const isNoisy = load[0] > cpus().length / 2;
  return [
    '# Measurements',
    '',
    `Made by \`npm run bench\` on ${at.slice(0, 10)}: ${cpus().length} cores, ${memory} GiB of memory, ${versions.join(', ')}; ${
      isIsolated ? 'in a network namespace of its own' : 'on loopback, not isolated'
    }. Every peer ran in the same run on the same machine; read the ratios, not the absolute figures.`,
    '',
    isNoisy
      ? `The machine was shared and busy (load ${load[0].toFixed(1)} at the start, ${load[1].toFixed(1)} at the end), which lengthens every latency here.`
      : `Nothing else of weight ran (load ${load[0].toFixed(1)} at the start).`,
    '',
    ...results.map(section),
  ]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n');
}

function section({ title, rows, notes = [] }: Result): string {
  return [
    `## ${title}`,
    '',
    rows.length > 0 ? markdownTable(rows) : '',
    ...notes.map((note) => `- ${note}`),
    '',
  ].join('\n');
}

const keptMark = 'Measured in a run of its own on ';

/** Sections of a page with what stands above them, each with its heading. */
function sectionsOf(text: string): string[] {
  return text.split(/^(?=## )/m);
}

const headingOf = (text: string) => text.split('\n', 1)[0];

/** What was measured in a run of its own takes the place of the section of the same title, or comes last. */
export function keepIn(
  old: string,
  results: readonly Result[],
  { at, load }: Pick<Circumstances, 'at' | 'load'>,
): string {
  const sections = sectionsOf(old);
  for (const result of results) {
    const mark = `${keptMark}${at.slice(0, 10)} on ${cpus().length} cores (load ${load[0].toFixed(1)} at the start, ${load[1].toFixed(1)} at the end).`;
    const text = `${section({ ...result, notes: [...(result.notes ?? []), mark] }).replace(/\n{3,}/g, '\n\n')}`;
    const place = sections.findIndex((one) => headingOf(one) === `## ${result.title}`);
    const before = sections.at(-1);
    if (place >= 0) sections[place] = `${text}\n`;
    else sections.splice(-1, 1, `${before?.trimEnd() ?? ''}\n\n`, text);
  }
  return `${sections.join('').trimEnd()}\n`;
}

/** A fresh page with those sections of the old one that were measured in runs of their own, and not again. */
export function withKept(fresh: string, old: string): string {
  const titles = new Set(sectionsOf(fresh).map(headingOf));
  const kept = sectionsOf(old).filter((one) => one.includes(`- ${keptMark}`) && !titles.has(headingOf(one)));
  return `${[fresh.trimEnd(), ...kept.map((one) => one.trimEnd())].join('\n\n')}\n`;
}
