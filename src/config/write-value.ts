/** Values and comments of upkeep.yaml as text. */
import { stringify } from 'yaml';

export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u{2028}\u{2029}]+/gu, ' ');
}

export function flow(value: unknown): string {
  const text = stringify(escaped(value), {
    // A text with line breaks is one line all the same: inside { … } a second one would be cut off.
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
    lineWidth: 0,
    collectionStyle: 'flow',
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
  }).trimEnd();
  return text.replace(/^"([A-Za-z][A-Za-z0-9._/-]*)"$/, (quoted, bare: string) =>
    /^(true|false|null|yes|no|on|off|y|n)$/i.test(bare) ? quoted : bare,
  );
}

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escaped(inner)]));
}
