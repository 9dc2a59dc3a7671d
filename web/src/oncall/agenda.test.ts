import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScheduleView, ShiftView } from '../../../src/core/oncall/view.ts';
import type { CalendarDay } from '../format/calendar.ts';
import { agendaOf } from './agenda.ts';

const hourMs = 3_600_000;
const days: CalendarDay[] = Array.from({ length: 7 }, (_, index) => ({
  ...{ key: `day ${index}`, from: index * 24 * hourMs, to: (index + 1) * 24 * hourMs },
  ...{ day: index + 1, label: String(index + 1) },
}));
const shift = (name: string | null, from: number, to: number, kind = 'layer'): ShiftView => ({
  ...{ person: name, name, from: from * hourMs, to: to * hourMs, isGap: name === null, why: 'layer week' },
  reason: { kind, layer: 'week' } as ShiftView['reason'],
});
const rotation = (name: string, ...shifts: ShiftView[]): ScheduleView => ({
  ...{ rotation: name, timezone: 'UTC', from: 0, to: 168 * hourMs, shifts },
  quality: { score: 100, gaps: [], people: [], hints: [] },
});
const told = (rotations: readonly ScheduleView[], now: number) =>
  agendaOf(rotations, days, now * hourMs).map(({ first, last, lanes }) => [
    first.label + (last === first ? '' : `-${last.label}`),
    ...lanes.map(({ rotation: of, turns }) =>
      [
        of,
        ...turns.map(
          ({ shift: { name }, from }) => `${from === null ? '' : `${(from / hourMs) % 24}:00 `}${name}`,
        ),
      ].join(' '),
    ),
  ]);

test('days on which nothing changes are one line, a day with a hand-over says when', () => {
  const primary = rotation('primary', shift('Bo', -10, 33), shift('Cy', 33, 200));
  assert.deepEqual(told([primary], 5), [
    ['1', 'primary Bo'],
    ['2', 'primary Bo 9:00 Cy'],
    ['3-7', 'primary Cy'],
  ]);
});

test('each rotation has a line; one that changes ends the run of the others', () => {
  const primary = rotation('primary', shift('Bo', 0, 168));
  const second = rotation('second', shift('Cy', 0, 72), shift(null, 72, 96), shift('Cy', 96, 168));
  assert.deepEqual(told([primary, second], 0), [
    ['1-3', 'primary Bo', 'second Cy'],
    ['4', 'primary Bo', 'second null'],
    ['5-7', 'primary Bo', 'second Cy'],
  ]);
});

test('days that are over are left out, unless all are', () => {
  const primary = rotation('primary', shift('Bo', 0, 168));
  assert.deepEqual(told([primary], 100), [['5-7', 'primary Bo']]);
  assert.deepEqual(told([primary], 500), [['1-7', 'primary Bo']]);
});
