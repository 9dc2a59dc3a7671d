/** A report as one self-contained HTML page: no script, nothing loaded from outside, every text escaped. */
import { htmlMarkup } from '../../wire/html.ts';
import { type Markup, renderMarkdown } from '../../wire/markdown.ts';
import type { Block, Cell, Column, Figure, ReportDocument } from './document.ts';
import { drawingSvg } from './drawings.ts';
import { escapeHtml } from './escape-html.ts';
import { pageStyle } from './page-style.ts';

export function reportHtml(report: ReportDocument): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(report.title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<header>
<p class="title">${escapeHtml(report.title)}</p>
<h1 class="${report.tone}">${escapeHtml(report.headline)}</h1>
<p class="lead">${escapeHtml(report.lead)}</p>
<p class="span">${escapeHtml(report.span)}</p>
</header>
${figuresHtml(report.figures)}
${report.sections
  .map(
    ({ title, blocks }) =>
      `<section>\n<h2>${escapeHtml(title)}</h2>\n${blocks.map(blockHtml).join('\n')}\n</section>`,
  )
  .join('\n')}
<footer>${escapeHtml(report.footer)}</footer>
</main>
</body>
</html>
`;
}

/** Where a value is longer than this, all of them are set smaller: words do not fit where figures do. */
const longestFigure = 12;

function figuresHtml(figures: readonly Figure[]): string {
  const kind = figures.some(({ value }) => value.length > longestFigure) ? 'figures words' : 'figures';
  const columns = figures.length % 4 !== 0 && figures.length % 3 === 0 ? 3 : 4;
  return `<dl class="${kind}" data-columns="${columns}">${figures.map(figureHtml).join('')}</dl>`;
}

function figureHtml({ label, value, note, tone }: Figure): string {
  return `<div><dt>${escapeHtml(label)}</dt><dd class="value ${tone}">${escapeHtml(value)}</dd><dd class="note">${escapeHtml(note)}</dd></div>`;
}

function blockHtml(block: Block): string {
  if (block.kind === 'text') return `<p class="text">${escapeHtml(block.text)}</p>`;
  if (block.kind === 'markdown') return typedHtml(block.text);
  if (block.kind === 'points')
    return `<ul class="text">${block.points.map((point) => `<li>${escapeHtml(point)}</li>`).join('')}</ul>`;
  if (block.kind === 'items') {
    const items = block.items.map(({ term, text, code, isMarkdown }) => {
      const ready = code === undefined ? '' : `<code>${escapeHtml(code)}</code>`;
      const said = isMarkdown ? typedHtml(text) : escapeHtml(text);
      return `<div><dt>${escapeHtml(term)}</dt><dd>${said}${ready}</dd></div>`;
    });
    return `<dl class="items">${items.join('')}</dl>`;
  }
  const head = block.columns.map(
    (column) => `<th scope="col"${columnClass(column)}>${escapeHtml(column.title)}</th>`,
  );
  const rows = block.rows.map((row) => {
    const cells = row.map((cell, index) => cellHtml(cell, block.columns[index]));
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** Below the headings of the report. */
const typedMarkup: Markup = {
  ...htmlMarkup,
  heading: (text, depth) => `<h${Math.min(depth + 2, 6)}>${text}</h${Math.min(depth + 2, 6)}>\n`,
  link: (text, url) => `<a href="${escapeHtml(url)}" rel="noopener noreferrer">${text}</a>`,
};

function typedHtml(text: string): string {
  return `<div class="typed">${renderMarkdown(text, typedMarkup)}</div>`;
}

function cellHtml({ text, note, tone, drawing, isMarkdown }: Cell, column: Column | undefined): string {
  const main =
    text === ''
      ? ''
      : isMarkdown
        ? typedHtml(text)
        : `<span class="main${tone ? ` ${tone}` : ''}">${escapeHtml(text)}</span>`;
  const second = note ? `<span class="note">${escapeHtml(note)}</span>` : '';
  const label = column?.title ? ` data-label="${escapeHtml(column.title)}"` : '';
  return `<td${column ? columnClass(column) : ''}${label}>${main}${drawing ? drawingSvg(drawing) : ''}${second}</td>`;
}

function columnClass(column: Column): string {
  if (column.isNumber) return ' class="number"';
  return column.isShort ? ' class="short"' : '';
}
