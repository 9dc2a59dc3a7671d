/** Text of watched systems on a terminal: without control characters, and as wide as it really is. Pure. */

/** C0 and C1 controls (escape sequences start with one) and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;
const combining = /\p{Mn}|\p{Me}/u;
/** East Asian Wide and Fullwidth (Unicode TR11, the large blocks) and emoji take two columns. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

export function plain(text: string): string {
  return text.replace(unprintable, ' ').trim();
}

export function columns(text: string): number {
  let width = 0;
  for (const char of text) width += columnsOf(char);
  return width;
}

function columnsOf(char: string): number {
  return combining.test(char) ? 0 : wide.test(char) ? 2 : 1;
}

/** As much as fits, with an ellipsis where something was cut. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let result = '';
  let used = 0;
  for (const char of text) {
    used += columnsOf(char);
    if (used > width - 1) break;
    result += char;
  }
  return width < 1 ? '' : `${result.trimEnd()}…`;
}

export function pad(text: string, width: number): string {
  const fitting = cut(text, width);
  return fitting + ' '.repeat(Math.max(0, width - columns(fitting)));
}

/** Breaks at spaces into at most `lines` lines; the last one is cut. */
export function wrap(text: string, width: number, lines: number): string[] {
  const result: string[] = [];
  let rest = text;
  while (columns(rest) > width && result.length < lines - 1) {
    const head = cut(rest, width + 1).slice(0, -1);
    const space = head.lastIndexOf(' ');
    const end = space > 0 ? space : head.length;
    result.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...result, cut(rest, width)];
}
