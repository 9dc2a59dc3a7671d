/** Text as it stands in Markdown, and back. Pure. */

/** Makes untrusted text mean nothing in Markdown; control characters and line ends become spaces. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*[\]<>|~&]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(
      /^(\s*)(#+|[+-]|\d+[.)])(?=\s|$)/,
      (_, space: string, mark: string) => `${space}${mark.slice(0, -1)}\\${mark.slice(-1)}`,
    );
}

/** What `escapeMarkdown` wrote, for a reader that takes it as it is, such as a terminal. */
export function unescapeMarkdown(text: string): string {
  return text.replace(/\\([\\`*[\]<>|~&_#+.)-])/g, '$1');
}

export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
