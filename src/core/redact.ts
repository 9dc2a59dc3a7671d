/**
 * Takes secrets out of text from outside before it is kept, as well as patterns can: credentials in addresses, values
 * after words like `password=`, bearer tokens, keys of known form, PEM blocks. Best effort; it says so in the guide.
 */
const hidden = '(hidden)';

const replacements: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, hidden],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,200}):[^\s/@]{1,400}@/gi, `$1:${hidden}@`],
  [/\b(authorization\s*[:=]\s*(?:bearer|basic|token)?\s*)[^\s"',;]+/gi, `$1${hidden}`],
  [/\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi, `$1${hidden}`],
  [
    // Words that end in "pass", and "does not pass: what a test says", are no keys.
    /((?:(?<!\b(?:by|com|encom|tres|sur|over|under))(?<!(?:\bnot|\bcannot|n't)\s{1,3}(?=pass:\s))pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["']?\s*[:=]\s*)("[^"\n]*"|'[^'\n]*'|[^\s"',;&]+)/gi,
    `$1${hidden}`,
  ],
  [/(--(?:password|token|secret|api-key)[ =])(\S+)/gi, `$1${hidden}`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, hidden],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|xox[abprs]-[A-Za-z0-9-]{10,})/g, hidden],
  [/\b(?:sk|pk|rk)[-_](?:live|test|ant|proj)?[-_]?[A-Za-z0-9_-]{16,}/g, hidden],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*/g, hidden],
];

export function redact(text: string): string {
  return replacements.reduce((result, [pattern, by]) => result.replace(pattern, by), text);
}

/** Control characters but line breaks and tabs become visible, so that no terminal obeys them. */
export function printable(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
      character === '\n' || character === '\t'
        ? character
        : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );
}
