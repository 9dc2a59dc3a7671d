/** The turns of a person or of a rotation as a calendar that others subscribe to. */
import type { Configuration } from '../../core/configuration.ts';
import { nameOf } from '../../core/oncall/duty.ts';
import { type Adjustments, shiftsOf } from '../../core/oncall/schedule.ts';
import { reasonText } from '../../core/oncall/view.ts';
import type { Feed } from '../../store/oncall.ts';
import type { FeedEvent } from './calendar.ts';

/** What a calendar shows: a month back and half a year ahead. */
export const feedSpan = { backMs: 31 * 86_400_000, aheadMs: 183 * 86_400_000 };

export async function feedText(
  { name, oncall }: Pick<Configuration, 'name' | 'oncall'>,
  feed: Feed,
  adjustments: Adjustments,
  now: number,
): Promise<string> {
  // Turns are cut at whole days, so that the end of the range moves once a day and not with each look.
  const today = now - (now % 86_400_000);
  const [from, to] = [today - feedSpan.backMs, today + feedSpan.aheadMs];
  const rotations = oncall.rotations.filter((one) => feed.kind === 'person' || one.name === feed.name);
  const events = rotations.flatMap((rotation) =>
    shiftsOf(rotation, adjustments, from, to).flatMap((shift): FeedEvent[] => {
      if (feed.kind === 'person' && shift.person !== feed.name) return [];
      const who = nameOf(oncall.people, shift.person) ?? 'NOBODY';
      return [
        {
          uid: `${rotation.name}-${shift.from}-${shift.person ?? 'gap'}@upkeep`,
          title: feed.kind === 'person' ? `On call: ${rotation.name}` : `${who} (${rotation.name})`,
          description: reasonText(shift.reason),
          from: shift.from,
          to: shift.to,
        },
      ];
    }),
  );
  const title = feed.kind === 'person' ? (nameOf(oncall.people, feed.name) ?? feed.name) : feed.name;
  const { calendarText } = await import('./calendar.ts');
  return calendarText(`${name} on call: ${title}`, events, now);
}
