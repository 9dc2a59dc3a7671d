/** What the verbs of on-call share: the rotation that was meant, its adjustments, points in time as people write them. */

import type { Person, Rotation } from '../../core/oncall/model.ts';
import type { Adjustments } from '../../core/oncall/schedule.ts';
import { parseInstant } from '../../core/oncall/wall-time.ts';
import { unknownName } from '../../core/suggest.ts';
import { parseDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as oncallRows from '../../store/oncall.ts';
import type { VerbContext } from '../context.ts';

export function adjustments(ctx: VerbContext, from: number, to: number): Promise<Adjustments> {
  return oncallRows.adjustments(ctx.store.db, ctx.configuration().oncall.absences, from, to);
}

/** The named rotation, or each where none is named. */
export function rotationsOf(ctx: VerbContext, name: string | undefined): readonly Rotation[] {
  const { rotations } = ctx.configuration().oncall;
  return name === undefined ? rotations : [rotationNamed(ctx, name)];
}

export function rotationNamed(ctx: VerbContext, name: string): Rotation {
  const { rotations } = ctx.configuration().oncall;
  const found = rotations.find((one) => one.name === name);
  if (found) return found;
  throw new UpkeepError(
    'not-found',
    unknownName(
      'rotation',
      name,
      rotations.map((one) => one.name),
    ),
  );
}

export function personNamed(ctx: VerbContext, id: string): Person {
  const { people } = ctx.configuration().oncall;
  const found = people.find((one) => one.id === id);
  if (found) return found;
  throw new UpkeepError(
    'not-found',
    unknownName(
      'person in oncall.people',
      id,
      people.map((one) => one.id),
    ),
  );
}

export function zoneOf(ctx: VerbContext, rotation: Rotation): string {
  return rotation.layers[0]?.timezone ?? ctx.configuration().timezone;
}

/** `now`, `+2h`, `2026-12-24 09:00` on the wall clock of the zone, or RFC 3339. */
export function momentOf(text: string, zone: string, now: number): number {
  if (text === 'now') return now;
  const after = text.startsWith('+') ? parseDuration(text.slice(1)) : undefined;
  const at = after === undefined ? parseInstant(text, zone) : now + after;
  if (at !== undefined) return at;
  throw new UpkeepError(
    'bad-input',
    `${JSON.stringify(text)} is no time; use "2026-12-24 09:00", +2h or now`,
  );
}

function namedMoment(name: string, text: string, zone: string, now: number): number {
  try {
    return momentOf(text, zone, now);
  } catch (error) {
    if (error instanceof UpkeepError) throw new UpkeepError(error.code, `${name}: ${error.message}`);
    throw error;
  }
}

const longestMs = 400 * 86_400_000;

export function spanOf(
  { from, to }: { readonly from: string; readonly to: string },
  zone: string,
  now: number,
  what = 'it',
): { from: number; to: number } {
  const at = (name: string, text: string) => namedMoment(name, text, zone, now);
  const span = { from: at('from', from), to: at('to', to) };
  if (span.to <= span.from)
    throw new UpkeepError('bad-input', `to: ${what} would end before it begins; choose a later time`);
  if (span.to - span.from > longestMs)
    throw new UpkeepError('bad-input', `to: ${what} may last 400 days at most`);
  return span;
}
