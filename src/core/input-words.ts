/** What is wrong with an input, in words for whoever typed it. */
import type { z } from 'zod';
import { count } from './count.ts';

type Issue = z.core.$ZodIssue;

/**
 * One line for each problem: `reason: needs at least 3 characters (why; it stands in the journal)`.
 * @param nameOf how the input is called where it was typed: `--reason` on the command line
 */
export function inputProblems(
  error: { readonly issues: readonly Issue[] },
  schema?: z.ZodObject,
  nameOf: (name: string) => string = (name) => name,
): string[] {
  return error.issues.map((issue) => {
    const [first, ...rest] = issue.path.map(String);
    const about = first === undefined ? undefined : schema?.shape[first]?.description;
    const name = first === undefined ? 'input' : [nameOf(first), ...rest].join('.');
    return `${name}: ${wordsOf(issue)}${about === undefined || about === '' ? '' : ` (${about})`}`;
  });
}

function wordsOf(issue: Issue): string {
  // A text of our own is better than any that could be made of the rule; zod's begin with these words.
  if (!/^(Invalid|Too (small|big)|Unrecognized)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'too_small':
      return bound(issue.origin, Number(issue.minimum), 'at least');
    case 'too_big':
      return bound(issue.origin, Number(issue.maximum), 'at most');
    case 'invalid_type':
      return typeWords(issue);
    case 'invalid_value':
      return `must be ${choice(issue.values.map(String))}`;
    case 'unrecognized_keys':
      return `there is no ${choice(issue.keys)} here`;
    case 'invalid_union':
      return unionWords(issue.errors);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return `is no ${formats[issue.format] ?? issue.format}`;
    default:
      return issue.message;
  }
}

function bound(origin: string, limit: number, side: 'at least' | 'at most'): string {
  if (origin === 'string') {
    if (side === 'at most') return `may have ${count(limit, 'character')} at most`;
    return limit === 1 ? 'must not be empty' : `needs at least ${count(limit, 'character')}`;
  }
  if (origin === 'array' || origin === 'set') {
    if (side === 'at most') return `may have ${count(limit, 'entry', 'entries')} at most`;
    return limit === 1 ? 'must not be empty' : `needs at least ${count(limit, 'entry', 'entries')}`;
  }
  return `must be ${side} ${limit}`;
}

const kinds: Readonly<Record<string, string>> = {
  ...{ string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false' },
  ...{ array: 'a list', object: 'an object', record: 'an object' },
};

const formats: Readonly<Record<string, string>> = {
  ...{ email: 'mail address', url: 'address', uuid: 'id', datetime: 'time', regex: 'text of the right form' },
};

function typeWords({ expected, message }: Extract<Issue, { code: 'invalid_type' }>): string {
  return message.endsWith('received undefined') ? 'is missing' : `must be ${kinds[expected] ?? expected}`;
}

/** What the form wants that came nearest; where none did, each of them. */
function unionWords(branches: readonly (readonly Issue[])[]): string {
  const said = new Set(branches.flatMap((issues) => issues.slice(0, 1).map(wordsOf)));
  return said.size === 0 ? 'is not understood' : [...said].join(', or ');
}

function choice(values: readonly string[]): string {
  return values.length <= 1 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}
