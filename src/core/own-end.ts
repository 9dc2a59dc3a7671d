/** How Upkeep says that it failed itself, and how the run before this one ended. Pure. */
import { printable, redact } from './redact.ts';

/** Something that nothing in Upkeep caught. */
export interface OwnFailure {
  /** One line, as well redacted as text can be. */
  readonly error: string;
  /** Where in the code; null where the stack tells nothing. */
  readonly at: string | null;
}

/** Longer texts are documents, not messages. */
const mostCharacters = 500;

export function failureOf(thrown: unknown): OwnFailure {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? `, because of ${thrown.cause}` : '';
  return { error: oneLine(`${thrown}${cause}`), at: placeIn(thrown) };
}

/** The first frame that is not of Node itself. */
function placeIn(thrown: unknown): string | null {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const frames = stack.split('\n').flatMap((line) => /^\s+at (.+)$/.exec(line)?.[1] ?? []);
  const frame = frames.find((one) => !one.includes('node:')) ?? frames[0];
  return frame === undefined ? null : oneLine(frame.replaceAll('file://', ''));
}

function oneLine(text: string): string {
  const line = printable(redact(text)).replace(/\s+/g, ' ').trim();
  return line.length > mostCharacters ? `${line.slice(0, mostCharacters - 1)}…` : line;
}

export interface EndBefore {
  /** `failed`: by an error of Upkeep itself. `cut-off`: it could not say anything any more. */
  readonly kind: 'failed' | 'cut-off';
  /** Of a failure its moment, else the newest that was stored; epoch milliseconds. */
  readonly at: number;
  readonly why: string;
}

interface LastWord {
  readonly kind: string;
  readonly at: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The kinds of entries of the journal between which a run lies. */
export const runKinds = ['upkeep.started', 'upkeep.stopped', 'upkeep.failed'] as const;

const cutOff = 'it was killed, ran out of memory, or its machine went down';

/**
 * @param last of the starts, stops and failures in the journal the newest; undefined before the first start
 * @param newestAt when the newest that is stored was written
 * @returns null where it was told to stop, or never ran
 */
export function endBefore(last: LastWord | undefined, newestAt: number): EndBefore | null {
  if (last?.kind === 'upkeep.failed')
    return { kind: 'failed', at: last.at, why: String(last.payload.error ?? 'unknown') };
  if (last?.kind === 'upkeep.started')
    return { kind: 'cut-off', at: Math.max(last.at, newestAt), why: cutOff };
  return null;
}

/** `ended by itself: TypeError: …`; of what could not say anything, what that may have been. */
export function endWords({ kind, why }: Pick<EndBefore, 'kind' | 'why'>): string {
  return kind === 'failed' ? `ended by itself: ${why}` : `ended without a word: ${why}`;
}
