/** The scores of many drills as totals and as a report that people read. */
import { count } from '../count.ts';
import { formatDuration } from '../time.ts';
import type { DrillScore } from './score.ts';

export interface NotPossible {
  readonly id: string;
  readonly title: string;
  readonly row: string;
  readonly why: string;
}

export interface Scoreboard {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** What it ran on: `Linux x64, 2 processors, Node 24.15.0, Upkeep 0.1.0`. */
  readonly machine: string;
  /** How long a symptom had to stay away, milliseconds. */
  readonly holdMs: number;
  readonly scores: readonly DrillScore[];
  readonly notPossible: readonly NotPossible[];
}

/** The newer board with what only the older one has: drills that were not played this time keep their result. */
export function together(older: Scoreboard, newer: Scoreboard): Scoreboard {
  const played = new Set(newer.scores.map((one) => one.id));
  const scores = [...older.scores.filter((one) => !played.has(one.id)), ...newer.scores];
  const known = new Set([...scores, ...newer.notPossible].map((one) => one.id));
  return {
    ...newer,
    startedAt: older.startedAt,
    scores,
    notPossible: [
      ...newer.notPossible.filter((one) => !scores.some((score) => score.id === one.id)),
      ...older.notPossible.filter((one) => !known.has(one.id)),
    ],
  };
}

/** How long its drills took, each with its sandbox, whenever they were played; milliseconds. */
export function playedMs({ scores, startedAt, endedAt }: Scoreboard): number {
  const known = scores.flatMap(({ tookMs }) => tookMs ?? []);
  return known.length === 0 ? endedAt - startedAt : known.reduce((sum, ms) => sum + ms, 0);
}

/** Each as `[how many, of how many]`. */
export interface Totals {
  readonly passed: readonly [number, number];
  readonly detected: readonly [number, number];
  readonly top1: readonly [number, number];
  readonly top3: readonly [number, number];
  readonly mitigated: readonly [number, number];
  readonly proposed: readonly [number, number];
  readonly quietControls: readonly [number, number];
  readonly falseActions: number;
  readonly damage: number;
  /** Medians over what was detected, localised, mitigated; milliseconds, null where nothing was. */
  readonly detectMs: number | null;
  readonly localiseMs: number | null;
  readonly mitigateMs: number | null;
}

export function totalsOf({ scores }: Pick<Scoreboard, 'scores'>): Totals {
  const faults = scores.filter((one) => !one.isControl);
  const controls = scores.filter((one) => one.mitigation === 'nothing');
  const always = scores.filter((one) => one.mitigation === 'always');
  const ask = scores.filter((one) => one.mitigation === 'ask');
  const share = (of: readonly DrillScore[], holds: (one: DrillScore) => boolean | null) =>
    [of.filter((one) => holds(one) === true).length, of.length] as const;
  return {
    passed: share(scores, (one) => one.passed),
    detected: share(faults, (one) => one.detectMs !== null),
    top1: share(faults, (one) => one.top1),
    top3: share(faults, (one) => one.top3),
    mitigated: share(always, (one) => one.held),
    proposed: share(ask, (one) => one.action !== null),
    quietControls: share(controls, (one) => one.falseActions.length === 0),
    falseActions: scores.reduce((sum, one) => sum + one.falseActions.length, 0),
    damage: scores.reduce((sum, one) => sum + one.damage.length, 0),
    detectMs: median(scores.map((one) => one.detectMs)),
    localiseMs: median(scores.map((one) => one.localiseMs)),
    mitigateMs: median(scores.map((one) => one.mitigateMs)),
  };
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  return known[Math.floor((known.length - 1) / 2)] ?? null;
}

/** `12 of 13 (92 %)`. */
export function shareText([part, whole]: readonly [number, number]): string {
  return whole === 0 ? 'none played' : `${part} of ${whole} (${Math.floor((part / whole) * 100)} %)`;
}

/** One line for each total of which something was played: what it is, and what it came to. */
export function totalLines(board: Scoreboard): (readonly [string, string])[] {
  const totals = totalsOf(board);
  const line = (
    what: string,
    share: readonly [number, number],
    halfMs: number | null = null,
  ): (readonly [string, string])[] => {
    if (share[1] === 0) return [];
    const half = halfMs === null ? '' : `, half of them within ${formatDuration(halfMs)}`;
    return [[what, `${shareText(share)}${half}`]];
  };
  return [
    ...line('Passed', totals.passed),
    ...line('Detected', totals.detected, totals.detectMs),
    ...line('Cause in first place', totals.top1, totals.localiseMs),
    ...line('Cause in the first three', totals.top3),
    ...line('Mitigated by itself and held', totals.mitigated, totals.mitigateMs),
    ...line('Proposed where a person decides', totals.proposed),
    ...line('Controls without any action', totals.quietControls),
    ['False actions', String(totals.falseActions)],
    ['Damage', String(totals.damage)],
  ];
}

export const scoreColumns = [
  'drill',
  'row',
  'result',
  'detected',
  'cause',
  'localised',
  'mitigation',
  'mitigated',
] as const;

/** One drill as the cells of `scoreColumns`. */
export function scoreCells(score: DrillScore): readonly string[] {
  const spent = (ms: number | null) => (ms === null ? '-' : formatDuration(ms));
  return [
    score.id,
    score.row,
    score.passed ? 'passed' : 'FAILED',
    score.isControl ? 'control' : spent(score.detectMs),
    score.isControl ? '-' : placeText(score),
    spent(score.localiseMs),
    mitigationText(score),
    spent(score.mitigateMs),
  ];
}

/** Two causes lead together where they take the first two places: the later of them is no second place. */
function placeText({ rank, top1 }: Pick<DrillScore, 'rank' | 'top1'>): string {
  if (rank === null) return 'not named';
  if (!top1 || rank === 1) return `place ${rank}`;
  return `places 1 ${rank === 2 ? 'and' : 'to'} ${rank}`;
}

function mitigationText({ mitigation, action, held }: DrillScore): string {
  if (mitigation === 'nothing') return 'none wanted';
  if (mitigation === 'explain') return 'explained only';
  if (mitigation === 'ask') return action === null ? 'not proposed' : `${action} proposed`;
  return held ? `${action} held` : 'not mitigated';
}

/** @param write an epoch time as people read it */
export function scoreboardMarkdown(board: Scoreboard, write: (at: number) => string): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const row = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const failed = board.scores.filter((one) => !one.passed);
  return [
    '# Fire drills',
    '',
    `Made by \`npm run drills\` on ${write(board.startedAt)}: ${board.machine}; ${formatDuration(playedMs(board))} for ${count(board.scores.length, 'drill')}. Checks ran each second, thorough ones every 2 s; a symptom had to stay away for ${formatDuration(board.holdMs)}.`,
    '',
    row(['Measure', 'Result']),
    row(['---', '---']),
    ...totalLines(board).map(row),
    '',
    '## Each drill',
    '',
    row(scoreColumns),
    row(scoreColumns.map(() => '---')),
    ...board.scores.map((score) => row(scoreCells(score))),
    '',
    ...(failed.length === 0
      ? []
      : [
          '## What failed',
          '',
          ...failed.flatMap((score) => [
            `- \`${score.id}\` (${cell(score.title)}): ${score.faults.map(cell).join('; ')}.${score.said === null ? '' : ` Said first: ${cell(score.said)}.`}`,
          ]),
          '',
        ]),
    ...(board.notPossible.length === 0
      ? []
      : [
          '## Not possible here',
          '',
          ...board.notPossible.map(({ id, title, why }) => `- \`${id}\` (${cell(title)}): ${cell(why)}`),
          '',
        ]),
  ].join('\n');
}
