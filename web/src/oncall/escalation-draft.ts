/** The escalation as it is edited: durations as people write them, until the server reads them. */
import type { Level } from '../../../src/core/severity.ts';
import type { OnCallView } from '../api/oncall.ts';
import { levels } from '../format/levels.ts';

export interface DraftStep {
  readonly key: number;
  readonly after: string;
  readonly notify: readonly string[];
}

export interface DraftPolicy {
  readonly name: string;
  readonly steps: readonly DraftStep[];
  /** Empty for no repetition. */
  readonly times: string;
  readonly every: string;
  readonly unacknowledgeAfter: string;
}

export interface Draft {
  readonly policies: readonly DraftPolicy[];
  /** Name of a policy; null where a level has steps of its own, which stay. */
  readonly policyOf: Readonly<Record<Level, string | null>>;
  /** Steps of levels that have steps and no policy: not edited here, and part of the YAML all the same. */
  readonly ownSteps: Readonly<Partial<Record<Level, readonly DraftStep[]>>>;
}

const units: readonly [number, string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
];

/** `90m`, `1h`, `45s`: the largest unit that leaves nothing over. */
export function durationText(ms: number): string {
  const [size, unit] = units.find(([each]) => ms >= each && ms % each === 0) ?? [1_000, 's'];
  return `${Math.round(ms / size)}${unit}`;
}

export function draftOf(oncall: OnCallView): Draft {
  return {
    policies: oncall.policies.map(({ name, steps, repeat, unacknowledgeAfterMs }) => ({
      name,
      steps: steps.map(({ afterMs, notify }, key) => ({
        key,
        after: afterMs === 0 ? '' : durationText(afterMs),
        notify,
      })),
      times: repeat === null ? '' : String(repeat.times),
      every: repeat === null ? '' : durationText(repeat.everyMs),
      unacknowledgeAfter: unacknowledgeAfterMs === null ? '' : durationText(unacknowledgeAfterMs),
    })),
    ownSteps: Object.fromEntries(
      levels
        .filter((level) => oncall.policyOf[level] === undefined && oncall.escalation[level].length > 0)
        .map((level) => [level, byTime(oncall.escalation[level])]),
    ),
    policyOf: {
      critical: oncall.policyOf.critical ?? null,
      high: oncall.policyOf.high ?? null,
      medium: oncall.policyOf.medium ?? null,
      low: oncall.policyOf.low ?? null,
    },
  };
}

/** Those who are called at one time are one step. */
function byTime(steps: OnCallView['escalation'][Level]): DraftStep[] {
  const times = [...new Set(steps.map(({ afterMs }) => afterMs))].sort((a, b) => a - b);
  return times.map((afterMs, key) => ({
    key,
    after: afterMs === 0 ? '' : durationText(afterMs),
    notify: steps.filter((step) => step.afterMs === afterMs).map(({ notify }) => notify),
  }));
}

type Value = string | number | readonly Value[] | { readonly [key: string]: Value };

export interface Change {
  readonly path: readonly string[];
  /** Null takes it away. */
  readonly value: Value | null;
}

export function policyValue(policy: DraftPolicy): { readonly [key: string]: Value } {
  const { steps, times, every, unacknowledgeAfter } = policy;
  return {
    steps: stepValues(steps),
    ...(every.trim() === '' ? {} : { repeat: { times: Number(times) || 1, every: every.trim() } }),
    ...(unacknowledgeAfter.trim() === '' ? {} : { unacknowledgeAfter: unacknowledgeAfter.trim() }),
  };
}

export function stepValues(steps: readonly DraftStep[]): Value[] {
  return steps.map(({ after, notify }) => ({
    notify: notify.length === 1 ? (notify[0] ?? '') : [...notify],
    ...(after.trim() === '' ? {} : { after: after.trim() }),
  }));
}

/** What differs, by path in upkeep.yaml; what is the same is left as it was written. */
export function changesOf(before: Draft, after: Draft): Change[] {
  const was = (name: string) => before.policies.find((one) => one.name === name);
  const isSame = (a: DraftPolicy | undefined, b: DraftPolicy) =>
    a !== undefined && JSON.stringify(policyValue(a)) === JSON.stringify(policyValue(b));
  return [
    ...after.policies
      .filter((one) => !isSame(was(one.name), one))
      .map((one) => ({ path: ['oncall', 'policies', one.name], value: policyValue(one) })),
    ...before.policies
      .filter(({ name }) => !after.policies.some((one) => one.name === name))
      .map(({ name }) => ({ path: ['oncall', 'policies', name], value: null })),
    ...levels.flatMap((level) => {
      const name = after.policyOf[level];
      return name === null || name === before.policyOf[level]
        ? []
        : [{ path: ['oncall', 'escalation', level], value: name }];
    }),
  ];
}

/** What keeps the draft from being written, in words; null when nothing does. */
export function faultOf(draft: Draft): string | null {
  for (const { name, steps, times, every } of draft.policies) {
    if (!/^[A-Za-z0-9][\w.-]*$/.test(name))
      return `“${name}” is no name for a policy: letters, digits, - and _`;
    if (steps.length === 0) return `${name} has no step`;
    if (steps.some(({ notify }) => notify.length === 0)) return `A step of ${name} calls nobody`;
    const wrong = steps.find(({ after }) => !isDuration(after));
    if (wrong !== undefined) return `“${wrong.after}” in ${name} is no duration: write 5m or 1h`;
    if (!isDuration(every)) return `“${every}” in ${name} is no duration: write 30m`;
    if (times.trim() !== '' && every.trim() === '') return `${name} repeats, but not how often`;
  }
  const names = draft.policies.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? null : `Two policies are called ${twice}`;
}

function isDuration(text: string): boolean {
  return text.trim() === '' || /^\d+(\.\d+)?(ms|s|m|h|d|w)$/.test(text.trim());
}
