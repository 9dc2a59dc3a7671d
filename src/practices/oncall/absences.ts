/** Reads people's calendars every hour; while one cannot be read, what it said before holds. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { networkCode, networkWords } from '../../core/network-words.ts';
import type { Person } from '../../core/oncall/model.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { JobHandlers } from '../../pipeline/run-jobs.ts';
import * as jobs from '../../store/jobs.ts';
import * as journal from '../../store/journal.ts';
import * as oncallRows from '../../store/oncall.ts';
import { loadClient } from '../../wire/exchange.ts';

const everyMs = 3_600_000;
const lookMs = 5 * 60_000;
const timeoutMs = 20_000;
const largestBytes = 5_000_000;
const aheadMs = 400 * 86_400_000;
const backMs = 31 * 86_400_000;

export interface AbsenceImport {
  readonly jobs: JobHandlers;
  start(): Promise<void>;
}

export function importAbsences(desk: Desk): AbsenceImport {
  const { clock, store } = desk;

  /** When each calendar was read last; one that an edit of the file brought is read at the next look. */
  let readAt = new Map<string, number>();

  async function run() {
    const { oncall, folder } = desk.configuration();
    const now = clock.now();
    const before = readAt;
    readAt = new Map();
    for (const person of oncall.people) {
      const key = `${person.id} ${person.timezone} ${person.calendar}`;
      const last = before.get(key);
      const isFresh = last !== undefined && last <= now && now - last < everyMs;
      readAt.set(key, isFresh ? last : now);
      if (isFresh) continue;
      if (person.calendar !== null) await take(person, person.calendar, folder);
      else await store.transaction((tx) => oncallRows.replaceAbsences(tx, person.id, []));
    }
    await plan(clock.now() + lookMs);
    desk.changed();
  }

  async function take(person: Person, calendar: string, folder: string) {
    try {
      const text = await read(calendar, folder);
      const now = clock.now();
      const { id, timezone } = person;
      const about = { person: id, timezone, from: now - backMs, to: now + aheadMs };
      // Calendars are read by those who named one.
      const { absencesIn } = await import('./calendar.ts');
      const found = absencesIn(text, about);
      await store.transaction((tx) => oncallRows.replaceAbsences(tx, id, found));
    } catch (error) {
      // The address may hold a secret, so only what went wrong is told.
      const detail = reasonOf(error);
      desk.log.warn('a calendar of absences could not be read', { person: person.id, error: detail });
      await store.transaction((tx) =>
        journal.append(tx, {
          at: clock.now(),
          actor: 'upkeep',
          kind: 'oncall.calendar-unread',
          subject: `person:${person.id}`,
          payload: { detail },
        }),
      );
    }
  }

  async function read(calendar: string, folder: string): Promise<string> {
    if (!/^(https?|webcal):\/\//.test(calendar)) return readFile(resolve(folder, calendar), 'utf8');
    const aborter = new AbortController();
    const cancel = clock.after(timeoutMs, () => aborter.abort(new Error(`no answer in ${timeoutMs} ms`)));
    try {
      const address = calendar.replace(/^webcal:/, 'https:');
      const { fetch } = await loadClient();
      const response = await fetch(address, { signal: aborter.signal, headers: { accept: 'text/calendar' } });
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      const text = await response.text();
      if (text.length > largestBytes) throw new Error('the calendar is larger than 5 MB');
      return text;
    } finally {
      cancel();
    }
  }

  async function plan(runAt: number) {
    await store.transaction((tx) =>
      jobs.enqueue(tx, { kind: 'oncall-absences', key: 'oncall-absences', payload: {}, runAt }),
    );
  }

  return {
    jobs: { 'oncall-absences': run },
    async start() {
      await store.transaction((tx) => jobs.withdraw(tx, 'oncall-absences'));
      await plan(clock.now());
      desk.changed();
    },
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code = networkCode(error);
  if (code !== undefined) return code === 'ENOENT' ? 'there is no such file' : networkWords(code);
  return error.name === 'TypeError' ? 'it cannot be reached' : error.message.slice(0, 200);
}
