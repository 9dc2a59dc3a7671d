/** What is wrong, a line each, and below it the exact remedy; what one command mends stands together. */
import { paint, plain, type Terminal } from '../terminal.ts';

export interface Remedied {
  readonly remedy: string;
  /** The same without the guard. */
  readonly byHand?: string | undefined;
}

export function withRemedies<One extends Remedied>(
  terminal: Terminal,
  those: readonly One[],
  { subject, line }: { readonly subject: (one: One) => string; readonly line: (one: One) => string },
): string[] {
  const alike = Map.groupBy(those, (one) => `${subject(one)}\n${one.remedy}`);
  return [...alike.values()].flatMap((same) => [
    ...same.map(line),
    ...remedyLines(terminal, same).map((text) => `    ${text}`),
  ]);
}

/** One remedy of them all, and where it goes by the guard the way by hand below it. */
function remedyLines(terminal: Terminal, same: readonly Remedied[]): string[] {
  const remedy = plain(same[0]?.remedy ?? '');
  const byHand = same.flatMap((one) => one.byHand ?? []);
  const painted = statementLines(remedy).map((line) => paint(terminal, 'cyan', line));
  if (byHand.length === 0) return painted;
  if (!/ backup prepare /.test(remedy))
    return [...painted, `or by hand: ${plain([...new Set(byHand)].join('; '))}`];
  return [
    `${paint(terminal, 'cyan', remedy)}   # the guard asks, then it is set by ALTER SYSTEM, and undone by upkeep action undo; restarts nothing`,
    'or by hand, as a superuser of the server:',
    ...byHand.map((statement) => `  ${plain(statement)}`),
    '  SELECT pg_reload_conf();   -- and a restart for those that need one',
  ];
}

/** Of psql with several statements each has a line of its own; the shell takes the lines as one command. */
function statementLines(remedy: string): string[] {
  const [head = '', ...statements] = remedy.split(/ -c (?=')/);
  if (!head.startsWith('psql ') || statements.length < 2) return [remedy];
  return [head, ...statements.map((one) => `  -c ${one}`)].map((line, index) =>
    index < statements.length ? `${line} \\` : line,
  );
}
