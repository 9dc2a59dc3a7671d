/** Long text on one line: its beginning, and how much follows. */
export function cutTo(text: string, most: number): string {
  if (text.length <= most) return text;
  const left = text.length - most;
  return `${text.slice(0, most).trimEnd()}… (${left.toLocaleString('en')} more characters)`;
}
