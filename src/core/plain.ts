/** Text of watched systems made fit for people: one line, no control or direction marks, a bearable length. */

/** They could steer a terminal, turn words around or forge lines. */
const dangerous =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line of at most `longest` characters (UTF-16 units). */
export function plain(text: string, longest = 240): string {
  return capped(text.replace(/\s+/g, ' ').replace(dangerous, '').trim(), longest);
}

/** Several lines without what steers a terminal or turns words around. */
export function plainLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/\t/g, '  ').replace(dangerous, ''))
    .join('\n');
}

/** Cut at `longest` UTF-16 units with an ellipsis, never inside a character, nor inside a command in backticks. */
export function capped(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const cut = beforeCommand(text.slice(0, Math.max(0, longest - 1)));
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

const longestCommand = 160;

/** Half a command is typed as a whole one. What is longer between two backticks is none. */
function beforeCommand(cut: string): string {
  const opened = cut.lastIndexOf('`');
  const isInside = (cut.match(/`/g) ?? []).length % 2 === 1;
  return isInside && opened > 0 && cut.length - opened <= longestCommand
    ? cut.slice(0, opened).trimEnd()
    : cut;
}

/** As many whole lines as fit into `longest` characters; says that something was left out. */
export function cappedLines(text: string, longest: number, note = '…'): string {
  if (text.length <= longest) return text;
  const kept: string[] = [];
  let left = longest - note.length - 1;
  for (const line of text.split('\n')) {
    left -= line.length + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return kept.length === 0 ? capped(text, longest) : `${kept.join('\n')}\n${note}`;
}
