/** Who is on call in a rotation: overrides over layers, the absent replaced by who follows, gaps shown as gaps. */
import { changesOf, lineAt } from './layer.ts';
import type { Absence, Override, Rotation } from './model.ts';

export type Reason =
  | { readonly kind: 'layer'; readonly layer: string }
  /** It is somebody else's turn, who is away. */
  | { readonly kind: 'absence'; readonly layer: string; readonly insteadOf: string; readonly why: string }
  | {
      readonly kind: 'override';
      readonly id: string | null;
      readonly by: string;
      readonly why: string;
      /** Who would be on call without it. */
      readonly insteadOf: string | null;
    }
  | { readonly kind: 'gap'; readonly why: string };

export interface Duty {
  /** Id of the person; null in a gap. */
  readonly person: string | null;
  readonly reason: Reason;
}

/** Epoch milliseconds, `to` not included. */
export interface Shift extends Duty {
  readonly from: number;
  readonly to: number;
}

/** What changes a rotation beside its layers: overrides made by hand and absences from everywhere. */
export interface Adjustments {
  readonly overrides: readonly Override[];
  readonly absences: readonly Absence[];
}

export const noAdjustments: Adjustments = { overrides: [], absences: [] };

export function dutyAt(rotation: Rotation, adjustments: Adjustments, at: number): Duty {
  const planned = plannedAt(rotation, adjustments.absences, at);
  const override = overrideAt(rotation, adjustments.overrides, planned.person, at);
  if (!override) return planned;
  const { id, by, why, person } = override;
  return { person, reason: { kind: 'override', id, by, why, insteadOf: planned.person } };
}

function overrideAt(
  rotation: Rotation,
  made: readonly Override[],
  planned: string | null,
  at: number,
): Override | undefined {
  return [...rotation.overrides, ...made.filter((one) => one.rotation === rotation.name)]
    .filter((one) => one.from <= at && at < one.to)
    .filter((one) => one.replaces === null || one.replaces === planned)
    .sort((a, b) => b.madeAt - a.madeAt)[0];
}

function plannedAt(rotation: Rotation, absences: readonly Absence[], at: number): Duty {
  const awayAt = (person: string) =>
    absences.find((one) => one.person === person && one.from <= at && at < one.to);
  let why = 'no layer covers this time';
  for (const layer of rotation.layers) {
    const line = lineAt(layer, at);
    const [first] = line;
    if (first === undefined) continue;
    const away = awayAt(first);
    if (!away) return { person: first, reason: { kind: 'layer', layer: layer.name } };
    const next = line.find((person) => !awayAt(person));
    if (next !== undefined)
      return {
        person: next,
        reason: { kind: 'absence', layer: layer.name, insteadOf: first, why: away.why },
      };
    why = `everybody of layer ${layer.name} is away`;
  }
  return { person: null, reason: { kind: 'gap', why } };
}

/** The final schedule of [from, to) without a hole: gaps are shifts without a person. */
export function shiftsOf(rotation: Rotation, adjustments: Adjustments, from: number, to: number): Shift[] {
  const edges = new Set([from]);
  const add = (at: number) => {
    if (at > from && at < to) edges.add(at);
  };
  for (const layer of rotation.layers) for (const at of changesOf(layer, from, to)) add(at);
  for (const one of [...rotation.overrides, ...adjustments.overrides, ...adjustments.absences]) {
    add(one.from);
    add(one.to);
  }
  const shifts: Shift[] = [];
  const sorted = [...edges].sort((a, b) => a - b);
  for (const [index, at] of sorted.entries()) {
    const duty = dutyAt(rotation, adjustments, at);
    const end = sorted[index + 1] ?? to;
    const last = shifts.at(-1);
    if (last && isSame(last, duty)) shifts[shifts.length - 1] = { ...last, to: end };
    else shifts.push({ ...duty, from: at, to: end });
  }
  return shifts;
}

function isSame(a: Duty, b: Duty): boolean {
  return a.person === b.person && JSON.stringify(a.reason) === JSON.stringify(b.reason);
}

/** Shifts of one person in a row as one, for whom only who counts. */
export function handOffsOf(shifts: readonly Shift[]): { at: number; from: string | null; to: string }[] {
  const found: { at: number; from: string | null; to: string }[] = [];
  let holder: string | null | undefined;
  for (const shift of shifts) {
    if (shift.person === null) continue;
    if (holder !== undefined && holder !== shift.person)
      found.push({ at: shift.from, from: holder, to: shift.person });
    holder = shift.person;
  }
  return found;
}
