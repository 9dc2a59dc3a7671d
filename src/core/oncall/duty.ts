/** Who has a rotation now, since when, until when, and who follows. */
import type { Person, Rotation } from './model.ts';
import { type Adjustments, handOffsOf, type Shift, shiftsOf } from './schedule.ts';
import { type DutyView, reasonText, type ShiftView } from './view.ts';

/** Longer than the turns that people take. */
export const horizonMs = 60 * 86_400_000;

export function dutyView(
  rotation: Rotation,
  people: readonly Person[],
  adjustments: Adjustments,
  now: number,
): DutyView {
  const shifts = shiftsOf(rotation, adjustments, now - horizonMs, now + horizonMs);
  const index = shifts.findIndex((shift) => shift.from <= now && now < shift.to);
  const current = shifts[index];
  const person = current?.person ?? null;
  const next = handOffsOf(shifts.slice(index)).find((one) => one.at > now);
  const following = person === null ? shifts.slice(index).find((shift) => shift.person !== null) : undefined;
  const to = next ? { person: next.to, at: next.at } : undefined;
  const after = following?.person ? { person: following.person, at: following.from } : to;
  return {
    rotation: rotation.name,
    person,
    name: nameOf(people, person),
    why: current ? reasonText(current.reason, (id) => nameOf(people, id) ?? id) : '',
    since: shifts[first(shifts, index)]?.from ?? now,
    until: shifts[last(shifts, index)]?.to ?? now,
    overrideUntil: current?.reason.kind === 'override' ? current.to : null,
    next: after ? { ...after, name: nameOf(people, after.person) ?? after.person } : null,
  };
}

/** The first of the shifts around it that are the same person's. */
function first(shifts: readonly Shift[], index: number): number {
  let at = index;
  while (at > 0 && shifts[at - 1]?.person === shifts[index]?.person) at--;
  return at;
}

function last(shifts: readonly Shift[], index: number): number {
  let at = index;
  while (at + 1 < shifts.length && shifts[at + 1]?.person === shifts[index]?.person) at++;
  return at;
}

export function shiftView(shift: Shift, people: readonly Person[]): ShiftView {
  return {
    ...shift,
    name: nameOf(people, shift.person),
    isGap: shift.person === null,
    why: reasonText(shift.reason, (id) => nameOf(people, id) ?? id),
  };
}

export function nameOf(people: readonly Person[], id: string | null): string | null {
  return id === null ? null : (people.find((one) => one.id === id)?.name ?? id);
}
