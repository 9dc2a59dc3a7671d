/** Whether this hour is one of the busy ones of the week, from measured work. Pure. */
import { Temporal } from 'temporal-polyfill';
import { type QuietSlot, quietestSlots, type Rates } from '../quiet-hours.ts';

/** A quarter above the average of the week: the working day of most teams, hardly ever a night. */
const busyShare = 1.25;

/** Null while less than a week was measured. */
export function isBusyHour(rates: readonly Rates[], now: number, timezone: string): boolean | null {
  const slots: readonly QuietSlot[] = quietestSlots(rates, timezone, 1) ?? [];
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone);
  const slot = slots.find(({ weekday, hour }) => weekday === local.dayOfWeek && hour === local.hour);
  return slot ? slot.share >= busyShare : null;
}
