/** Sends a note at each hand-off, once, also when Upkeep was down at that minute or the plan was changed meanwhile. */
import { timestamp } from '../../clock.ts';
import type { Message } from '../../core/message.ts';
import type { Rotation } from '../../core/oncall/model.ts';
import { waysTo } from '../../core/oncall/policy.ts';
import { type Adjustments, handOffsOf, shiftsOf } from '../../core/oncall/schedule.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { JobHandlers } from '../../pipeline/run-jobs.ts';
import type { Tx } from '../../store/index.ts';
import * as jobs from '../../store/jobs.ts';
import * as journal from '../../store/journal.ts';
import * as oncallRows from '../../store/oncall.ts';
import { handOffNote, noteKey, type ShiftEnd } from './hand-off-note.ts';

/** How soon a hand-off is noticed that an edit of the file or a calendar has brought forward. */
const lookAgainMs = 10 * 60_000;
/** One that is longer ago tells nobody anything new. */
const latestMs = 12 * 3_600_000;
const horizonMs = 60 * 86_400_000;

const key = 'oncall-handoff';

/** Who is on call was changed by hand: whoever takes over hears at once. */
export async function lookAtHandOffs(tx: Tx, now: number): Promise<void> {
  const payload = (await jobs.withdraw(tx, key)) ?? { since: now - 1 };
  await jobs.enqueue(tx, { kind: key, key, payload, runAt: now });
}

export interface HandOffs {
  readonly jobs: JobHandlers;
  start(): Promise<void>;
}

export function scheduleHandOffs(desk: Desk): HandOffs {
  const { clock, store } = desk;

  async function look(payload: Readonly<Record<string, unknown>>) {
    const since = Number(payload.since ?? clock.now());
    await store.transaction(async (tx) => {
      const now = clock.now();
      for (const rotation of desk.configuration().oncall.rotations)
        await handOff(tx, rotation, Math.max(since, now - latestMs), now);
      await planLook(tx, now);
    });
    desk.changed();
  }

  async function handOff(tx: Tx, rotation: Rotation, since: number, now: number) {
    const adjustments = await adjustmentsAround(tx, now);
    // Nothing changed, as on most looks: the long way back is spared.
    if (shiftsOf(rotation, adjustments, Math.min(since, now - 1), now + 1).length === 1) return;
    const due = handOffsOf(shiftsOf(rotation, adjustments, now - horizonMs, now + 1))
      .filter((one) => one.at > since && one.at <= now)
      .at(-1);
    if (due) await send(tx, rotation, shiftEnding(rotation, adjustments, due, desk.configuration().timezone));
  }

  async function send(tx: Tx, rotation: Rotation, shift: ShiftEnd) {
    const note = await handOffNote(desk, tx, shift);
    const { name, oncall, notifiers } = desk.configuration();
    const message: Message = {
      version: 1,
      event: 'oncall.handoff',
      key: noteKey(rotation.name, shift.to),
      at: timestamp(clock.now()),
      source: name,
      notice: { title: note.title, markdown: note.markdown },
      url: `${desk.baseUrl()}/oncall`,
    };
    const told: string[] = [];
    for (const notifier of notifiers) {
      if (!notifier.events?.includes('oncall.handoff')) continue;
      if (await desk.tellOne(tx, notifier, message, null)) told.push(notifier.name);
    }
    const person = oncall.people.find((one) => one.id === shift.next);
    const names = notifiers.map((one) => one.name);
    for (const way of person ? waysTo(person, 'low', names) : []) {
      const notifier = notifiers.find((one) => one.name === way.notifier);
      if (!notifier || !person) continue;
      const to = { person: person.id, address: way.address };
      const own = { ...message, key: `${message.key}:to:${person.id}`, to };
      if (await desk.tellOne(tx, notifier, own, null)) told.push(`${person.id} by ${notifier.name}`);
    }
    const { rotation: subject, person: from, next: to } = shift;
    await journal.append(tx, {
      at: clock.now(),
      actor: 'upkeep',
      kind: 'oncall.handed-off',
      subject: `rotation:${subject}`,
      payload: { from, to, at: shift.to, told },
    });
  }

  function adjustmentsAround(tx: Tx, now: number): Promise<Adjustments> {
    const { absences } = desk.configuration().oncall;
    return oncallRows.adjustments(tx, absences, now - horizonMs, now + horizonMs);
  }

  async function planLook(tx: Tx, since: number) {
    const { rotations } = desk.configuration().oncall;
    const adjustments = await adjustmentsAround(tx, since);
    const changes = rotations.flatMap((rotation) =>
      shiftsOf(rotation, adjustments, since, since + lookAgainMs).map((shift) => shift.to),
    );
    const runAt = Math.min(since + lookAgainMs, ...changes.filter((at) => at > since));
    await jobs.enqueue(tx, { kind: key, key, payload: { since }, runAt });
  }

  return {
    jobs: { 'oncall-handoff': look },
    async start() {
      await store.transaction((tx) => planLook(tx, clock.now()));
      desk.changed();
    },
  };
}

/** The shift that ends at a hand-off, from when its person had it. */
function shiftEnding(
  rotation: Rotation,
  adjustments: Adjustments,
  due: { readonly at: number; readonly from: string | null; readonly to: string | null },
  standard: string,
): ShiftEnd {
  const before = shiftsOf(rotation, adjustments, due.at - horizonMs, due.at);
  let from = due.at;
  for (const shift of before.toReversed()) {
    if (shift.person !== null && shift.person !== due.from) break;
    if (shift.person === due.from) from = shift.from;
  }
  return {
    rotation: rotation.name,
    person: due.from,
    next: due.to,
    from,
    to: due.at,
    timezone: rotation.layers[0]?.timezone ?? standard,
  };
}
