/** `upkeep drill run`: plays, says each result at once, then the scoreboard and the report. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { timestamp } from '../clock.ts';
import type { DrillScore } from '../core/drill/score.ts';
import { type Scoreboard, scoreboardMarkdown, together } from '../core/drill/scoreboard.ts';
import { hintFor } from '../core/suggest.ts';
import { formatDuration } from '../core/time.ts';
import type { Drill } from '../drills/drill.ts';
import { runDrills } from '../drills/run.ts';
import { version } from '../version.ts';
import { Usage } from './configuration.ts';
import { watchSandbox } from './drill-watch.ts';
import { printBoard } from './print/drills.ts';
import type { Session } from './session.ts';
import { jsonText, paint, type Terminal } from './terminal.ts';

/** Drills by id or family; all where nothing is named. Throws Usage for a name that is none. */
export function chooseDrills(names: readonly string[], all: readonly Drill[]): readonly Drill[] {
  const familyOf = (drill: Drill) => drill.id.split('.')[0] ?? '';
  const known = [...new Set([...all.map(familyOf), ...all.map((drill) => drill.id)])];
  for (const name of names)
    if (!known.includes(name))
      throw new Usage(`there is no drill ${name}; ${hintFor(name, known) ?? 'upkeep drill list shows them'}`);
  if (names.length === 0) return all;
  return all.filter((drill) => names.includes(drill.id) || names.includes(familyOf(drill)));
}

export interface Reporting {
  readonly holdMs: number;
  readonly report?: string;
  readonly add?: boolean;
  readonly json?: boolean;
}

export function runChosenDrills(
  session: Session,
  drills: readonly Drill[],
  options: Reporting,
): Promise<void> {
  const { world, terminal } = session;
  return playAndReport(session, options, (signal) =>
    runDrills(drills, {
      clock: world.clock,
      systems: world.systems,
      signal,
      holdMs: options.holdMs,
      machine: machine(),
      watch: (text, folder, systems) => watchSandbox(text, folder, { ...world, systems }),
      log: (line) => terminal.err(`  ${line}`),
      onDrill: (drill, score) =>
        terminal.err(score === null ? `${drill.id}: ${drill.does}` : progress(terminal, score)),
    }),
  );
}

export const machine = () =>
  `${process.platform} ${process.arch}, ${availableParallelism()} processors, Node ${process.versions.node}, Upkeep ${version}`;

/** Signals end what is played; then what was played so far is told. */
export async function playAndReport(
  { terminal, exit }: Session,
  options: Reporting,
  play: (signal: AbortSignal) => Promise<Scoreboard>,
): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal);
  try {
    const board = await play(stop.signal);
    if (board.scores.some((score) => !score.passed)) exit(1);
    if (options.report !== undefined) {
      const file = options.report.replace(/(\.md)?$/, '.json');
      const earlier = options.add && existsSync(file) ? readFileSync(file, 'utf8') : null;
      const whole = earlier === null ? board : together(JSON.parse(earlier) as Scoreboard, board);
      writeFileSync(options.report, scoreboardMarkdown(whole, timestamp));
      writeFileSync(file, `${jsonText(whole)}\n`);
    }
    terminal.out(options.json ? jsonText(board) : printBoard(terminal, board));
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, onSignal);
  }
}

export function progress(terminal: Terminal, score: DrillScore): string {
  if (score.passed) {
    const times = [
      score.detectMs === null ? [] : [`detected in ${formatDuration(score.detectMs)}`],
      score.localiseMs === null ? [] : [`explained in ${formatDuration(score.localiseMs)}`],
      score.mitigateMs === null ? [] : [`mitigated in ${formatDuration(score.mitigateMs)}`],
    ].flat();
    return `  ${paint(terminal, 'green', 'passed')}${times.length === 0 ? '' : `: ${times.join(', ')}`}`;
  }
  return `  ${paint(terminal, 'red', 'FAILED')}: ${score.faults.join('; ')}`;
}
