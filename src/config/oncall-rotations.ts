/** `oncall.rotations` */

import type { Layer, Override, Rotation, Weekday } from '../core/oncall/model.ts';
import { dateText, dayOf, instantOf, minuteText, weekdayOf } from '../core/oncall/wall-time.ts';
import { parseDuration } from '../core/time.ts';
import { type Field, list, report, reportKey, type Section, section, shown, text } from './field.ts';
import { instant, parseWeekday, span, timeOfDay, weekWindow } from './oncall-values.ts';
import { checkName } from './targets.ts';
import { reference, timezone } from './values.ts';

interface Defaults {
  readonly timezone: string;
  /** Ids of everybody under `people`. */
  readonly people: readonly string[];
}

const layerKeys = ['people', 'every', 'handoff', 'start', 'end', 'timezone', 'during'];
const rotationKeys = [...layerKeys, 'layers', 'overrides'];
/** A Monday; it only says who of an order begins. */
const standardStart = '2024-01-01';
const dayMinutes = 1_440;
const weekMinutes = 7 * dayMinutes;

export function readRotations(
  field: Field | undefined,
  defaults: Defaults,
): { rotations: Rotation[]; names: string[] } {
  const fields = (field && section(field)?.all) ?? [];
  return {
    rotations: fields.flatMap((one) => readRotation(one, defaults) ?? []),
    names: fields.map((one) => one.name),
  };
}

function readRotation(field: Field, defaults: Defaults): Rotation | undefined {
  checkName(field);
  const part = section(field, rotationKeys);
  if (part === undefined) return undefined;
  const zone = zoneOf(part, defaults.timezone);
  const inner = { ...defaults, timezone: zone };
  const layersField = part.get('layers');
  const own = layerKeys.find((key) => key !== 'timezone' && part.get(key));
  if (layersField && own)
    report(part.get(own) ?? field, 'stands beside layers', 'put it into one of the layers');
  const layers = layersField
    ? (section(layersField)?.all ?? []).flatMap((one) => readLayerField(one, inner) ?? [])
    : [readLayer(part, field.name, inner) ?? []].flat();
  if (layersField && (section(layersField)?.all.length ?? 0) === 0)
    reportKey(layersField, 'has no layer, so nobody is ever on call');
  const overridesField = part.get('overrides');
  const overrides = overridesField
    ? list(overridesField).flatMap((one) => readOverride(one, field.name, inner) ?? [])
    : [];
  reportOverlaps(overridesField, overrides);
  return { name: field.name, layers, overrides };
}

function zoneOf(part: Section, standard: string): string {
  const field = part.get('timezone');
  return (field && timezone(field)) ?? standard;
}

function readLayerField(field: Field, defaults: Defaults): Layer | undefined {
  const part = section(field, layerKeys);
  return part && readLayer(part, field.name, defaults);
}

function readLayer(part: Section, name: string, defaults: Defaults): Layer | undefined {
  const zone = zoneOf(part, defaults.timezone);
  const peopleField = part.get('people');
  const people = peopleField
    ? list(peopleField).flatMap((one) => reference(one, 'person', defaults.people) ?? [])
    : [];
  if (!peopleField || list(peopleField).length === 0)
    return reportKey(peopleField ?? part.field, 'has nobody in it', 'write people: [ann, bob]');
  const every = part.get('every');
  // A length that was reported does not hide what else is wrong.
  const turnMinutes = (every && turnLength(every)) ?? weekMinutes;
  const anchor = anchorOf(part, turnMinutes, zone);
  if (anchor === undefined) return undefined;
  const [endField, duringField] = [part.get('end'), part.get('during')];
  const endsAt = (endField && instant(endField, zone)) ?? null;
  if (endField && endsAt !== null && endsAt <= anchor.startsAt) report(endField, 'ends before it starts');
  return {
    name,
    people,
    timezone: zone,
    turnMinutes,
    anchor: anchor.wall,
    startsAt: part.get('start') ? anchor.startsAt : 0,
    endsAt,
    during: duringField ? list(duringField).flatMap((one) => weekWindow(one) ?? []) : [],
  };
}

/** Minutes of `daily`, `weekly`, `12h`, `3d`, `2w`. */
function turnLength(field: Field): number | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  if (value === 'daily') return dayMinutes;
  if (value === 'weekly') return weekMinutes;
  const minutes = (parseDuration(value) ?? Number.NaN) / 60_000;
  if (Number.isInteger(minutes) && minutes >= 60) return minutes;
  return report(
    field,
    `${shown(field)} is no length of a turn`,
    'use daily, weekly, 12h, 3d or 2w; at least 1h',
  );
}

interface Anchor {
  readonly wall: string;
  readonly startsAt: number;
}

/** Turn 0 begins on the day of `start`, or on the hand-off's weekday before it. */
function anchorOf(part: Section, turnMinutes: number, zone: string): Anchor | undefined {
  const handoffField = part.get('handoff');
  const handoff = handoffField
    ? readHandoff(handoffField, turnMinutes)
    : { minute: 9 * 60, weekday: turnMinutes % weekMinutes === 0 ? (1 as const) : null };
  const startField = part.get('start');
  const startText = startField ? text(startField) : standardStart;
  const day = startText === undefined ? undefined : dayOf(startText.trim());
  if (startField && day === undefined)
    return report(startField, `${shown(startField)} is no day`, 'use "2026-01-05"');
  if (handoff === undefined || day === undefined) return undefined;
  const { minute, weekday } = handoff;
  const back = weekday === null ? 0 : (weekdayOf(day) - weekday + 7) % 7;
  return {
    wall: `${dateText(day - back)}T${minuteText(minute)}`,
    startsAt: instantOf(day, back === 0 ? minute : 0, zone),
  };
}

/** `09:00`, or for weeks `monday 09:00`. */
function readHandoff(
  field: Field,
  turnMinutes: number,
): { minute: number; weekday: Weekday | null } | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const isWeekly = turnMinutes % weekMinutes === 0;
  const [word, time] = value.trim().split(/\s+/);
  if (time === undefined) {
    const minute = timeOfDay(field);
    return minute === undefined ? undefined : { minute, weekday: isWeekly ? 1 : null };
  }
  const weekday = parseWeekday(word ?? '');
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time);
  if (weekday === undefined || !match)
    return report(field, `${shown(field)} is no time of hand-off`, 'use "monday 09:00"');
  if (!isWeekly)
    return report(field, `names a weekday, but turns are not weeks`, `use "${time}", or every: weekly`);
  return { minute: Number(match[1]) * 60 + Number(match[2]), weekday };
}

function readOverride(field: Field, rotation: string, defaults: Defaults): Override | undefined {
  const part = section(field, ['person', 'from', 'to', 'replaces', 'why']);
  if (part === undefined) return undefined;
  const [personField, replacesField, whyField] = [part.get('person'), part.get('replaces'), part.get('why')];
  if (!personField) return reportKey(field, 'names nobody', 'write { person: ann, from: …, to: … }');
  const person = reference(personField, 'person', defaults.people);
  const when = span(part, defaults.timezone);
  if (person === undefined || when === undefined) return undefined;
  const replaces = (replacesField && reference(replacesField, 'person', defaults.people)) ?? null;
  const why = (whyField && text(whyField)) ?? '';
  return { id: null, rotation, person, replaces, ...when, by: 'upkeep.yaml', why, madeAt: 0 };
}

function reportOverlaps(field: Field | undefined, overrides: readonly Override[]): void {
  if (!field) return;
  for (const [index, one] of overrides.entries()) {
    const other = overrides
      .slice(0, index)
      .find((before) => before.from < one.to && one.from < before.to && before.replaces === one.replaces);
    const place = list(field)[index];
    if (other && place)
      report(place, `overlaps the override of ${other.person}`, 'at one time one person takes over');
  }
}
