/** Conditions of a silence that name nothing there is: mistyped, or of something that is gone. Pure. */
import { formatMatcher, isLike, type Matcher, matches, type Subject } from './mute.ts';
import { levels } from './severity.ts';
import { nearest } from './suggest.ts';

/** What a silence could reach, as far as it is known. */
export interface Reachable {
  readonly rules: readonly string[];
  readonly targets: readonly Omit<Subject, 'rule' | 'level' | 'labels'>[];
  /** Label name -> its values. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

/** One line for each condition without effect, with the name that was probably meant; none where all is well. */
export function strangersAmong(matchers: readonly Matcher[], known: Reachable): string[] {
  const strange = matchers.flatMap((matcher) => strangeness(matcher, known) ?? []);
  return strange.length > 0 ? strange : together(matchers, known);
}

function strangeness(matcher: Matcher, known: Reachable): string | undefined {
  const { label, isNegated, pattern } = matcher;
  const values = valuesOf(label, known);
  const said = formatMatcher(matcher);
  const effect = isNegated ? 'leaves nothing out' : 'holds nothing';
  if (values === undefined) {
    const near = nearest(label, [...fields, ...known.labels.keys()]);
    return `${said} ${effect}: no label ${label} is known${meant(near)}`;
  }
  if (values.some((value) => isLike(value, pattern))) return undefined;
  const near = nearest(pattern.replaceAll('*', ''), values);
  return `${said} ${effect}: no ${label} ${pattern.includes('*') ? 'is like that' : 'of that name is known'}${meant(near)}`;
}

/** Each condition names something, but no target meets all of them. */
function together(matchers: readonly Matcher[], { targets }: Reachable): string[] {
  const ofTargets = matchers.filter(({ label }) => targetFields.includes(label));
  if (ofTargets.length < 2) return [];
  const anything = { rule: '', level: 'low', labels: {} } as const;
  const isMet = targets.some((target) =>
    ofTargets.every((matcher) => matches(matcher, { ...anything, ...target })),
  );
  return isMet ? [] : [`no target meets all of ${ofTargets.map(formatMatcher).join(', ')}`];
}

const targetFields = ['target', 'system', 'service', 'environment'];
const fields = ['rule', 'level', ...targetFields];

function valuesOf(label: string, { rules, targets, labels }: Reachable): readonly string[] | undefined {
  switch (label) {
    case 'rule':
      return rules;
    case 'level':
      return levels;
    case 'target':
    case 'system':
      return targets.map((one) => one[label]);
    case 'service':
      return targets.flatMap(({ services }) => services);
    case 'environment':
      return targets.flatMap(({ environment }) => environment ?? []);
    default:
      return labels.get(label);
  }
}

function meant(near: string | undefined): string {
  return near === undefined ? '' : `; did you mean ${near}?`;
}
