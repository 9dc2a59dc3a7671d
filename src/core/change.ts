/** What was changed in what is watched: deployments, settings, schemas, packages. The first evidence of every diagnosis. */

export const changeKinds = [
  'deployment',
  'configuration',
  'schema',
  'access',
  'certificate',
  'package',
  'process',
  'other',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** `null` where there was nothing, or is nothing any more. */
export interface Difference {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface Change {
  readonly id: string;
  readonly kind: ChangeKind;
  /** What it was made to; both null where nobody said. */
  readonly target: string | null;
  readonly service: string | null;
  /** One line: `work_mem 4MB -> 64kB`, `release 4.2.1`. Text from outside. */
  readonly summary: string;
  readonly differences: readonly Difference[];
  /** It was made after this moment and not later than `at`, epoch milliseconds; the same where somebody reported it. */
  readonly after: number;
  readonly at: number;
  /** The document it was seen in (`postgres.settings`), or who reported it. */
  readonly source: string;
  readonly isReported: boolean;
  readonly url: string | null;
}

/**
 * How something stands that seldom changes, as a probe saw it: names and values without secrets. The ledger keeps the
 * newest and makes a change of every difference.
 */
export interface Snapshot {
  /** Namespaced and unique within the target: `postgres.settings`. */
  readonly document: string;
  readonly kind: ChangeKind;
  readonly values: Readonly<Record<string, string>>;
}

type Values = Readonly<Record<string, string>>;

/** By name. */
export function differencesBetween(before: Values, after: Values): Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [old, now] = [heldIn(before, name), heldIn(after, name)];
    return old === now ? [] : [{ name, before: old, after: now }];
  });
}

function heldIn(values: Values, name: string): string | null {
  return Object.hasOwn(values, name) ? (values[name] ?? null) : null;
}

const toldDifferences = 3;
const toldLength = 60;

/** Of a document of passwords only that they changed is told: what stands for them tells nobody anything. */
export function summaryOfDifferences(differences: readonly Difference[], document = ''): string {
  const words = document.endsWith('.passwords') ? passwordInWords : inWords;
  const told = differences.slice(0, toldDifferences).map(words).join('; ');
  const left = differences.length - toldDifferences;
  return left > 0 ? `${told} and ${left} more` : told;
}

/** `set #4f0c2a19` is one password; `set, role written by …` may be the same one in a role that was altered. */
function passwordInWords({ name, before, after }: Difference): string {
  if (before === null) return `${name}: password set`;
  if (after === null) return `${name}: password removed`;
  return `${name}: ${/#[0-9a-f]+$/.test(after) ? 'password changed' : 'password or role changed'}`;
}

function inWords({ name, before, after }: Difference): string {
  if (before === null) return `${name} new: ${short(after)}`;
  if (after === null) return `${name} gone (was ${short(before)})`;
  return `${name} ${short(before)} -> ${short(after)}`;
}

function short(value: string | null): string {
  const line = (value ?? '').replace(/\s+/g, ' ').trim();
  if (line === '') return 'empty';
  return line.length > toldLength ? `${line.slice(0, toldLength - 1)}…` : line;
}

/**
 * Whether this difference was put back since, or itself puts back what stood at first: neither is what makes trouble now.
 * @param changes of the ledger, in any order
 */
export function isTakenBack(
  { name, before, after }: Difference,
  change: Pick<Change, 'target' | 'source' | 'at'>,
  changes: readonly Change[],
): boolean {
  const steps = changes
    .filter((one) => one.target === change.target && one.source === change.source)
    .flatMap(({ at, differences }) =>
      differences.filter((one) => one.name === name).map((one) => ({ at, one })),
    )
    .toSorted((a, b) => a.at - b.at);
  const first = steps[0];
  const isRestoring = first !== undefined && first.at < change.at && first.one.before === after;
  return isRestoring || steps.some(({ at, one }) => at > change.at && one.after === before);
}
