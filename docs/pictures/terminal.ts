/** Text with the colours of a terminal (SGR sequences, as `tmux capture-pane -e` gives it) as a page to photograph. */

const palette = [
  '#1c2128', '#f47067', '#57ab5a', '#c69026', '#539bf5', '#b083f0', '#39c5cf', '#adbac7',
  '#768390', '#ff938a', '#6bc46d', '#daaa3f', '#6cb6ff', '#dcbdfb', '#56d4dd', '#cdd9e5',
] as const; // biome-ignore format: two rows of eight, as terminals count them

interface Look {
  readonly colour: number | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isReversed: boolean;
}

const plain: Look = { colour: null, isBold: false, isDim: false, isReversed: false };

export function terminalPage(text: string): string {
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #22272e }
    pre { display: inline-block; margin: 0; padding: 18px 22px; color: #cdd9e5; background: #22272e;
      font: 14px/1.35 'JetBrains Mono Variable', 'DejaVu Sans Mono', monospace }
  </style><pre>${spans(text.trimEnd())}</pre>`;
}

function spans(text: string): string {
  let look = plain;
  let page = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is read here
  for (const part of text.split(/(\u001b\[[\d;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is read here
    const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1];
    if (codes === undefined)
      page += part === '' ? '' : `<span style="${style(look)}">${escaped(part)}</span>`;
    else look = codes.split(';').map(Number).reduce(step, look);
  }
  return page;
}

function step(look: Look, code: number): Look {
  if (code === 0) return plain;
  if (code === 1) return { ...look, isBold: true };
  if (code === 2) return { ...look, isDim: true };
  if (code === 7) return { ...look, isReversed: true };
  if (code === 22) return { ...look, isBold: false, isDim: false };
  if (code === 27) return { ...look, isReversed: false };
  if (code === 39) return { ...look, colour: null };
  if (code >= 30 && code <= 37) return { ...look, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, colour: code - 82 };
  return look;
}

function style({ colour, isBold, isDim, isReversed }: Look): string {
  const shown = colour === null ? '#cdd9e5' : (palette[colour] ?? '#cdd9e5');
  const inks = isReversed ? `color:#22272e;background:${shown}` : `color:${shown}`;
  return `${inks}${isBold ? ';font-weight:700' : ''}${isDim ? ';opacity:.7' : ''}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
