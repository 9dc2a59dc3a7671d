/** Remembers when nothing could be received, over restarts, so that what came meanwhile is not taken for missing. */
import type { Span } from '../../core/heartbeat.ts';
import * as meta from '../../store/meta.ts';
import type { Desk } from '../desk.ts';

export interface BlindSpans {
  /** Takes the time since the last sign of life for a span. */
  load(): Promise<void>;
  start(): void;
  add(span: Span): void;
  all(): readonly Span[];
  stop(): Promise<void>;
}

export interface Receipts {
  readonly pushed: Readonly<Record<string, number>>;
  readonly alerts: Readonly<Record<string, number>>;
}

/** A crash costs at most so much certainty; a write each half minute costs nothing. */
const signEveryMs = 30_000;
const keepMs = 40 * 86_400_000;
const mostKept = 100;
const key = 'intake.listening';

export function createBlindSpans(
  desk: Desk,
  options: {
    readonly isNeeded: () => boolean;
    /** When each target last sent something; kept with the sign of life. */
    readonly receipts: () => Receipts;
    readonly onReceipts: (kept: Receipts) => void;
  },
): BlindSpans {
  const { isNeeded } = options;
  const { clock, store } = desk;
  let spans: Span[] = [];
  let cancel: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();

  function sign(): Promise<void> {
    const kept = JSON.stringify({ at: clock.now(), spans, receipts: options.receipts() });
    writing = writing
      .then(() => meta.write(store.db, key, kept))
      .catch((error: unknown) =>
        desk.log.error('the sign of life could not be stored', { error: String(error) }),
      );
    return writing;
  }

  function arm() {
    cancel = clock.after(signEveryMs, () => {
      if (isNeeded()) void sign();
      arm();
    });
  }

  function add(span: Span) {
    const horizon = clock.now() - keepMs;
    spans = [...spans, span].filter(({ to }) => to > horizon).slice(-mostKept);
    if (isNeeded()) void sign();
  }

  return {
    add,
    all: () => spans,
    async load() {
      const text = await meta.read(store.db, key);
      if (text === undefined) return;
      const kept = JSON.parse(text) as { at: number; spans: Span[]; receipts: Receipts };
      spans = kept.spans;
      options.onReceipts(kept.receipts);
      add({ from: kept.at, to: clock.now() });
    },
    start() {
      if (isNeeded()) void sign();
      arm();
    },
    async stop() {
      cancel?.();
      if (isNeeded()) await sign();
    },
  };
}
