/** What happens in the demo, a line each, where its output is no terminal: with the reason, and what a person can do. */
import type { JournalEntry } from '../core/view.ts';

/** @param config the demo's own upkeep.yaml, by which a second terminal reaches it */
export function createDemoLines(config: string): (entry: JournalEntry) => string[] {
  const unplanned = new Map<string, string>();
  return (entry) => {
    const { kind, subject } = entry;
    const text = textOf(entry);
    if (kind === 'action.not-planned') {
      if (unplanned.get(subject) === text) return [];
      unplanned.set(subject, text);
    }
    const next = wayOn(entry, config);
    return [
      `${kind.padEnd(24)} ${subject.slice(0, 40).padEnd(40)} ${text}`.trimEnd(),
      ...(next === undefined ? [] : [`${' '.repeat(25)}${next}`]),
    ];
  };
}

function textOf({ kind, payload, told }: JournalEntry): string {
  // Of an action both count: what it would do, and why that is or is not done.
  if (kind.startsWith('action.') && told.text !== null) return told.text;
  const said =
    payload.title ?? payload.summary ?? firstFinding(payload.findings) ?? payload.result ?? payload.reason;
  return String(said ?? '');
}

function wayOn({ kind, subject, payload }: JournalEntry, config: string): string | undefined {
  const id = subject.replace(/^action:/, '');
  if (kind === 'action.refused') return `see: upkeep action show ${id} -c ${config}`;
  if (kind === 'action.awaiting-approval')
    return `yes: upkeep action approve ${id} --digest ${String(payload.digest)} -c ${config}   no: upkeep action deny ${id} --reason "not now" -c ${config}`;
  return undefined;
}

/** The leading cause of an `incident.diagnosed` entry. */
function firstFinding(findings: unknown): string | undefined {
  const [first]: unknown[] = Array.isArray(findings) ? findings : [];
  return typeof first === 'object' && first !== null && 'summary' in first
    ? String(first.summary)
    : undefined;
}
