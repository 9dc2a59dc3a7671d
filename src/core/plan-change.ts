/** What became of a plan between its making and its beginning, in one line for whoever said yes. Pure. */
import { count } from './count.ts';
import { cutTo } from './cut.ts';
import type { Plan } from './plan.ts';

type Planned = Pick<Plan, 'steps' | 'subjects'>;

/** Undefined where the same would be run. Nobody need have done anything: sessions come and go. */
export function planChange(was: Planned, now: Planned): string | undefined {
  const index = now.steps.findIndex((step, at) => step !== was.steps[at]);
  if (index === -1 && now.steps.length === was.steps.length) return undefined;
  const [before, after] = [was.subjects ?? [], now.subjects ?? []];
  const kind = kindOf([...before, ...after]);
  const counted = (amount: number) =>
    count(amount, kind ?? 'thing', kind?.endsWith('s') ? `${kind}es` : undefined);
  if (kind !== undefined && before.length > 0 && after.length > 0) {
    if (before.length !== after.length)
      return `it is about ${counted(after.length)} instead of ${before.length} by now`;
    const others = after.filter((one) => !before.includes(one)).length;
    if (others > 0) return `of the ${counted(after.length)} that it is about ${others} are others by now`;
  }
  const at = index === -1 ? now.steps.length : index;
  const step = (of: Planned) => cutTo(of.steps[at] ?? 'nothing', longestStep);
  return `it would run ${step(now)} instead of ${step(was)} by now`;
}

const longestStep = 120;

/** `session` of `session 812`, where all are of one kind. */
function kindOf(subjects: readonly string[]): string | undefined {
  const kinds = new Set(subjects.map((subject) => subject.split(' ')[0] ?? subject));
  const [kind] = kinds;
  return kinds.size === 1 ? kind : undefined;
}
