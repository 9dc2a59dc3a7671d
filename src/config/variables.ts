/**
 * `${NAME}` and `${NAME:-default}` in upkeep.yaml; `$${` stands for `${`.
 * They are hidden behind marks of the same length before the YAML is parsed: `{ url: ${DATABASE_URL} }` is no
 * YAML otherwise, a value cannot inject YAML, and every line and column stays where it was.
 */

export interface Reference {
  /** As written. */
  readonly raw: string;
  /** Undefined when what stands between the braces is malformed. */
  readonly name?: string;
  readonly fallback?: string;
}

const openMark = '\u{E000}';
const padMark = '\u{E001}';
const digitBase = 0xe100;
const digitCount = 4096;
const marked = /\u{E000}([\u{E100}-\u{F0FF}])([\u{E100}-\u{F0FF}])\u{E001}*/gu;

export function hideReferences(text: string): { text: string; references: Reference[] } {
  const references: Reference[] = [];
  // A mark that was there before would be taken for one of ours.
  const clean = text.replace(/[\u{E000}\u{E001}]/gu, '\u{FFFD}');
  const hidden = clean.replace(/\$?\$\{([^}\n]*)\}/g, (raw, inside: string) => {
    if (raw.startsWith('$$') || references.length >= digitCount ** 2) return raw;
    const parts = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/.exec(inside);
    const [, name, fallback] = parts ?? [];
    references.push({
      raw,
      ...(name === undefined ? {} : { name }),
      ...(fallback === undefined ? {} : { fallback }),
    });
    return mark(references.length - 1, raw.length);
  });
  return { text: hidden, references };
}

function mark(index: number, length: number): string {
  const digits = String.fromCharCode(
    digitBase + Math.floor(index / digitCount),
    digitBase + (index % digitCount),
  );
  return (openMark + digits).padEnd(length, padMark);
}

/** Puts something in the place of every hidden reference. */
export function replaceReferences(
  text: string,
  references: readonly Reference[],
  replace: (reference: Reference) => string,
): string {
  return text.replace(marked, (_, high: string, low: string) => {
    const index = (high.charCodeAt(0) - digitBase) * digitCount + (low.charCodeAt(0) - digitBase);
    const reference = references[index];
    return reference === undefined ? '' : replace(reference);
  });
}

export function hasReference(text: string): boolean {
  return text.includes(openMark);
}
