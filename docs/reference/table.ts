/** Pieces of Markdown that the reference pages share. */

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

/** A fenced block whose fence no line of the text can end. */
export function fence(language: string, text: string): string {
  const mark = text.includes('```') ? '````' : '```';
  return `${mark}${language}\n${text.trimEnd()}\n${mark}`;
}

export const notice = '<!-- Written by `npm run docs`; changes here are lost. -->';

export function page(title: string, parts: readonly string[]): string {
  return `${[notice, `# ${title}`, ...parts].join('\n\n')}\n`;
}
