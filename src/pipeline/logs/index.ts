/** Follows the logs of the targets: declared files, else those that a target is found to write. */
import { createLogBook, type LogBook, mark, restoreBook, saveBook, take } from '../../core/log/book.ts';
import { isContinuation, momentOf } from '../../core/log/line.ts';
import { type LogSpan, type LogTail, type LogView, type OpenTail, viewOf } from '../../core/log/view.ts';
import type { Reading } from '../../core/sample.ts';
import * as meta from '../../store/meta.ts';
import type { Estate, Watched } from '../bound.ts';
import type { Desk } from '../desk.ts';
import { errorReadings } from './readings.ts';

export interface Logs {
  replace(estate: Estate): void;
  /** Undefined where the target has no log that could be found. */
  view(target: string, span: LogSpan): LogView | undefined;
  /** Keeps what was and will be written around this moment. */
  mark(target: string, at: number): void;
  /** One look at all of them. */
  look(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export interface LogOptions {
  readonly openTail: OpenTail;
  /** Of lines that name none; the machine's own. */
  readonly timezone: string;
  /** Errors by pattern, a minute at a time, of targets that declare their logs. */
  readonly onReadings: (target: string, readings: readonly Reading[], at: number) => void;
}

interface Followed {
  watched: Watched;
  tail: LogTail | null;
  readonly book: LogBook;
  /** When it was last asked where it logs. */
  askedAt: number | null;
  /** How often in a row it did not say where. */
  misses: number;
  toldMinute: number;
}

const everyMs = 2_000;
const askAgainMs = 5 * 60_000;
/** A target that was down at the start says where it logs soon after it came up; one elsewhere never does. */
const askUntilFoundMs = 30_000;
const askSeldomMs = 15 * 60_000;
/** One that hangs must not keep the others waiting. */
const atOnce = 16;
const askWithinMs = 4_000;
/** At one look of one target; a log that grows faster is counted in part. */
const mostLinesAtOnce = 2_000;
const saveEveryMs = 10 * 60_000;

export function createLogs(desk: Desk, options: LogOptions): Logs {
  const { clock, store } = desk;
  const followed = new Map<string, Followed>();
  let cancel = () => {};
  /** Whoever only looks leaves no trace. */
  let isKept = false;
  let isStopped = false;
  let looking: Promise<void> | undefined;
  let savedAt = clock.now();

  async function begin(one: Followed): Promise<void> {
    const { settings, bound } = one.watched;
    const now = clock.now();
    if (one.tail === null && one.askedAt === null) await load(one);
    if (one.tail !== null && (settings.logs !== undefined || !isDue(one, now))) return;
    if (settings.logs !== undefined) {
      one.askedAt = now;
      one.tail = options.openTail(settings.logs);
      return;
    }
    if (!bound.logs || !isDue(one, now)) return;
    one.askedAt = now;
    const stop = new AbortController();
    const giveUp = clock.after(askWithinMs, () => stop.abort(new Error('no answer in time')));
    const paths = await bound.logs(stop.signal).catch(() => []);
    giveUp();
    // A target that is down names nothing; what it wrote last is what one wants to read then.
    one.misses = paths.length === 0 ? one.misses + 1 : 0;
    if (paths.length === 0) return;
    const before = one.tail?.sources().map(({ path }) => path) ?? [];
    if (paths.length === before.length && paths.every((path) => before.includes(path))) return;
    await one.tail?.poll().then((lines) => keep(one, lines));
    await one.tail?.close();
    one.tail = options.openTail(paths);
  }

  function isDue({ askedAt, tail, misses }: Followed, now: number): boolean {
    const waitMs = tail ? askAgainMs : Math.min(askSeldomMs, askUntilFoundMs * 2 ** misses);
    return askedAt === null || now - askedAt >= waitMs;
  }

  function keep({ book, watched }: Followed, lines: Awaited<ReturnType<LogTail['poll']>>): void {
    const now = clock.now();
    const { bound } = watched;
    let lastAt: number | undefined;
    let isOwn = false;
    for (const { file, text, isPast } of lines.slice(-mostLinesAtOnce)) {
      isOwn = (isOwn && isContinuation(text)) || bound.isOwnLogLine?.(text) === true;
      if (isOwn) continue;
      // What comes now came now, whatever clock its writer has; what stood there says itself when.
      const said = isPast ? (momentOf(text, options.timezone) ?? lastAt) : now;
      if (said === undefined || said > now) continue;
      lastAt = said;
      take(book, { text, file, at: said });
    }
    book.since ??= now;
  }

  async function lookAt(one: Followed): Promise<void> {
    await begin(one);
    if (one.tail === null) return;
    keep(one, await one.tail.poll());
    const minute = Math.floor(clock.now() / 60_000);
    if (one.watched.settings.logs === undefined || minute === one.toldMinute) return;
    const { name } = one.watched.settings;
    if (one.toldMinute > 0) options.onReadings(name, errorReadings(one.book, minute - 1), minute * 60_000);
    one.toldMinute = minute;
  }

  function failed({ watched }: Followed) {
    return (error: unknown) =>
      desk.log.warn('a log could not be read', { target: watched.settings.name, error: String(error) });
  }

  async function lookAtAll(): Promise<void> {
    const all = [...followed.values()];
    for (let at = 0; at < all.length; at += atOnce)
      await Promise.all(all.slice(at, at + atOnce).map((one) => lookAt(one).catch(failed(one))));
    if (isKept && clock.now() - savedAt >= saveEveryMs) await save();
  }

  function look(): Promise<void> {
    looking ??= lookAtAll().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  /** What an earlier run knew; patterns that cannot be read are learned anew. */
  async function load({ watched, book }: Followed): Promise<void> {
    const text = await meta.read(store.db, keyOf(watched)).catch(() => undefined);
    if (text === undefined) return;
    try {
      Object.assign(book, restoreBook(JSON.parse(text)));
    } catch {}
  }

  async function save(): Promise<void> {
    savedAt = clock.now();
    const known = [...followed.values()].filter(({ tail, book }) => tail && book.patterns.size > 0);
    for (const { watched, book } of known) {
      const text = JSON.stringify(saveBook(book));
      await store.transaction((tx) => meta.write(tx, keyOf(watched), text));
    }
  }

  function arm() {
    if (isStopped) return;
    cancel = clock.after(everyMs, () => void look().finally(arm));
  }

  return {
    replace(estate) {
      for (const [name, one] of followed) {
        const next = estate.targets.get(name);
        if (next && sameLogs(one.watched, next)) continue;
        followed.delete(name);
        void one.tail?.close();
      }
      for (const [name, watched] of estate.targets) {
        const { logs } = watched.settings;
        if (logs?.length === 0 || (logs === undefined && !watched.bound.logs)) continue;
        const known = followed.get(name);
        if (known) known.watched = watched;
        else
          followed.set(name, {
            watched,
            tail: null,
            book: createLogBook(),
            askedAt: null,
            misses: 0,
            toldMinute: 0,
          });
      }
    },
    view(target, span) {
      const one = followed.get(target);
      return one?.tail ? viewOf(one.book, one.tail.sources(), span) : undefined;
    },
    mark(target, at) {
      const one = followed.get(target);
      if (one?.tail) mark(one.book, at);
    },
    look,
    start() {
      isStopped = false;
      isKept = true;
      void look().finally(arm);
    },
    async stop() {
      isStopped = true;
      cancel();
      await looking?.catch(() => {});
      if (isKept) await save().catch(() => {});
      for (const { tail } of followed.values()) await tail?.close();
    },
  };
}

function keyOf({ settings }: Watched): string {
  return `logs:${settings.name}`;
}

function sameLogs(a: Watched, b: Watched): boolean {
  return a.bound === b.bound && JSON.stringify(a.settings.logs) === JSON.stringify(b.settings.logs);
}
