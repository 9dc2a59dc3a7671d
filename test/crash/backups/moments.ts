/** Who is killed, and when: by what can be seen of the work, then a random instant later. */
import { DatabaseSync } from 'node:sqlite';
import type { Chance } from '../chance.ts';
import type { Aim } from './aims.ts';
import { descendants } from './machine.ts';

export const victims = ['upkeep', 'engine', 'postgres'] as const;
export type Victim = (typeof victims)[number];

export interface Moment {
  /** What was seen, for the report: `program 2 + 13 ms`. */
  readonly said: string;
  /** A program of the engine that runs at that moment; undefined where none does. */
  readonly program: number | undefined;
  /** It was over before that came. */
  readonly isMissed: boolean;
}

const mostPrograms = 4;
const longestLaterMs = 120;
/** What is aimed at may take some milliseconds only. */
const longestLaterOfAimMs = 8;

export interface Watched {
  readonly pid: number;
  readonly stateFile: string;
  readonly over: Promise<unknown>;
}

/** Where the middle of it is known, three times in four then; else any time. */
export async function momentOf(chance: Chance, watched: Watched, aim: Aim | undefined): Promise<Moment> {
  return aim !== undefined && chance.is(0.75) ? aimed(chance, watched, aim) : anyMoment(chance, watched);
}

async function aimed(chance: Chance, { pid, over }: Watched, { said, watch }: Aim): Promise<Moment> {
  const laterMs = chance.below(2) * chance.below(longestLaterOfAimMs);
  const stop = new AbortController();
  const missed = over.then(
    () => null,
    () => null,
  );
  const sight = await Promise.race([watch(pid, stop.signal), missed]);
  stop.abort();
  if (sight === null) return { said: `its end, ${said} not seen`, program: undefined, isMissed: true };
  if (laterMs > 0) await new Promise((resolve) => setTimeout(resolve, laterMs));
  return { said: `${said} + ${laterMs} ms`, program: sight.program, isMissed: false };
}

/**
 * Resolves a random instant after the n-th program was begun, or after the journal got the n-th line of the deed; where it
 * never comes so far, at the end of the deed.
 */
async function anyMoment(chance: Chance, { pid, stateFile, over }: Watched): Promise<Moment> {
  const byJournal = chance.is(0.25);
  // Few deeds run more than two programs.
  const nth = 1 + chance.below(1 + chance.below(byJournal ? 2 : mostPrograms));
  const laterMs = chance.below(longestLaterMs);
  const always = new Set<number>(descendants(pid));
  const seen = new Set(always);
  const before = seen.size;
  const journal = byJournal ? openJournal(stateFile) : null;
  const from = journal?.newest() ?? 0;
  let isOver = false;
  over.then(
    () => {
      isOver = true;
    },
    () => {},
  );
  try {
    for (;;) {
      for (const child of descendants(pid)) seen.add(child);
      if (isOver) return { said: 'its end', program: undefined, isMissed: true };
      if (journal ? journal.newest() >= from + nth : seen.size >= before + nth) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } finally {
    journal?.close();
  }
  await new Promise((resolve) => setTimeout(resolve, laterMs));
  const all = descendants(pid);
  // What receives the log runs always; what the deed began is looked for first.
  const own = all.filter((one) => !always.has(one));
  const running = own.length > 0 ? own : all;
  const program = running.length > 0 ? running[chance.below(running.length)] : undefined;
  return { said: `${byJournal ? 'line' : 'program'} ${nth} + ${laterMs} ms`, program, isMissed: false };
}

function openJournal(file: string) {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  const count = database.prepare("select count(*) as n from journal where kind like 'backup.%'");
  return { newest: () => Number(count.get()?.n), close: () => database.close() };
}
