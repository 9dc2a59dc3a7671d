/** What the log of the server says of one matter, as evidence. Text from outside. */
import type { Evidence } from '../../core/evidence.ts';
import { plain } from '../../core/plain.ts';
import type { DiagnosisContext } from '../../core/system.ts';

const lookBackMs = 60 * 60_000;
const mostLines = 6;

/** Lines of the last hour that match, the newest last; empty where there are none and nothing hides them. */
export function logLines(
  target: string,
  ctx: DiagnosisContext,
  about: { readonly id: string; readonly title: string },
  matches: RegExp,
): Evidence[] {
  const now = ctx.clock.now();
  const view = ctx.logs(target, { from: now - lookBackMs, to: now });
  const base = {
    id: `${target}.${about.id}`,
    target,
    title: about.title,
    at: now,
    how: 'log of the server, the last hour',
  };
  if (view === undefined)
    return [{ ...base, unseen: 'its log is not followed: name it in logs: of the target' }];
  const lines = view.lines.filter(({ text }) => matches.test(text)).slice(-mostLines);
  const unseen = view.sources.find((source) => source.unseen !== null)?.unseen;
  if (lines.length === 0) return unseen ? [{ ...base, unseen }] : [];
  return [
    {
      ...base,
      text: lines.map(({ text }) => plain(text)).join('\n'),
      facts: { newestAt: lines.at(-1)?.at ?? null },
    },
  ];
}
