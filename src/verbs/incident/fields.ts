/** Inputs that several verbs of incidents have. */
import { z } from 'zod';
import { levelNamed, levels } from '../../core/severity.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { VerbContext } from '../context.ts';
import { pastMoment } from '../moment.ts';

export const incidentId = z.string().min(4).describe('its id, or the beginning of it');

/** Also in the words of a team: SEV1 to SEV4, P0 to P3. */
export const levelField = z
  .preprocess((given) => (typeof given === 'string' ? (levelNamed(given) ?? given) : given), z.enum(levels))
  .describe('how grave it is: critical, high, medium, low, or SEV1 to SEV4, P0 to P3');

/** A list, or one text with commas between. */
export const namesList = z
  .union([z.array(z.string()), z.string()])
  .default([])
  .transform((given) =>
    (typeof given === 'string' ? given.split(',') : given).map((one) => one.trim()).filter(Boolean),
  );

export const yesOrNo = z.preprocess(
  (value) =>
    value === 'true' || value === 'yes' ? true : value === 'false' || value === 'no' ? false : value,
  z.boolean().default(false),
);

/** `nobody` stands for taking it from whoever has it. */
export function personOf(text: string): string | null {
  return text === 'nobody' || text === '' ? null : text;
}

/** As `pastMoment` reads it; undefined for nothing. */
export function momentOf(ctx: VerbContext, field: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  return pastMoment(field, text, ctx.configuration().timezone, ctx.clock.now());
}

/** @throws UpkeepError bad-input for a name that is not configured */
export function knownNames(
  ctx: VerbContext,
  what: 'service' | 'target' | 'notifier',
  names: readonly string[],
): readonly string[] {
  const configuration = ctx.configuration();
  const all = {
    service: configuration.services,
    target: configuration.targets,
    notifier: configuration.notifiers,
  }[what].map(({ name }) => name);
  for (const name of names) {
    if (all.includes(name)) continue;
    const there = all.length === 0 ? 'none is configured' : `there are ${all.slice(0, 12).join(', ')}`;
    throw new UpkeepError('bad-input', `there is no ${what} ${JSON.stringify(name)}; ${there}`);
  }
  return names;
}
