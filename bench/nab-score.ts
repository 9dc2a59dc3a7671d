/**
 * The score of the Numenta Anomaly Benchmark, written anew from its description (Lavin and Ahmad, "Evaluating Real-time
 * Anomaly Detection Algorithms", 2015, and the scoring notes of numenta/NAB, MIT): early detection in a labelled window
 * earns up to 1, a missed window and every flagged row outside cost, 0 is the detector that says nothing and 100 the
 * one that flags each window at its left edge and nothing else. Pure.
 */

/** One file of the corpus with the scores that a detector gave its rows. */
export interface ScoredFile {
  /** One score a row, in the order of time; higher is stranger. */
  readonly scores: readonly number[];
  /** Labelled windows as first and last row, both inclusive, in the order of time. */
  readonly windows: readonly (readonly [number, number])[];
}

/** What a hit, a miss and a false row count for. */
export interface Profile {
  readonly hit: number;
  readonly miss: number;
  readonly falseRow: number;
}

export const profiles = {
  standard: { hit: 1, miss: 1, falseRow: 0.11 },
  'reward low FP': { hit: 1, miss: 1, falseRow: 0.22 },
  'reward low FN': { hit: 1, miss: 2, falseRow: 0.11 },
} as const satisfies Record<string, Profile>;

export interface Scored {
  /** 0 = says nothing, 100 = perfect; below 0 is worse than saying nothing. */
  readonly score: number;
  /** A row is flagged where its score is at least this. */
  readonly threshold: number;
  /** Windows with at least one flagged row. */
  readonly found: number;
  readonly windows: number;
  /** Rows flagged outside all windows. */
  readonly falseRows: number;
}

/** Rows at the beginning that are not scored: 15 %, at most 750. */
export function probationOf(rows: number): number {
  return Math.min(Math.floor(0.15 * rows), 750);
}

/** The scaled sigmoid of the position: 1 towards -inf, 0 at the window's end, -1 far after it. */
function sigmoid(position: number): number {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

/** One scored row: what flagging it is worth, and the window it stands in (its index over all files) or none. */
interface Row {
  readonly score: number;
  readonly value: number;
  readonly window: number;
}

function rowsOf(files: readonly ScoredFile[]): { rows: Row[]; windows: number } {
  const rows: Row[] = [];
  let before = 0;
  for (const { scores, windows } of files) {
    let next = 0;
    for (let row = 0; row < scores.length; row++) {
      while (next < windows.length && row > (windows[next]?.[1] ?? 0)) next++;
      if (row < probationOf(scores.length)) continue;
      const inside = windows[next];
      const score = scores[row] ?? 0;
      if (inside && row >= inside[0]) {
        const width = inside[1] - inside[0] + 1;
        rows.push({
          score,
          value: sigmoid(-(inside[1] - row + 1) / width) / sigmoid(-1),
          window: before + next,
        });
      } else {
        const past = windows[next - 1];
        const value = past ? sigmoid((row - past[1]) / (past[1] - past[0])) : -1;
        rows.push({ score, value, window: -1 });
      }
    }
    before += windows.length;
  }
  return { rows, windows: before };
}

/** The score at one threshold, or at the best of all thresholds when none is named, as NAB chooses it. */
export function nabScore(files: readonly ScoredFile[], profile: Profile, threshold?: number): Scored {
  const { rows, windows } = rowsOf(files);
  rows.sort((a, b) => b.score - a.score);
  const best = new Float64Array(windows).fill(Number.NaN);
  const nothing = -windows * profile.miss;
  const scale = 100 / (windows * profile.hit - nothing);
  let sum = nothing;
  let found = 0;
  let falseRows = 0;
  const nothingFlagged: Scored = { score: 0, threshold: threshold ?? 1.1, found, windows, falseRows };
  let chosen = nothingFlagged;
  for (const [i, { score, value, window }] of rows.entries()) {
    if (threshold !== undefined && score < threshold) break;
    const held = best[window];
    if (held === undefined) {
      sum += profile.falseRow * value;
      falseRows++;
    } else if (Number.isNaN(held)) {
      sum += profile.miss + profile.hit * value;
      best[window] = value;
      found++;
    } else if (value > held) {
      sum += profile.hit * (value - held);
      best[window] = value;
    }
    if (rows[i + 1]?.score === score) continue;
    const here = { score: (sum - nothing) * scale, threshold: threshold ?? score, found, windows, falseRows };
    if (threshold !== undefined || here.score > chosen.score) chosen = here;
  }
  return chosen;
}
