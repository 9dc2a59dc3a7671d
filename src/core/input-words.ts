/** What is wrong with an input, in words for whoever typed it. */
import { z } from 'zod';
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
  return plainIssues(error.issues).map((issue) => {
    const [first, ...rest] = issue.path.map(String);
    const about = first === undefined ? undefined : schema?.shape[first]?.description;
    const name = first === undefined ? 'input' : [nameOf(first), ...rest].join('.');
    return `${name}: ${wordsOf(issue)}${about === undefined || about === '' ? '' : ` (${about})`}`;
  });
}

/**
 * What is worth telling: the form that was meant instead of all that were possible,
 * and one word on what is of the wrong kind altogether.
 */
export function plainIssues(issues: readonly Issue[]): Issue[] {
  const meant = issues.flatMap((issue) => {
    const branch = issue.code === 'invalid_union' ? meantBranch(issue.errors) : undefined;
    if (branch === undefined) return [issue];
    return plainIssues(branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })));
  });
  const place = ({ path }: Issue) => path.map(String).join('\u0000');
  const wrongKind = new Set(meant.filter(({ code }) => code === 'invalid_type').map(place));
  // Lists have lengths too, so that the library measures a list that stands where a text belongs.
  return meant.filter(
    (issue) => (issue.code !== 'too_small' && issue.code !== 'too_big') || !wrongKind.has(place(issue)),
  );
}

function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map(({ path }) => path.length));
  const near = nearBranches(branches);
  const deepest = Math.max(0, ...near.map(depth));
  const [first, ...others] = near.filter((issues) => depth(issues) === deepest);
  if (first === undefined || others.length === 0) return first;
  return allChoices([first, ...others]) ?? (deepest === 0 ? undefined : first);
}

/** Forms that are told apart by a word want one of all their words. */
function allChoices(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const words = branches.map(([first]) => (first?.code === 'invalid_value' ? first : undefined));
  const [first] = words;
  if (first === undefined || words.includes(undefined)) return undefined;
  const values = words.flatMap((one) => (one?.path.join('.') === first.path.join('.') ? one.values : []));
  return [{ ...first, values }];
}

/** Those whose kind the value has. */
function nearBranches(branches: readonly (readonly Issue[])[]): (readonly Issue[])[] {
  return branches.filter(
    ([first]) => first !== undefined && (first.code !== 'invalid_type' || first.path.length > 0),
  );
}

/** What is wanted instead, as a sentence goes on after a name: `must be a number`, `is missing`. */
export function wordsOf(issue: Issue): string {
  // A text of our own is better than any that could be made of the rule; zod's begin with these words.
  if (!/^(Invalid|Too (small|big)|Unrecognized)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'too_small':
      return bound(issue, Number(issue.minimum), 'at least');
    case 'too_big':
      return bound(issue, Number(issue.maximum), 'at most');
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
      return formatWords(issue);
    case 'invalid_key':
    case 'invalid_element':
      return `has ${issue.code === 'invalid_key' ? 'a key' : 'an entry'} that ${issue.issues.slice(0, 1).map(wordsOf).join('') || 'is not understood'}`;
    default:
      return issue.message === 'Invalid input' ? 'is not understood' : issue.message;
  }
}

function bound(
  { origin, inclusive, exact }: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  limit: number,
  side: 'at least' | 'at most',
): string {
  const things = measured[origin];
  if (things !== undefined) {
    const many = count(limit, ...things);
    if (exact) return `needs exactly ${many}`;
    if (side === 'at most') return `may have ${many} at most`;
    return limit === 1 ? 'must not be empty' : `needs at least ${many}`;
  }
  if (Math.abs(limit) >= Number.MAX_SAFE_INTEGER) return `is too ${side === 'at most' ? 'large' : 'small'}`;
  if (inclusive === false) return `must be ${side === 'at most' ? 'less' : 'more'} than ${limit}`;
  return `must be ${side} ${limit}`;
}

const measured: Readonly<Record<string, [string, string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
  set: ['entry', 'entries'],
};

function formatWords({ format, pattern }: Extract<Issue, { code: 'invalid_format' }>): string {
  if (format === 'regex' && pattern !== undefined) return `does not have the form ${pattern}`;
  return `is no ${formats[format] ?? format.replaceAll('_', ' ')}`;
}

const kinds: Readonly<Record<string, string>> = {
  ...{ string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false' },
  ...{ array: 'a list', tuple: 'a list', object: 'an object', record: 'an object' },
  ...{ null: 'null', date: 'a time', never: 'left out' },
};

const formats: Readonly<Record<string, string>> = {
  ...{ email: 'mail address', url: 'address', uuid: 'id', datetime: 'time', regex: 'text of the right form' },
};

function typeWords({ expected, message }: Extract<Issue, { code: 'invalid_type' }>): string {
  return message.endsWith('received undefined') ? 'is missing' : `must be ${kinds[expected] ?? expected}`;
}

/** What the forms want that came nearest; where none did, each of them. */
function unionWords(branches: readonly (readonly Issue[])[]): string {
  const near = nearBranches(branches);
  const told = near.length > 0 ? near : branches;
  const said = new Set(told.flatMap((issues) => issues.slice(0, 1).map(wordsOf)));
  if (said.has('is missing')) return 'is missing';
  return said.size === 0 ? 'is not understood' : [...said].join(', or ');
}

function choice(values: readonly string[]): string {
  return values.length <= 1 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
}

/** `; it is given as --input '{"table":…}'`; nothing where it takes none. */
export function howToGive(input: z.ZodObject): string {
  const { required = [] } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  if (required.length === 0) return '';
  return `; it is given as --input '{${required.map((name) => `${JSON.stringify(name)}:…`).join(',')}}'`;
}
