/**
 * Takes secrets out of text from outside before it is kept or shown, as well as patterns can. Best effort; the guide
 * says so. Everything that leaves Upkeep goes through here: log lines, evidence, findings, details of probes, the ledger.
 */
import { hidden, isCardNumber, secretForms } from './secret-forms.ts';

export function redact(text: string): string {
  const formed = secretForms.reduce((result, [pattern, by]) => result.replace(pattern, by), text);
  return formed.replace(cardLike, (digits) => (isCardNumber(digits) ? hidden : digits));
}

/** ISO/IEC 7812: 13 to 19 digits, written in one or in groups. */
const cardLike = /(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])/g;

const stop = '\u0001';

/** Sentences of Upkeep's own with what a system said in them: `wants a password: set masterauth` is no password. */
export function redactSentence(text: string): string {
  const kept = text
    .replace(/(?<=\b(?:empty|changed its) password):(?= )/g, stop)
    .replace(/(?<=\b(?:by|from|of) token):(?=[\w.-]{1,64}(?:[\s,;)]|$))/g, stop)
    .replace(/(?<=\b(?:password|secret|token|credentials?)):(?= [a-z]+ (?:[a-z(]|\w+ ))/gi, stop);
  return redact(kept).replaceAll(stop, ':');
}

/** How the journal names whoever came with a token: its name, which is no secret. */
const actor = /^token:[\w.-]{1,64}$/;

/** Every text in it, of whatever depth; names of fields stay as they are. */
export function redactAll<T>(value: T): T;
export function redactAll(value: unknown): unknown {
  if (typeof value === 'string') return actor.test(value) ? value : redactSentence(value);
  if (Array.isArray(value)) return value.map((one) => redactAll(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, redactAll(one)]));
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
