/** A report as Markdown (GFM). Pictures are left out; every text is escaped but for what people typed as Markdown. */
import { escapeMarkdown, oneLine } from '../../core/markdown-text.ts';
import { plainLines } from '../../core/plain.ts';
import type { Block, Cell, Item, ReportDocument } from './document.ts';

export function reportMarkdown(report: ReportDocument): string {
  const parts = [
    `# ${escapeMarkdown(report.title)}`,
    `**${escapeMarkdown(report.headline)}** ${escapeMarkdown(report.lead)}`,
    `*${escapeMarkdown(report.span)}*`,
    report.figures
      .map(
        ({ label, value, note }) =>
          `- **${escapeMarkdown(label)}:** ${escapeMarkdown(value)} (${escapeMarkdown(note)})`,
      )
      .join('\n'),
    ...report.sections.flatMap(({ title, blocks }) => [
      `## ${escapeMarkdown(title)}`,
      ...blocks.map(blockMarkdown),
    ]),
    `*${escapeMarkdown(report.footer)}*`,
  ];
  return `${parts.join('\n\n')}\n`;
}

export function blockMarkdown(block: Block): string {
  if (block.kind === 'text') return escapeMarkdown(block.text);
  if (block.kind === 'markdown') return plainLines(block.text).trim();
  if (block.kind === 'points') return block.points.map((point) => `- ${escapeMarkdown(point)}`).join('\n');
  if (block.kind === 'items') return block.items.map(itemMarkdown).join('\n');
  const kept = block.columns.map((column) => !column.isDrawn);
  const columns = block.columns.filter((_, index) => kept[index]);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map((column) => escapeMarkdown(column.title))),
    line(columns.map((column) => (column.isNumber ? '---:' : '---'))),
    ...block.rows.map((row) => line(row.filter((_, index) => kept[index]).map(cellMarkdown))),
  ].join('\n');
}

function itemMarkdown({ term, text, code, codeLabel = 'Remedy', isMarkdown }: Item): string {
  // What follows a line end belongs to the item when it is indented.
  const said = isMarkdown ? plainLines(text).trim().replaceAll('\n', '\n  ') : escapeMarkdown(text);
  const ready = code === undefined ? '' : `. ${codeLabel}: ${codeSpan(code)}`;
  return `- **${escapeMarkdown(term)}** ${said}${ready}`;
}

function cellMarkdown({ text, note, isMarkdown }: Cell): string {
  const main = isMarkdown ? cellOf(oneLine(text)) : escapeMarkdown(text);
  return note ? `${main} (${escapeMarkdown(note)})` : main;
}

/** A bar would end the cell, even within a code span. */
function cellOf(typed: string): string {
  return typed.replace(/(?<!\\)((?:\\\\)*)\|/g, '$1\\|');
}

/** A code span holds anything but a run of backticks as long as its own fence; a bar would end a table cell. */
function codeSpan(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${oneLine(text)} ${fence}`;
}
