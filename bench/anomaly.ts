/**
 * The anomaly detector on the Numenta Anomaly Benchmark: one configuration for all files, strictly causal. The corpus (MIT)
 * is not part of this repository: UPKEEP_NAB names its folder (with data/ and labels/) or a .tgz of it.
 */
import { type AnomalyScore, createAnomalyState, score } from '../src/core/anomaly/detector.ts';
import { significant } from './figures.ts';
import { nabCorpus, type Series } from './nab-corpus.ts';
import { nabScore, profiles, type ScoredFile } from './nab-score.ts';
import type { Result, Row } from './report.ts';

const title = 'Anomalies: Numenta Anomaly Benchmark, nothing seen ahead of time';

/** A file as played through the detector. */
interface Played {
  readonly series: Series;
  /** 1 where the product begins an alarm, else 0. */
  readonly alarms: ScoredFile;
  /** The score over the threshold, only where no row of the 100 before it was as high. */
  readonly swept: ScoredFile;
}

export async function run(): Promise<Result> {
  const corpus = nabCorpus();
  if (!corpus) {
    const why = 'left out: UPKEEP_NAB does not name the folder or .tgz of the benchmark';
    return { title, rows: [{ detector: 'Upkeep', standard: why }] };
  }
  const began = process.cpuUsage();
  const scored = corpus.map(scoresOf);
  const points = corpus.reduce((sum, one) => sum + one.points.length, 0);
  const { user, system } = process.cpuUsage(began);
  const perPoint = (user + system) / points;
  const played = scored.map(playedOf);
  const held = played.filter((one) => one.series.isHeldOut);
  const tuned = played.filter((one) => !one.series.isHeldOut);
  return {
    title,
    rows: [
      rowOf('Upkeep as it is, default threshold', played, 0.5),
      rowOf('… the files its settings were chosen on', tuned, 0.5),
      rowOf('… the files kept back', held, 0.5),
      rowOf('Upkeep, best threshold afterwards as NAB does', played),
      splitRow(played),
      ...published,
    ],
    notes: [
      `${played.length} files, ${points} points, ${significant(perPoint)} us of CPU a point. One third of the files (every third by name) was kept back while settings were chosen.`,
      'Standard, low FP and low FN are the profiles of NAB: 0 says nothing, 100 is perfect. Peers are figures their authors published, chosen with the threshold that suits the whole corpus best; those marked with * are given the smallest and largest value of each file before it begins.',
      `Aim: 60 standard, causal. ${met(played)}`,
    ],
  };
}

interface Scored {
  readonly series: Series;
  readonly rows: readonly AnomalyScore[];
}

function scoresOf(series: Series): Scored {
  const state = createAnomalyState();
  return { series, rows: series.points.map((point) => score(state, point)) };
}

function playedOf({ series, rows }: Scored): Played {
  const { windows } = series;
  const strange = rows.map((row) => row.score / row.threshold);
  const swept = strange.map((one, i) =>
    strange.slice(Math.max(0, i - 100), i).every((before) => before < one) ? one : 0,
  );
  return {
    series,
    alarms: { scores: rows.map(({ isAlarm }) => (isAlarm ? 1 : 0)), windows },
    swept: { scores: swept, windows },
  };
}

function rowOf(detector: string, played: readonly Played[], threshold?: number): Row {
  const files = played.map((one) => (threshold === undefined ? one.swept : one.alarms));
  const [standard, lowFp, lowFn] = Object.values(profiles).map((profile) =>
    nabScore(files, profile, threshold),
  );
  return {
    detector,
    standard: standard?.score.toFixed(1) ?? '',
    'low FP': lowFp?.score.toFixed(1) ?? '',
    'low FN': lowFn?.score.toFixed(1) ?? '',
    windows: `${standard?.found} of ${standard?.windows}`,
    'false rows': String(standard?.falseRows),
  };
}

/** Each half is scored with the threshold that is best for the other. */
function splitRow(played: readonly Played[]): Row {
  const halves = [0, 1].map((half) => played.filter((_, i) => i % 2 === half).map((one) => one.swept));
  const [a = [], b = []] = halves;
  const scored = [
    [a, b],
    [b, a],
  ].map(([on = [], from = []]) =>
    Object.values(profiles).map((profile) => nabScore(on, profile, nabScore(from, profile).threshold).score),
  );
  const both = (i: number) => scored.map((one) => one[i]?.toFixed(1)).join(' and ');
  return {
    detector: '… threshold from one half, score on the other',
    standard: both(0),
    'low FP': both(1),
    'low FN': both(2),
  };
}

function met(played: readonly Played[]): string {
  const files = played.map((one) => one.alarms);
  const { score: reached } = nabScore(files, profiles.standard, 0.5);
  return `${reached >= 60 ? 'Met' : 'Missed'} at the default threshold: ${reached.toFixed(1)}.`;
}

/** Source: the leaderboard in the README of numenta/NAB. */
const published: readonly Row[] = [
  { detector: 'ARTime *', standard: '74.9', 'low FP': '65.1', 'low FN': '80.4' },
  { detector: 'Numenta HTM *', standard: '70.5', 'low FP': '62.6', 'low FN': '75.2' },
  { detector: 'CAD OSE *', standard: '69.9', 'low FP': '67.0', 'low FN': '73.2' },
  { detector: 'earthgecko Skyline', standard: '58.2', 'low FP': '46.2', 'low FN': '63.9' },
  { detector: 'KNN CAD', standard: '58.0', 'low FP': '43.4', 'low FN': '64.8' },
  { detector: 'Random Cut Forest', standard: '51.7', 'low FP': '38.4', 'low FN': '59.7' },
  { detector: 'Twitter ADVec', standard: '47.1', 'low FP': '33.6', 'low FN': '53.5' },
  { detector: 'Windowed Gaussian', standard: '39.6', 'low FP': '20.9', 'low FN': '47.4' },
];
