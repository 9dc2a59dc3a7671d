/** Follows action items up: their owner hears of them a day before, on the day, and each week after it. */
import { timestamp } from '../../clock.ts';
import {
  type ActionItem,
  firstReminder,
  nextReminder,
  type Reminder,
} from '../../core/incident/action-item.ts';
import type { Message } from '../../core/message.ts';
import { quietEnd } from '../../core/oncall/quiet.ts';
import { dateText, wallTime } from '../../core/oncall/wall-time.ts';
import { tellPerson } from '../../pipeline/call.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { JobHandlers } from '../../pipeline/run-jobs.ts';
import * as actionItems from '../../store/action-items.ts';
import type { Tx } from '../../store/index.ts';
import * as jobs from '../../store/jobs.ts';
import * as journal from '../../store/journal.ts';

/**
 * In the transaction that makes or changes the item; what waited for it is planned anew.
 * @param isNew its day or owner is: what is overdue then is brought up at once
 */
export async function planReminder(tx: Tx, item: ActionItem, now: number, isNew = true): Promise<void> {
  await plan(tx, item, isNew ? firstReminder(item, now) : nextReminder(item, now));
}

async function plan(tx: Tx, item: ActionItem, next: Reminder | null): Promise<void> {
  const key = `action-item:${item.id}`;
  await jobs.withdraw(tx, key);
  if (!next) return;
  const payload = { id: item.id, dueAt: item.dueAt, why: next.why, number: next.number };
  await jobs.enqueue(tx, { kind: 'action-item', key, payload, runAt: next.at });
}

const whyWords: Readonly<Record<Reminder['why'], string>> = {
  'due-tomorrow': 'is due tomorrow',
  due: 'is due today',
  overdue: 'is overdue',
};

export function followActionItems(desk: Desk): JobHandlers {
  const { clock, store } = desk;

  async function remind(job: Readonly<Record<string, unknown>>) {
    await store.transaction(async (tx) => {
      const item = await actionItems.byId(tx, String(job.id));
      if (!item || item.endedAt !== null || item.dueAt !== job.dueAt) return;
      const why = job.why === 'due' || job.why === 'overdue' ? job.why : 'due-tomorrow';
      const owner = ownerOf(item);
      const quiet = owner ? quietEnd(owner, clock.now()) : null;
      if (quiet !== null) return plan(tx, item, { at: quiet, why, number: Number(job.number) });
      const key = `action-item:${item.id}:${item.dueAt}:${String(job.number)}`;
      const told = await tell(tx, item, messageOf(item, why, key));
      await journal.append(tx, {
        ...{
          at: clock.now(),
          actor: 'upkeep',
          kind: 'action-item.reminded',
          subject: `action-item:${item.id}`,
        },
        incidentId: item.incidentId,
        payload: { task: item.task, owner: item.owner, why, told },
      });
      await plan(tx, item, nextReminder(item, clock.now()));
    });
    desk.changed();
  }

  function messageOf(item: ActionItem, why: Reminder['why'], key: string): Message {
    const due = dateText(wallTime(item.dueAt ?? 0, desk.configuration().timezone).day);
    return {
      ...{
        version: 1,
        event: 'report.ready',
        key,
        at: timestamp(clock.now()),
        source: desk.configuration().name,
      },
      notice: {
        title: `Action item ${whyWords[why]}: ${item.task}`,
        markdown: `Owner: ${item.owner ?? 'nobody yet'}. Due: ${due}. \`upkeep action-item close ${item.id.slice(0, 13)}\` when it is done.`,
      },
      url: `${desk.baseUrl()}/incidents/${item.incidentId}`,
    };
  }

  function ownerOf({ owner }: ActionItem) {
    return desk.configuration().oncall.people.find(({ id, name }) => id === owner || name === owner);
  }

  /** By the way the owner prefers; where they have none, the channels that take reports. Names of who was told. */
  async function tell(tx: Tx, item: ActionItem, message: Message): Promise<string[]> {
    const { notifiers } = desk.configuration();
    const person = ownerOf(item);
    const way = Object.keys(person?.reach ?? {}).find((name) => notifiers.some((one) => one.name === name));
    if (person && way !== undefined) {
      await tellPerson(desk, tx, { person: person.id, notifiers: [way] }, message, null);
      return [person.id];
    }
    const channels = notifiers.filter(({ events }) => events?.includes('report.ready'));
    const heard = channels.length > 0 ? channels : notifiers.filter(({ events }) => events === undefined);
    for (const notifier of heard) await desk.tellOne(tx, notifier, message, null);
    return heard.map(({ name }) => name);
  }

  return { 'action-item': remind };
}
