/** `upkeep drill run`: plays, says each result at once, then the scoreboard and the report. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { timestamp } from '../clock.ts';
import { count } from '../core/count.ts';
import type { DrillScore } from '../core/drill/score.ts';
import { type Scoreboard, scoreboardMarkdown, together } from '../core/drill/scoreboard.ts';
import { hintFor } from '../core/suggest.ts';
import { type Clock, formatDuration } from '../core/time.ts';
import type { Drill } from '../drills/drill.ts';
import { runDrills } from '../drills/run.ts';
import { readBoard } from '../verbs/drill/scoreboard.ts';
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
  /** Only what that report has no result of yet. */
  readonly continue?: boolean;
  /** No drill begins after this long, milliseconds. */
  readonly atMostMs?: number;
  readonly json?: boolean;
}

/** Throws Usage where there is no report to continue. */
export function runChosenDrills(
  session: Session,
  chosen: readonly Drill[],
  options: Reporting,
): Promise<void> {
  const { world, terminal } = session;
  const drills = options.continue ? notYetPlayed(chosen, options, terminal) : chosen;
  const add = options.add === true || options.continue === true;
  const { atMostMs } = options;
  const say = sayProgress(terminal, drills.length, world.clock);
  return playAndReport(session, { ...options, add }, (signal, onBoard) =>
    runDrills(drills, {
      clock: world.clock,
      systems: world.systems,
      signal,
      holdMs: options.holdMs,
      ...(atMostMs === undefined ? {} : { atMostMs }),
      machine: machine(),
      watch: (text, folder, systems) => watchSandbox(text, folder, { ...world, systems }),
      log: (line) => terminal.err(`  ${line}`),
      onDrill: say,
      onBoard,
    }),
  );
}

export const machine = () =>
  `${process.platform} ${process.arch}, ${availableParallelism()} processors, Node ${process.versions.node}, Upkeep ${version}`;

/** Results of another machine or version are none. */
function notYetPlayed(chosen: readonly Drill[], { report }: Reporting, terminal: Terminal): readonly Drill[] {
  if (report === undefined) throw new Usage('--continue needs --report: what was played stands there');
  const earlier = boardIn(report);
  const played = new Set(earlier?.machine === machine() ? earlier.scores.map(({ id }) => id) : []);
  const left = chosen.filter(({ id }) => !played.has(id));
  terminal.err(
    earlier !== null && played.size === 0 && earlier.scores.length > 0
      ? `${report} is of ${earlier.machine}; here it is ${machine()}, so all are played again`
      : `${chosen.length - left.length} of ${count(chosen.length, 'drill')} stand in ${report}; ${left.length} are left`,
  );
  return left;
}

const besideReport = (report: string) => report.replace(/(\.md)?$/, '.json');

function boardIn(report: string): Scoreboard | null {
  const file = besideReport(report);
  if (!existsSync(file)) return null;
  try {
    return readBoard(readFileSync(file, 'utf8'));
  } catch {
    throw new Usage(`${file} holds no results of drills: remove it, or name another report`);
  }
}

function writeReport(report: string, board: Scoreboard): void {
  for (const [file, text] of [
    [report, scoreboardMarkdown(board, timestamp)],
    [besideReport(report), `${jsonText(board)}\n`],
  ] as const) {
    // Whoever ends it in the midst of this finds the last one whole.
    writeFileSync(`${file}.part`, text);
    renameSync(`${file}.part`, file);
  }
}

/** Signals end what is played; what was played stands in the report after each drill. */
export async function playAndReport(
  { terminal, exit }: Session,
  { report, add, json }: Reporting,
  play: (signal: AbortSignal, onBoard: (board: Scoreboard) => void) => Promise<Scoreboard>,
): Promise<void> {
  const earlier = report !== undefined && add ? boardIn(report) : null;
  const keep = (board: Scoreboard) => {
    if (report !== undefined) writeReport(report, earlier === null ? board : together(earlier, board));
  };
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal);
  try {
    const board = await play(stop.signal, keep);
    if (board.scores.some((score) => !score.passed)) exit(1);
    keep(board);
    terminal.out(json ? jsonText(board) : printBoard(terminal, board));
    terminal.err(
      `${count(board.scores.length, 'drill')} in ${formatDuration(board.endedAt - board.startedAt)}`,
    );
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, onSignal);
  }
}

/** `[12 of 83, after 14 m] redis.memory-full: …`, and what became of it. */
export function sayProgress(terminal: Terminal, all: number, clock: Clock) {
  const startedAt = clock.now();
  let place = 0;
  return (drill: { readonly id: string; readonly does: string }, score: DrillScore | null): void => {
    if (score === null) place += 1;
    const spent = formatDuration(clock.now() - startedAt);
    terminal.err(
      score === null
        ? `[${place} of ${all}, after ${spent}] ${drill.id}: ${drill.does}`
        : progress(terminal, score),
    );
  };
}

function progress(terminal: Terminal, score: DrillScore): string {
  const took = score.tookMs === undefined ? '' : ` (it took ${formatDuration(score.tookMs)})`;
  if (score.passed) {
    const times = [
      score.detectMs === null ? [] : [`detected in ${formatDuration(score.detectMs)}`],
      score.localiseMs === null ? [] : [`explained in ${formatDuration(score.localiseMs)}`],
      score.mitigateMs === null ? [] : [`mitigated in ${formatDuration(score.mitigateMs)}`],
    ].flat();
    return `  ${paint(terminal, 'green', 'passed')}${times.length === 0 ? '' : `: ${times.join(', ')}`}${took}`;
  }
  const said = score.said === null ? '' : `; said first: ${score.said}`;
  return `  ${paint(terminal, 'red', 'FAILED')}: ${score.faults.join('; ')}${said}${took}`;
}
