/** A report as PDF, from the same document as Markdown and HTML. No file and no address is ever opened for it. */
import { fileURLToPath } from 'node:url';
import type { Content, TableCell, TDocumentDefinitions } from 'pdfmake/interfaces.js';
import { plainMarkup, renderMarkdown } from '../../wire/markdown.ts';
import type { Block, Cell, ReportDocument, Tone } from '../reports/document.ts';

const ink = '#1d2126';
const soft = '#565c63';
const line = '#e3dfd5';
const tones: Readonly<Record<Tone, string>> = {
  ok: '#2f7d5b',
  warning: '#93610a',
  critical: '#b3261e',
  unknown: '#63686e',
  quiet: ink,
};

const font = (name: string) => fileURLToPath(import.meta.resolve(`pdfmake/fonts/Roboto/Roboto-${name}.ttf`));
let made: ReturnType<typeof makeReady> | undefined;

export async function reportPdf(report: ReportDocument): Promise<Buffer> {
  made ??= makeReady();
  const pdfmake = await made;
  return pdfmake.createPdf(definitionOf(report)).getBuffer();
}

/** Its fonts and tables take 30 MB, so it is not loaded before somebody wants a file. */
async function makeReady() {
  const { default: pdfmake } = await import('pdfmake');
  const [normal, bold] = [font('Regular'), font('Medium')];
  pdfmake.addFonts({ Roboto: { normal, bold, italics: normal, bolditalics: bold } });
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path) => path === normal || path === bold);
  return pdfmake;
}

function definitionOf(report: ReportDocument): TDocumentDefinitions {
  return {
    pageSize: 'A4',
    pageMargins: [48, 48, 48, 56],
    info: { title: printable(report.title), creator: 'Upkeep' },
    defaultStyle: { font: 'Roboto', fontSize: 9.5, lineHeight: 1.25, color: ink },
    styles: {
      title: { fontSize: 9, color: soft },
      headline: { fontSize: 19, bold: true, margin: [0, 4, 0, 6] },
      section: { fontSize: 12.5, bold: true, margin: [0, 16, 0, 5] },
      soft: { color: soft, fontSize: 8.5 },
    },
    footer: (page: number, pages: number) => ({
      columns: [
        { text: printable(report.footer), style: 'soft' },
        { text: `${page} / ${pages}`, style: 'soft', alignment: 'right', width: 50 },
      ],
      margin: [48, 16, 48, 0],
    }),
    content: [
      { text: printable(report.title), style: 'title' },
      { text: printable(report.headline), style: 'headline', color: tones[report.tone] },
      { text: printable(report.lead) },
      { text: printable(report.span), style: 'soft', margin: [0, 3, 0, 10] },
      figures(report),
      ...report.sections.flatMap(({ title, blocks }): Content[] => [
        { text: printable(title), style: 'section', headlineLevel: 1 },
        ...blocks.map(blockContent),
      ]),
    ],
    // A title stays with what follows it.
    pageBreakBefore: (node, following) =>
      node.headlineLevel === 1 && following.getFollowingNodesOnPage().length === 0,
  };
}

const inRow = 3;

function figures({ figures: all }: ReportDocument): Content {
  const cells = all.map(
    ({ label, value, note, tone }): TableCell => ({
      stack: [
        { text: printable(label), style: 'soft' },
        { text: printable(value), fontSize: 13, bold: true, color: tones[tone] },
        { text: printable(note), style: 'soft' },
      ],
    }),
  );
  const rows: TableCell[][] = [];
  for (let start = 0; start < cells.length; start += inRow) {
    const row = cells.slice(start, start + inRow);
    while (row.length < inRow) row.push('');
    rows.push(row);
  }
  if (rows.length === 0) return '';
  return { table: { widths: Array.from({ length: inRow }, () => '*'), body: rows }, layout: grid };
}

const grid = {
  hLineWidth: () => 0.6,
  vLineWidth: () => 0.6,
  hLineColor: () => line,
  vLineColor: () => line,
  paddingTop: () => 5,
  paddingBottom: () => 5,
};

const ruled = {
  hLineWidth: (index: number) => (index === 0 ? 0 : 0.6),
  vLineWidth: () => 0,
  hLineColor: () => line,
  paddingLeft: () => 0,
  paddingRight: () => 8,
  paddingTop: () => 3,
  paddingBottom: () => 3,
};

function blockContent(block: Block): Content {
  if (block.kind === 'text') return { text: printable(block.text), margin: [0, 1, 0, 3] };
  if (block.kind === 'markdown') return { stack: typedLines(block.text) };
  if (block.kind === 'points') return { ul: block.points.map(printable), margin: [0, 1, 0, 3] };
  if (block.kind === 'items') {
    const body = block.items.map(({ term, text, code, isMarkdown }): TableCell[] => [
      { text: printable(term), color: soft },
      {
        stack: [
          ...(isMarkdown ? typedLines(text) : [{ text: printable(text) }]),
          ...(code === undefined ? [] : [{ text: printable(code), style: 'soft' }]),
        ],
      },
    ]);
    if (body.length === 0) return '';
    return { table: { widths: [110, '*'], body }, layout: ruled };
  }
  const kept = block.columns.map((column) => !column.isDrawn);
  const columns = block.columns.filter((_, index) => kept[index]);
  const head = columns.map(({ title }): TableCell => ({ text: printable(title), style: 'soft' }));
  const body = block.rows.map((row) =>
    row.filter((_, index) => kept[index]).map((cell, index) => cellContent(cell, columns[index]?.isShort)),
  );
  const widths = columns.map(({ isShort, isNumber }) => (isShort || isNumber ? 'auto' : '*'));
  const table = { headerRows: 1, keepWithHeaderRows: 1, dontBreakRows: true, widths, body: [head, ...body] };
  return { table, layout: ruled };
}

function typedLines(text: string): Content[] {
  return renderMarkdown(text, plainMarkup)
    .split('\n')
    .map((line) => ({ text: printable(line), margin: [0, 1, 0, 1] }));
}

function cellContent({ text, note, tone, isMarkdown }: Cell, isShort = false): TableCell {
  if (isMarkdown) return { stack: typedLines(text) };
  const main = { text: printable(text), color: tones[tone ?? 'quiet'], noWrap: isShort };
  return note ? { stack: [main, { text: printable(note), style: 'soft' }] } : main;
}

/** Control characters would break a line of the page; what has no glyph is drawn as an empty box. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
}
